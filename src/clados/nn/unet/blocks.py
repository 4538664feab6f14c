"""What happens to an image at one resolution, and between two. Images are [batch, channels, height, width]."""

import math
from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from clados import spec as s
from clados.nn.activations import ACTS
from clados.nn.core.module import Kernel, Module, Product, TensorFn, builds
from clados.nn.dropout import drop
from clados.spec.core.pieces import Env


@builds(s.StepVector)
class StepVector(Module):
    """A vector of a step's number."""

    up: Product
    down: Product

    def __init__(self, part: s.StepVector, env: Env) -> None:
        super().__init__(part, env)
        self.act, self.sines_first = ACTS[part.act], part.first == "sine"
        half = env.dims.d_model // 2
        if half <= part.shift or env.dims.d_model % 2:
            raise s.SpecError(f"StepVector of {env.dims.d_model} numbers; an even one above {2 * part.shift} is needed")
        self.rate, self.waves = -math.log(part.period) / (half - part.shift), half

    def forward(self, timesteps: Tensor) -> Tensor:
        """[batch] -> [batch, width]."""
        turns = (self.rate * torch.arange(self.waves, dtype=torch.float32, device=timesteps.device)).exp()
        turned = timesteps[:, None].float() * turns
        halves = (turned.sin(), turned.cos()) if self.sines_first else (turned.cos(), turned.sin())
        return self.down(self.act(self.up(torch.cat(halves, -1).to(self.up.weight.dtype))))


@builds(s.ResidualBlock)
class ResidualBlock(Module):
    """x + conv(act(norm(conv(act(norm(x))))))."""

    norm_in: TensorFn
    conv_in: Kernel
    step: Product
    norm_out: TensorFn
    conv_out: Kernel
    skip: Kernel

    def __init__(self, part: s.ResidualBlock, env: Env) -> None:
        super().__init__(part, env)
        self.act, self.dropout = ACTS[part.act], part.dropout
        self.added, self.scaled = part.step == "added", part.step == "scaling"
        self.skips = env.enters not in (0, env.dims.d_model)

    def forward(self, x: Tensor, step: Tensor | None = None, resample: TensorFn | None = None) -> Tensor:
        """[batch, channels that enter, height, width] -> [batch, channels, height, width].

        Args:
            step: its vector after the activation, [batch, width]; resample: to other sides.
        """
        y = self.act(self.norm_in(x))
        if resample is not None:
            x, y = resample(x), resample(y)
        y = self.conv_in(y)
        if step is not None and self.added:
            y = y + self.step(step)[:, :, None, None]
        y = self.norm_out(y)
        if step is not None and self.scaled:
            scale, shift = self.step(step)[:, :, None, None].chunk(2, 1)
            y = y * (1 + scale) + shift
        y = self.conv_out(drop(self.act(y), self.dropout, self.training))
        return (self.skip(x) if self.skips else x) + y


@builds(s.Downsample)
class Downsample(Module):
    """A convolution at every second place."""

    conv: Kernel

    def __init__(self, part: s.Downsample, env: Env) -> None:
        super().__init__(part, env)
        self.around = part.around

    def forward(self, x: Tensor, step: Tensor | None = None) -> Tensor:
        """[batch, channels, height, width] -> half the sides, rounded up (down, without zeros around)."""
        if self.around:
            return F.conv2d(x, self.conv.weight, self.conv.bias, stride=2, padding=1)
        return F.conv2d(F.pad(x, (0, 1, 0, 1)), self.conv.weight, self.conv.bias, stride=2)


@builds(s.Upsample)
class Upsample(Module):
    """Each pixel several times, then a convolution."""

    conv: Kernel

    def forward(self, x: Tensor, step: Tensor | None = None, sides: tuple[int, int] | None = None) -> Tensor:
        """[batch, channels, height, width] -> twice the sides, or these."""
        return self.conv(enlarged(x, sides))


def enlarged(x: Tensor, sides: tuple[int, int] | None) -> Tensor:
    """Each pixel several times: twice the sides, or these."""
    return F.interpolate(x, size=sides or (2 * x.size(2), 2 * x.size(3)), mode="nearest")


@builds(s.ResidualDownsample)
class ResidualDownsample(Module):
    """A residual block to half the sides."""

    residual: Callable[..., Tensor]

    def forward(self, x: Tensor, step: Tensor | None = None) -> Tensor:
        """[batch, channels, height, width] -> half the sides, rounded down."""
        return self.residual(x, step, partial(F.avg_pool2d, kernel_size=2))


@builds(s.ResidualUpsample)
class ResidualUpsample(Module):
    """A residual block to twice the sides."""

    residual: Callable[..., Tensor]

    def forward(self, x: Tensor, step: Tensor | None = None, sides: tuple[int, int] | None = None) -> Tensor:
        """[batch, channels, height, width] -> twice the sides, or these."""
        return self.residual(x, step, partial(enlarged, sides=sides))
