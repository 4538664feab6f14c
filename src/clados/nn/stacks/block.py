"""A block: one layer of a stack. Shapes: x is [batch, length, d_model]."""

from collections.abc import Callable

from torch import Tensor, nn

from clados import spec as s
from clados.nn.attention.dense import Attention, CrossAttention
from clados.nn.core.context import Sight, State
from clados.nn.core.module import Maps, Module, builds
from clados.nn.dropout import drop
from clados.nn.feedforward.mlp import FeedForward
from clados.spec.core.pieces import Env


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
