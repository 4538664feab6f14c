"""Models of images that are made small and large again."""

from typing import Any

from torch import Tensor

from clados import spec as s
from clados.nn.core.module import builds
from clados.nn.kinds.arguments import check_shape, refuse_unknown
from clados.nn.kinds.model import Output, WholeModel
from clados.nn.unet.coder import GaussianCoder
from clados.spec.core.pieces import Env


@builds(s.Codes)
class Codes(WholeModel):
    """Images to codes and back."""

    coder: GaussianCoder

    def __init__(self, part: s.Codes, env: Env | None = None) -> None:
        super().__init__(part, env)
        self.spec = part

    def forward(self, pixel_values: Tensor | None = None, *, noise: Tensor | None = None, **unknown: Any) -> Output:
        """``latents``, ``log_variance`` and the ``reconstruction`` of the mean, or of a draw where ``noise`` is given.

        Args:
            pixel_values: [images, channels, height, width], from -1 to 1; noise: of the latents' shape.
        """
        refuse_unknown(unknown, ("pixel_values", "noise"))
        return reconstructed(self.coder, self.spec.inputs.channels, pixel_values, noise)


def reconstructed(coder: GaussianCoder, channels: int, pixel_values: Tensor | None, noise: Tensor | None) -> Output:
    """Images through a coder.

    Raises:
        SpecError: where there are none, or tensors of another shape.
    """
    if pixel_values is None:
        raise s.SpecError("this model reads pixel_values, and none were given")
    check_shape("pixel_values", pixel_values, ("images", channels, "height", "width"))
    latents, log_variance = coder.encode(pixel_values)
    check_shape("noise", noise, tuple(latents.shape))
    drawn = latents if noise is None else latents + coder.scale * (0.5 * log_variance).exp() * noise
    return Output(latents=latents, log_variance=log_variance, reconstruction=coder.decode(drawn))
