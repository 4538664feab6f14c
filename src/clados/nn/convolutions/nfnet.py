"""Residual blocks without norms. Images are [batch, channels, height, width]."""

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor, nn

from clados import spec as s
from clados.nn.activations import gelu_tanh
from clados.nn.core.module import Module, Product, builds
from clados.spec.core.pieces import Env

GAIN = (
    1.7015043497085571  # 1 / deviation of gelu(x) for x of N(0, 1) (github:deepmind/deepmind-research nfnets/base.py)
)
Convolved = Callable[[Tensor], Tensor]


def scaled_gelu(x: Tensor) -> Tensor:
    """GELU, brought to unit deviation."""
    return GAIN * gelu_tanh(x)


@builds(s.StandardisedConvolution)
class StandardisedConvolution(Module):
    """A convolution with standardised weights."""

    weight: nn.Parameter
    gain: nn.Parameter
    bias: nn.Parameter

    def __init__(self, part: s.StandardisedConvolution, env: Env) -> None:
        super().__init__(part, env)
        self.side, self.stride, self.groups, self.eps = part.side, part.stride, part.groups, part.eps

    def forward(self, x: Tensor) -> Tensor:
        """[batch, channels that enter, height, width] -> [batch, channels, height / stride, width / stride]."""
        rows = self.weight.flatten(1)
        centred = rows - rows.mean(1, keepdim=True)
        scale = (centred.square().sum(1)).clamp(min=self.eps).rsqrt() * self.gain
        around = [max(0, (-(-n // self.stride) - 1) * self.stride + self.side - n) for n in x.shape[-2:]]
        x = F.pad(x, [n for each in reversed(around) for n in (each // 2, each - each // 2)])
        weight = (centred * scale[:, None]).view_as(self.weight)
        return F.conv2d(x, weight, self.bias, self.stride, groups=self.groups)


@builds(s.FreeBlock)
class FreeBlock(Module):
    """A residual block that keeps the deviation of its input in hand."""

    skip: Convolved
    enter: Convolved
    first: Convolved
    second: Convolved
    leave: Convolved
    squeeze: Product
    excite: Product
    gain: nn.Parameter

    def __init__(self, part: s.FreeBlock, env: Env) -> None:
        super().__init__(part, env)
        self.stride, self.alpha, self.beta = part.stride, part.alpha, 1 / part.deviation
        self.skips = "skip" in self._modules

    def forward(self, x: Tensor) -> Tensor:
        """[batch, channels that enter, height, width] -> [batch, channels, height / stride, width / stride]."""
        y = scaled_gelu(x) * self.beta
        if self.skips:
            low = y if self.stride == 1 else F.avg_pool2d(y, 2, 2, ceil_mode=True, count_include_pad=False)
            x = self.skip(low)
        y = self.leave(scaled_gelu(self.second(scaled_gelu(self.first(scaled_gelu(self.enter(y)))))))
        weights = 2 * self.excite(self.squeeze(y.mean((2, 3))).relu()).sigmoid()
        joined: Tensor = x + self.alpha * self.gain * weights[:, :, None, None] * y
        return joined


@builds(s.NFNet)
class NFNet(Module):
    """An image to the places of its last map."""

    stem: nn.ModuleList
    blocks: nn.ModuleList

    def forward(self, pixel_values: Tensor) -> Tensor:
        """[images, channels, height, width] -> [images, places, width], a place for 32 x 32 pixels with four stages."""
        x = self.stem[0](pixel_values)
        for each in self.stem[1:]:
            x = each(scaled_gelu(x))
        for block in self.blocks:
            x = block(x)
        row: Tensor = x.flatten(2).transpose(1, 2)
        return row
