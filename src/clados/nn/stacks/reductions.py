"""What halves the sides of a map between two stages. Shapes: x is [batch, height, width, d_model]."""

import torch.nn.functional as F
from torch import Tensor, nn

from clados import spec as s
from clados.nn.activations import ACTS
from clados.nn.core.module import Module, Product, TensorFn, builds

GELU = ACTS["gelu"]


def convolved(x: Tensor, weight: Tensor, bias: Tensor | None = None, step: int = 1, groups: int = 1) -> Tensor:
    """A convolution of 3 x 3 over a map, zeros around it: [batch, height / step, width / step, out], rounded up."""
    y = F.conv2d(x.permute(0, 3, 1, 2), weight, bias, step, 1, groups=groups)
    return y.permute(0, 2, 3, 1)


@builds(s.PatchMerging)
class PatchMerging(Module):
    """W norm(x) of four neighbours side by side."""

    norm: TensorFn
    reduce: Product

    def forward(self, x: Tensor) -> Tensor:
        """[batch, height, width, d_model] -> [batch, height / 2, width / 2, 2 d_model], rounded up."""
        batch, height, width, d_model = x.shape
        if height % 2 or width % 2:
            x = F.pad(x, (0, 0, 0, width % 2, 0, height % 2))
        four = x.reshape(batch, -(-height // 2), 2, -(-width // 2), 2, d_model)
        return self.reduce(self.norm(four.permute(0, 1, 3, 4, 2, 5).flatten(3)))


@builds(s.ConvBlock)
class ConvBlock(Module):
    """x + P(s(gelu(D x)))."""

    depthwise: nn.Parameter
    squeeze: Product
    excite: Product
    pointwise: Product

    def forward(self, x: Tensor) -> Tensor:
        """Same shape."""
        y = GELU(convolved(x, self.depthwise, groups=x.size(-1)))
        weights = self.excite(GELU(self.squeeze(y.mean((1, 2))))).sigmoid()
        return x + self.pointwise(y * weights[:, None, None])


class Halved(Module):
    """norm(C(block(norm(x)))), C a convolution at every second place."""

    norm_in: TensorFn
    block: ConvBlock
    reduce: nn.Parameter
    norm_out: TensorFn

    def forward(self, x: Tensor) -> Tensor:
        """[batch, height, width, d_model] -> [batch, height / 2, width / 2, the width that is said], rounded up."""
        return self.norm_out(convolved(self.block(self.norm_in(x)), self.reduce, step=2))


@builds(s.Downsampler)
class Downsampler(Halved):
    """The same to twice the width."""
