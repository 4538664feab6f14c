"""CLIP's residual network. Images are [batch, channels, height, width]."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from clados import spec as s
from clados.nn.core.module import Kernel, Module, Product, Rows, TensorFn, builds
from clados.nn.heads.base import Inputs, Read
from clados.nn.inputs.image import check_side
from clados.nn.kinds.arguments import refuse_unknown
from clados.nn.kinds.model import Output
from clados.nn.products import product
from clados.spec.core.pieces import Env


@builds(s.ThreeConvolutions)
class ThreeConvolutions(Module):
    """Three convolutions, each normed, then means of 2 x 2."""

    first: Kernel
    first_norm: TensorFn
    second: Kernel
    second_norm: TensorFn
    third: Kernel
    third_norm: TensorFn

    def __init__(self, part: s.ThreeConvolutions, env: Env) -> None:
        super().__init__(part, env)
        self.image = part.image

    def forward(self, pixel_values: Tensor) -> Tensor:
        """[batch, channels, image, image] -> [batch, d_model, image / 4, image / 4].

        Raises:
            SpecError: for images of another size than the tower's positions were made for.
        """
        check_side(pixel_values, self.image)
        x = F.conv2d(pixel_values, self.first.weight, stride=2, padding=1)
        x = self.second(self.first_norm(x).relu())
        x = self.third(self.second_norm(x).relu())
        return F.avg_pool2d(self.third_norm(x).relu(), 2)


@builds(s.Bottleneck)
class Bottleneck(Module):
    """A residual block of three convolutions, the middle one narrow."""

    enter: Kernel
    enter_norm: TensorFn
    conv: Kernel
    conv_norm: TensorFn
    leave: Kernel
    leave_norm: TensorFn
    skip: Kernel
    skip_norm: TensorFn

    def __init__(self, part: s.Bottleneck, env: Env) -> None:
        super().__init__(part, env)
        self.stride, self.skips = part.stride, "skip" in self._modules

    def forward(self, x: Tensor) -> Tensor:
        """[batch, channels that enter, height, width] -> four times the width; sides divided by the stride."""
        y = self.enter_norm(self.enter(x)).relu()
        y = self.leave_norm(self.leave(self.lowered(self.conv_norm(self.conv(y)).relu())))
        if self.skips:
            x = self.skip_norm(self.skip(self.lowered(x)))
        return (x + y).relu()

    def lowered(self, x: Tensor) -> Tensor:
        """Means of so many places as the stride says."""
        return F.avg_pool2d(x, self.stride) if self.stride > 1 else x


@builds(s.BottleneckStage)
class BottleneckStage(Module):
    """Bottlenecks one after the other."""

    blocks: nn.ModuleList

    def forward(self, x: Tensor) -> Tensor:
        """[batch, channels that enter, height, width] -> what leaves the last."""
        for block in self.blocks:
            x = block(x)
        return x


@builds(s.AttentionPool)
class AttentionPool(Module):
    """What the mean of all places attends to among them."""

    positions: Rows
    qkv: Product
    out: Product

    def __init__(self, part: s.AttentionPool, env: Env) -> None:
        super().__init__(part, env)
        self.heads, self.width = env.dims.heads, env.dims.d_model

    def forward(self, x: Tensor, inputs: Inputs, read: Read) -> Tensor:
        """[batch, places, d_model] -> [batch, joint]."""
        x = torch.cat((x.mean(1, keepdim=True), x), 1) + self.positions.weight
        sizes = (self.width, 2 * self.width)  # only the mean asks
        (ask, known), (ask_bias, known_bias) = (each.split(sizes) for each in (self.qkv.weight, self.qkv.bias))
        q = product(x[:, :1], ask, ask_bias)
        k, v = product(x, known, known_bias).chunk(2, -1)
        q, k, v = (each.unflatten(-1, (self.heads, -1)).transpose(1, 2) for each in (q, k, v))
        y = F.scaled_dot_product_attention(q, k, v)
        return self.out(y.flatten(1))


@builds(s.ResNet)
class ResNet(Module):
    """Inputs, stages, and what is read off the last map."""

    inputs: nn.Module
    stages: nn.ModuleList
    heads: nn.ModuleDict

    def __init__(self, part: s.ResNet, env: Env) -> None:
        super().__init__(part, env)
        self.spec = part
        self.outputs = [(head.slot, head.output) for head in part.heads]

    def states(self, pixel_values: Tensor | None = None, **unknown: Any) -> Tensor:
        """The places of the last map in a row, [batch, places, d_model].

        Args:
            pixel_values: [batch, channels, image, image].

        Raises:
            SpecError: for other arguments, none, or images of another size.
        """
        refuse_unknown(unknown, ("pixel_values",))
        if pixel_values is None:
            raise s.SpecError("this model reads pixel_values, and none were given")
        x: Tensor = self.inputs(pixel_values)
        for stage in self.stages:
            x = stage(x)
        return x.flatten(2).transpose(1, 2)

    def forward(self, pixel_values: Tensor | None = None, **unknown: Any) -> Output:
        """The heads' outputs and ``last_hidden_state``. Arguments are those of ``states``."""
        x = self.states(pixel_values, **unknown)
        out = Output(last_hidden_state=x)
        for slot, name in self.outputs:
            out[name] = self.heads[slot](x, self.inputs, out)
        return out
