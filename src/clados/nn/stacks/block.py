"""Norms, feed-forward and blocks. Shapes: x is [batch, length, d_model]."""

from collections.abc import Callable
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from clados import spec as s
from clados.nn.attention import Attention, CrossAttention
from clados.nn.build import Maps, Module, Product, builds
from clados.nn.dropout import drop
from clados.nn.sight import Sight, State
from clados.spec.pieces import Env


def gelu_tanh(x: Tensor) -> Tensor:
    """x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) (Hendrycks & Gimpel 2016)."""
    return F.gelu(x, approximate="tanh")


def quick_gelu(x: Tensor) -> Tensor:
    """x sigmoid(1.702 x) (Hendrycks & Gimpel 2016)."""
    return x * (1.702 * x).sigmoid()


ACTS: dict[str, Callable[[Tensor], Tensor]] = {
    "gelu": F.gelu,
    "gelu_tanh": gelu_tanh,
    "quick_gelu": quick_gelu,
    "relu": F.relu,
    "silu": F.silu,
    "tanh": Tensor.tanh,
}


@builds(s.LayerNorm)
class LayerNorm(Module):
    """(x - mean) / sqrt(variance + eps) * weight + bias."""

    weight: nn.Parameter
    bias: nn.Parameter

    def __init__(self, part: s.LayerNorm, env: Env) -> None:
        super().__init__(part, env)
        self.shape, self.eps = (env.dims.d_model,), part.eps
        if not part.bias:
            self.register_parameter("bias", None)

    def forward(self, x: Tensor) -> Tensor:
        """Same shape."""
        return torch.layer_norm(x, self.shape, self.weight, self.bias, self.eps)


@builds(s.RMSNorm)
class RMSNorm(Module):
    """x / sqrt(mean(x^2) + eps) * weight."""

    weight: nn.Parameter

    def __init__(self, part: s.RMSNorm, env: Env) -> None:
        super().__init__(part, env)
        self.shape, self.eps = (env.dims.d_model,), part.eps

    def forward(self, x: Tensor) -> Tensor:
        """Same shape."""
        return F.rms_norm(x, self.shape, self.weight, self.eps)


class FeedForward(Protocol):
    """What a layer does with each position by itself; experts also look who else is there."""

    def __call__(self, x: Tensor, sight: Sight, /) -> Tensor: ...


class MLP(Module):
    """down(act(up x))."""

    up: Product
    down: Product

    def __init__(self, part: s.MLP, env: Env) -> None:
        super().__init__(part, env)
        self.act, self.dropout = ACTS[part.act], part.dropout

    def forward(self, x: Tensor, sight: Sight | None = None) -> Tensor:
        """Same shape."""
        return self.down(drop(self.act(self.up(x)), self.dropout, self.training))


class GatedMLP(MLP):
    """down(act(gate x) * up x), gate and up in one product."""

    def forward(self, x: Tensor, sight: Sight | None = None) -> Tensor:
        """Same shape."""
        gate, up = self.up(x).chunk(2, -1)
        return self.down(drop(self.act(gate) * up, self.dropout, self.training))


@builds(s.MLP)
def _mlp(part: s.MLP, env: Env) -> nn.Module:
    return (GatedMLP if part.gated else MLP)(part, env)


class Block(Module):
    """x + f(norm(x)), branch after branch."""

    attn: Attention
    attn_norm: Maps
    mlp: FeedForward
    mlp_norm: Maps
    cross: CrossAttention
    cross_norm: Maps

    def __init__(self, part: s.Block, env: Env) -> None:
        super().__init__(part, env)
        self.dropout, self.crossed = part.dropout, part.cross is not None

    def forward(self, x: Tensor, sight: Sight, state: State) -> tuple[Tensor, State]:
        """What leaves the layer, [batch, length, d_model], and what it remembers."""
        y, attn = self.attn(self.attn_norm(x), sight, state.attn)
        x = x + drop(y, self.dropout, self.training)
        cross = state.cross
        if self.crossed:
            y, cross = self.cross(self.cross_norm(x), sight, cross)
            x = x + drop(y, self.dropout, self.training)
        return x + drop(self.mlp(self.mlp_norm(x), sight), self.dropout, self.training), State(attn, cross)


class PostBlock(Block):
    """norm(x + f(x)), branch after branch."""

    def forward(self, x: Tensor, sight: Sight, state: State) -> tuple[Tensor, State]:
        """What leaves the layer, [batch, length, d_model], and what it remembers."""
        y, attn = self.attn(x, sight, state.attn)
        x = self.attn_norm(self.joined(x, y))
        cross = state.cross
        if self.crossed:
            y, cross = self.cross(x, sight, cross)
            x = self.cross_norm(self.joined(x, y))
        return self.after(x, sight), State(attn, cross)

    def after(self, x: Tensor, sight: Sight) -> Tensor:
        """The layer's last branch: same shape."""
        return self.mlp_norm(self.joined(x, self.mlp(x, sight)))

    def joined(self, x: Tensor, y: Tensor) -> Tensor:
        """The stream and what a branch gave of it, before the norm: same shape."""
        return x + drop(y, self.dropout, self.training)


class ParallelBlock(Block):
    """x + attention(norm(x)) + mlp(norm(x)), a norm for each."""

    def forward(self, x: Tensor, sight: Sight, state: State) -> tuple[Tensor, State]:
        """What leaves the layer, [batch, length, d_model], and what it remembers."""
        y, attn = self.attn(self.attn_norm(x), sight, state.attn)
        y = drop(y, self.dropout, self.training) + drop(self.mlp(self.mlp_norm(x), sight), self.dropout, self.training)
        return x + y, State(attn, None)


class SharedNormBlock(Block):
    """h = norm(x); x + attention(h) + mlp(h)."""

    def forward(self, x: Tensor, sight: Sight, state: State) -> tuple[Tensor, State]:
        """What leaves the layer, [batch, length, d_model], and what it remembers."""
        h = self.attn_norm(x)
        y, attn = self.attn(h, sight, state.attn)
        y = drop(y, self.dropout, self.training) + drop(self.mlp(h, sight), self.dropout, self.training)
        return x + y, State(attn)


def _parallel(part: s.Block, env: Env) -> Block:
    one = isinstance(part.residual, s.Parallel) and part.residual.norms == 1
    return (SharedNormBlock if one else ParallelBlock)(part, env)


BLOCKS: dict[type[s.Residual], Callable[[s.Block, Env], Block]] = {  # by residual
    s.Pre: Block,
    s.Post: PostBlock,
    s.Parallel: _parallel,
}


@builds(s.Block)
def _block(part: s.Block, env: Env) -> nn.Module:
    return BLOCKS[type(part.residual)](part, env)
