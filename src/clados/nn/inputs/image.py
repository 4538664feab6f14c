"""Images to vectors of their patches."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from clados import spec as s
from clados.nn.core.module import Module, Rows, TensorFn, builds
from clados.nn.dropout import drop
from clados.nn.stacks.reductions import Halved, convolved
from clados.spec.core.pieces import Env


def check_side(pixel_values: Tensor, image: int) -> None:
    """Refuse images that are no squares of this side.

    Raises:
        SpecError: for these.
    """
    if pixel_values.shape[-2:] != (image, image):
        size = "x".join(map(str, pixel_values.shape[-2:]))
        raise s.SpecError(f"pixel_values are {size}; this model reads {image}x{image}")


@builds(s.Patches)
class Patches(Module):
    """A class vector, then each patch of an image projected, each with its position's vector."""

    patch: nn.Parameter
    patch_bias: nn.Parameter | None
    cls: nn.Parameter
    positions: Rows
    norm: TensorFn

    def __init__(self, part: s.Patches, env: Env) -> None:
        super().__init__(part, env)
        self.side, self.image, self.dropout, self.normed = part.side, part.image, part.dropout, part.norm
        if not part.bias:
            self.register_parameter("patch_bias", None)

    def forward(self, pixel_values: Tensor) -> Tensor:
        """[batch, channels, image, image] -> [batch, patches + 1, d_model].

        Raises:
            SpecError: for images of another size than the positions were made for.
        """
        check_side(pixel_values, self.image)
        x = F.conv2d(pixel_values, self.patch, self.patch_bias, self.side).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls.expand(x.size(0), 1, -1), x], 1) + self.positions.weight
        if self.normed:
            x = self.norm(x)
        return drop(x, self.dropout, self.training)


@builds(s.PatchMap)
class PatchMap(Module):
    """Each patch of an image projected and normed, in a map."""

    patch: nn.Parameter
    patch_bias: nn.Parameter
    norm: TensorFn

    def __init__(self, part: s.PatchMap, env: Env) -> None:
        super().__init__(part, env)
        self.side = part.side

    def forward(self, pixel_values: Tensor) -> Tensor:
        """[batch, channels, height, width] -> [batch, height / side, width / side, d_model], rounded up."""
        height, width = pixel_values.shape[-2:]
        if height % self.side or width % self.side:
            pixel_values = F.pad(pixel_values, (0, -width % self.side, 0, -height % self.side))
        return self.norm(F.conv2d(pixel_values, self.patch, self.patch_bias, self.side).permute(0, 2, 3, 1))


@builds(s.OverlappingPatches)
class OverlappingPatches(Halved):
    """Two convolutions at every second place, the second between norms and after a block."""

    patch: nn.Parameter
    patch_bias: nn.Parameter

    def forward(self, pixel_values: Tensor) -> Tensor:
        """[batch, channels, height, width] -> [batch, height / 4, width / 4, d_model], rounded up."""
        return super().forward(convolved(pixel_values.permute(0, 2, 3, 1), self.patch, self.patch_bias, 2))
