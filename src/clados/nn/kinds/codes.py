"""Models of images that are made small and large again."""

from typing import Any

from torch import Tensor

from clados import spec as s
from clados.nn.core.module import builds
from clados.nn.kinds.arguments import check_shape, refuse_unknown
from clados.nn.kinds.model import Output, WholeModel
from clados.nn.unet.coder import GaussianCoder
from clados.nn.unet.discrete import DiscreteCoder
from clados.spec.core.pieces import Env


@builds(s.Codes)
class Codes(WholeModel):
    """Images to codes and back."""

    coder: GaussianCoder | DiscreteCoder

    def __init__(self, part: s.Codes, env: Env | None = None) -> None:
        super().__init__(part, env)
        self.spec = part

    @property
    def codes(self) -> GaussianCoder | DiscreteCoder:
        """What makes images small and large again."""
        return self.coder

    def forward(self, pixel_values: Tensor | None = None, *, noise: Tensor | None = None, **unknown: Any) -> Output:
        """What the coder makes of images, with the ``reconstruction`` of their codes; with ``noise``, of a draw.

        Args:
            pixel_values: [images, channels, height, width], from -1 to 1; noise: of the codes' shape.
        """
        refuse_unknown(unknown, ("pixel_values", "noise"))
        return reconstructed(self.coder, self.spec.inputs.channels, pixel_values, noise)


def reconstructed(
    coder: GaussianCoder | DiscreteCoder, channels: int, pixel_values: Tensor | None, noise: Tensor | None
) -> Output:
    """Images through a coder.

    Raises:
        SpecError: where there are none, or tensors of another shape.
    """
    if pixel_values is None:
        raise s.SpecError("this model reads pixel_values, and none were given")
    check_shape("pixel_values", pixel_values, ("images", channels, "height", "width"))
    return coder.reconstructed(pixel_values, noise)
