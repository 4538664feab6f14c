"""Blocks of further residuals."""

from torch import Tensor

from clados import spec as s
from clados.nn.core.context import Sight, State
from clados.nn.dropout import drop
from clados.nn.stacks.block import BLOCKS, Block, PostBlock
from clados.spec.core.pieces import Env


class FromNormBlock(Block):
    """h + f(h) with h = norm(x), branch after branch."""

    def forward(self, x: Tensor, sight: Sight, state: State) -> tuple[Tensor, State]:
        """What leaves the layer, [batch, length, d_model], and what it remembers."""
        h = self.attn_norm(x)
        y, attn = self.attn(h, sight, state.attn)
        x = h + drop(y, self.dropout, self.training)
        cross = state.cross
        if self.crossed:
            h = self.cross_norm(x)
            y, cross = self.cross(h, sight, cross)
            x = h + drop(y, self.dropout, self.training)
        h = self.mlp_norm(x)
        return h + drop(self.mlp(h, sight), self.dropout, self.training), State(attn, cross)


BLOCKS[s.FromNorm] = FromNormBlock


class DeepNormBlock(PostBlock):
    """norm(a x + f(x)), a = (2 layers)^power."""

    def __init__(self, part: s.Block, env: Env, power: float) -> None:
        super().__init__(part, env)
        self.alpha = float((2 * env.dims.layers) ** power)

    def joined(self, x: Tensor, y: Tensor) -> Tensor:
        return self.alpha * x + drop(y, self.dropout, self.training)


def _deep(part: s.Block, env: Env) -> Block:
    if not isinstance(part.residual, s.DeepNorm):
        raise s.SpecError(f"Block.residual is {part.residual!r}; a DeepNormBlock needs DeepNorm(...)")
    return DeepNormBlock(part, env, part.residual.power)


BLOCKS[s.DeepNorm] = _deep
