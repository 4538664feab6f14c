"""Images as a model reads them."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from clados import spec as s
from clados.data.examples import Picture
from clados.data.examples import pixels as decoded
from clados.data.pictures import Preprocessing


def pictures(images: Sequence[Picture], inputs: s.Inputs) -> Tensor:
    """Images as a model reads them, [batch, channels, side, side].

    Raises:
        SpecError: when the model reads no images.
    """
    if not isinstance(inputs, s.Patches):
        raise s.SpecError(f"this objective reads images, but the model reads {type(inputs).__name__}")
    read = Preprocessing.usual(inputs.image, inputs.channels)
    return torch.from_numpy(np.stack([read(decoded(image)) for image in images]))
