"""Attention over blocks of positions."""

from typing import Self

from clados.spec.attention.masks import Pattern
from clados.spec.core.pieces import Env, Pieces, Table
from clados.spec.errors import SpecError


class BlockSparse(Pattern):
    """Each block of ``block`` positions sees ``window`` blocks, ``random`` others and what is global (§2, appendix D).

    The window is its own block and as many to each side. Random blocks are drawn for each layer and head, all equally
    likely among those that are neither in the window nor global, once and for all.

    Global positions see everything and are seen by all: ``extra`` learned vectors before the text (ETC, extended
    construction), or where there are none the first and the last block of the text (ITC, internal construction).
    """

    block: int = 64
    window: int = 3
    random: int = 3
    extra: int = 0

    def check(self) -> None:
        if self.block < 1:
            raise SpecError(f"BlockSparse.block is {self.block}; it must be at least 1")
        if self.window < 1 or self.window % 2 == 0:
            raise SpecError(f"BlockSparse.window is {self.window}; it must be odd, as many to the left as to the right")
        if self.random < 0:
            raise SpecError(f"BlockSparse.random is {self.random}; it must be 0 or more")
        if self.extra < 0:
            raise SpecError(f"BlockSparse.extra is {self.extra}; it must be 0 or more")

    def outside(self, env: Env) -> Pieces:
        return {"extra": Table(self.extra, env.dims.d_model)} if self.extra else {}

    def shortened(self, share: float) -> Self:
        """As many blocks of fewer positions: of four at least, so that each sees its neighbours."""
        return self.but(block=min(self.block, max(4, round(share * self.block))))

    def small(self) -> Self:
        """Twelve blocks: more than transformers sees all of (``5 + 2 random``)."""
        return self.but(block=2, random=min(self.random, 2), extra=min(self.extra, 5))

    @classmethod
    def example(cls) -> Self:
        return cls(block=1, window=1, random=0)  # itself and both ends: short texts too are not seen whole
