"""DeepNorm: norm(a x + f(x)), branch after branch."""

from torch import Tensor

from clados import spec as s
from clados.nn.dropout import drop
from clados.nn.layers import BLOCKS, Block
from clados.nn.sight import Sight, State
from clados.spec.pieces import Env


class DeepNormBlock(Block):
    """norm(a x + f(x)), a = (2 layers)^power."""

    def __init__(self, part: s.Block, env: Env, power: float) -> None:
        super().__init__(part, env)
        self.alpha = (2 * env.dims.layers) ** power

    def forward(self, x: Tensor, sight: Sight, state: State) -> tuple[Tensor, State]:
        """What leaves the layer, and what it remembers."""
        y, attn = self.attn(x, sight, state.attn)
        x = self.attn_norm(self.alpha * x + drop(y, self.dropout, self.training))
        cross = state.cross
        if self.crossed:
            y, cross = self.cross(x, sight, cross)
            x = self.cross_norm(self.alpha * x + drop(y, self.dropout, self.training))
        y = self.mlp(x, sight)
        return self.mlp_norm(self.alpha * x + drop(y, self.dropout, self.training)), State(attn, cross)


def _block(part: s.Block, env: Env) -> Block:
    if not isinstance(part.residual, s.DeepNorm):
        raise s.SpecError(f"Block.residual is {part.residual!r}; a DeepNormBlock needs DeepNorm(...)")
    return DeepNormBlock(part, env, part.residual.power)


BLOCKS[s.DeepNorm] = _block
