"""BigBird's attention over blocks: neighbours, some at random, a few global ones (Zaheer et al. 2020)."""

from clados.spec.errors import SpecError
from clados.spec.parts import All, Pattern, Stack
from clados.spec.pieces import Env, Pieces, Table


class BlockSparse(Pattern):
    """Each block of ``block`` positions sees ``window`` blocks, ``random`` others and what is global (§2, appendix D).

    The window is its own block and as many to each side. Random blocks are drawn for each layer and head, all equally
    likely among those that are neither in the window nor global, once and for all. What is global is a word of the
    stack, ``SparseStack``.
    """

    block: int = 64
    window: int = 3
    random: int = 3

    def check(self) -> None:
        if self.block < 1:
            raise SpecError(f"BlockSparse.block is {self.block}; it must be at least 1")
        if self.window < 1 or self.window % 2 == 0:
            raise SpecError(f"BlockSparse.window is {self.window}; it must be odd, as many to the left as to the right")
        if self.random < 0:
            raise SpecError(f"BlockSparse.random is {self.random}; it must be 0 or more")


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
