"""Reading images for a model: files, arrays."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from clados import spec as s
from clados.apply.ready import Ready
from clados.data.examples import DataError, Encoded
from clados.data.pictures import Preprocessing

Image = str | Path | Encoded | NDArray[np.uint8]


def several(images: Image | Sequence[Image]) -> list[Image]:
    """One image or several, as a list.

    Raises:
        DataError: for none.
    """
    found = [images] if isinstance(images, str | Path | Encoded | np.ndarray) else list(images)
    if not found:
        raise DataError("no image was given; at least one is needed")
    return found


def pixel_values(ready: Ready, images: Sequence[Image], inputs: s.Inputs) -> Tensor:
    """Images as the model reads them, [images, channels, side, side].

    Raises:
        DataError: for a file that is absent or no image, and preprocessing that does not fit the model.
    """
    if not isinstance(inputs, s.Patches):
        raise s.SpecError(f"{ready.name} reads {type(inputs).__name__}, not images")
    steps = ready.images or Preprocessing.usual(inputs.image, inputs.channels)
    asked = (inputs.channels, inputs.image, inputs.image)
    rows = [steps(decoded(image)) for image in images]
    wrong = next((row.shape for row in rows if row.shape != asked), None)
    if wrong is not None:
        is_, by = ("x".join(map(str, shape)) for shape in (wrong, asked))
        raise DataError(f"{ready.name}: its preprocessing gives images of {is_}, and the model reads {by}")
    return torch.from_numpy(np.stack(rows)).to(ready.device)


def decoded(image: Any) -> NDArray[np.uint8]:
    """uint8 [height, width, channels]."""
    if isinstance(image, str | Path):
        image = Encoded(Path(image))
    return image.pixels() if isinstance(image, Encoded) else np.atleast_3d(image)
