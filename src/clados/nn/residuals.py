"""Blocks of further residuals."""

from torch import Tensor

from clados import spec as s
from clados.nn.dropout import drop
from clados.nn.layers import BLOCKS, Block
from clados.nn.sight import Sight, State


class FromNormBlock(Block):
    """h + f(h) with h = norm(x), branch after branch."""

    def forward(self, x: Tensor, sight: Sight, state: State) -> tuple[Tensor, State]:
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
