"""Images as a model reads them."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from clados import spec as s
from clados.data.examples import Picture, pixels as decoded
from clados.data.pictures import Preprocessing
from clados.errors import InputError


def pictures(images: Sequence[Picture], model: s.Model) -> Tensor:
    """Images as a model reads them, [batch, channels, side, side].

    Raises:
        InputError: when the model reads no images.
    """
    inputs = model.reads(s.ImageInputs)
    if inputs is None:
        raise InputError(f"this objective reads images, but the model reads {model.kinds_read}")
    read = Preprocessing.usual(inputs.image, inputs.channels)
    return torch.from_numpy(np.stack([read(decoded(image)) for image in images]))
