"""A stack of block-sparse attention: global tokens in front, the text in whole blocks."""

from typing import Self

from clados.spec.attention.block_sparse import BlockSparse
from clados.spec.attention.dense import Attention
from clados.spec.attention.masks import All
from clados.spec.core.pieces import Env, Pieces, Table
from clados.spec.errors import SpecError
from clados.spec.feedforward.mlp import MLP
from clados.spec.norms import LayerNorm
from clados.spec.stacks.block import Block
from clados.spec.stacks.stack import Stack


class SparseStack(Stack, kw_only=True):
    """Layers over blocks; global positions see everything and are seen by all.

    ``extra`` learned vectors before the text are global (ETC, extended construction), or where there are none the
    first and the last block of the text (ITC, internal construction).
    """

    extra: int = 0

    def check(self) -> None:
        patterns = {block.attn.pattern for block in self.blocks(2)}
        if len(patterns) > 1 or not isinstance(patterns.pop(), BlockSparse):
            raise SpecError("SparseStack.block.attn.pattern must be one BlockSparse(...) for all layers")
        if not isinstance(self.sees, All):
            raise SpecError(f"SparseStack.sees is {self.sees!r}; its global positions see All()")
        if self.position is not None:
            raise SpecError(f"SparseStack.position is {self.position!r}; its layers know no distances")
        if self.extra < 0:
            raise SpecError(f"SparseStack.extra is {self.extra}; it must be 0 or more")

    def pieces(self, env: Env) -> Pieces:
        extra = {"extra": Table(self.extra, env.dims.d_model)} if self.extra else {}
        return {**extra, **super().pieces(env)}

    def small(self) -> Self:
        return self.but(extra=min(self.extra, 5))

    @classmethod
    def example(cls) -> Self:
        return cls(block=Block(Attention(pattern=BlockSparse(block=2)), MLP()), norm=LayerNorm(), sees=All())
