"""Reading images for a model: files, arrays."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL.Image import Image as Picture
from torch import Tensor

from clados import spec as s
from clados.apply.ready import Ready
from clados.data.decoding import rgb
from clados.data.examples import DataError, Encoded
from clados.data.pictures import Preprocessing
from clados.errors import InputError

Image = str | Path | Encoded | NDArray[np.uint8] | Tensor | Picture


def several(images: Image | Sequence[Image]) -> list[Image]:
    """One image or several, as a list; an array or tensor of four axes is a batch of images.

    Raises:
        DataError: for none.
    """
    if isinstance(images, np.ndarray | Tensor):
        found: list[Image] = list(images) if images.ndim == 4 else [images]
    else:
        found = list(images) if isinstance(images, Sequence) and not isinstance(images, str) else [images]
    if not found:
        raise DataError("no image was given; at least one is needed")
    return found


def pixel_values(ready: Ready, images: Sequence[Image]) -> Tensor:
    """Images as the model reads them, [images, channels, side, side].

    Raises:
        DataError: for a file that is absent or no image, and preprocessing that does not fit the model.
    """
    inputs = ready.spec.reads(s.ImageInputs)
    if inputs is None:
        raise InputError(f"{ready.name} reads {ready.spec.kinds_read}, not images")
    steps = ready.images or Preprocessing.usual(inputs.image, inputs.channels)
    wanted = (inputs.channels, inputs.image, inputs.image)
    rows = [steps(decoded(image)) for image in images]
    wrong = next((row.shape for row in rows if row.shape != wanted), None)
    if wrong is not None:
        is_, by = ("x".join(map(str, shape)) for shape in (wrong, wanted))
        raise DataError(f"{ready.name}: its preprocessing gives images of {is_}, and the model reads {by}")
    return torch.from_numpy(np.stack(rows)).to(ready.device)


def decoded(image: Image) -> NDArray[np.uint8]:
    """uint8 [height, width, channels].

    Raises:
        DataError: for a file that is no image, an array of another shape or type.
    """
    if isinstance(image, str | Path):
        image = Encoded(Path(image))
    if isinstance(image, Encoded):
        return image.pixels()
    if isinstance(image, Tensor):
        image = image.detach().cpu().numpy()
    if isinstance(image, Picture):
        try:
            return rgb(image)
        except OSError as error:
            raise DataError(f"not a readable image ({error})") from error
    if not isinstance(image, np.ndarray):
        raise DataError(f"an image is a {type(image).__name__}; a path, an array or an image of Pillow is needed")
    array = image[..., None] if image.ndim == 2 else image
    if array.ndim != 3 or array.shape[2] not in (1, 3) or not array.size:
        shape = ", ".join(map(str, image.shape))
        raise DataError(
            f"an image array is of shape [{shape}]; [height, width], or with 1 or 3 channels last, is needed"
        )
    if array.dtype != np.uint8:
        raise DataError(f"an image array is of {array.dtype}; uint8 from 0 to 255 is needed")
    return array
