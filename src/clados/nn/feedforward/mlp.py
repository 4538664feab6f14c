"""Feed-forward of two matrices. Shapes: x is [batch, length, d_model]."""

from typing import Protocol

from torch import Tensor, nn

from clados import spec as s
from clados.nn.activations import ACTS
from clados.nn.core.context import AttentionContext
from clados.nn.core.module import Module, Product, builds
from clados.nn.dropout import drop
from clados.spec.core.pieces import Env


class FeedForward(Protocol):
    """What a layer does with each position by itself; experts also look who else is there."""

    def __call__(self, x: Tensor, context: AttentionContext, /) -> Tensor: ...


class MLP(Module):
    """down(act(up x))."""

    up: Product
    down: Product

    def __init__(self, part: s.MLP | s.ProductMLP, env: Env) -> None:
        super().__init__(part, env)
        self.act, self.dropout = ACTS[part.act], part.dropout

    def forward(self, x: Tensor, context: AttentionContext | None = None) -> Tensor:
        """Same shape."""
        return self.down(drop(self.act(self.up(x)), self.dropout, self.training))


class GatedMLP(MLP):
    """down(act(gate x) * up x), gate and up in one product."""

    def forward(self, x: Tensor, context: AttentionContext | None = None) -> Tensor:
        """Same shape."""
        gate, up = self.up(x).chunk(2, -1)
        return self.down(drop(self.act(gate) * up, self.dropout, self.training))


@builds(s.MLP)
def _mlp(part: s.MLP, env: Env) -> nn.Module:
    return (GatedMLP if part.gated else MLP)(part, env)
