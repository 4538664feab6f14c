"""Token tables whose rare tokens have short vectors."""

from itertools import pairwise
from typing import Self

from clados.spec.core.pieces import Env, Pieces, Table, linear
from clados.spec.core.sizes import Dims
from clados.spec.errors import SpecError
from clados.spec.inputs.text import Tokens, Vocabulary


class AdaptiveTokens(Tokens, kw_only=True):
    """Tokens in classes, the most frequent first; a token of class c has d_model / shrink^c numbers of its own.

    A product without bias brings each class to d_model (Baevski & Auli 2019, §3, arXiv:1809.10853). With a ``shrink``
    of 1 there is one table and no product: the classes matter to the head alone.
    """

    cutoffs: tuple[int, ...]  # the first word of each class but the first
    shrink: int = 4

    def check(self) -> None:
        if not self.cutoffs or any(a >= b for a, b in pairwise((0, *self.cutoffs))):
            raise SpecError(f"AdaptiveTokens.cutoffs is {self.cutoffs}; it must rise from above 0")
        if self.shrink < 1:
            raise SpecError(f"AdaptiveTokens.shrink is {self.shrink}; it must be at least 1")

    @property
    def classes(self) -> tuple[int, ...]:
        """Tokens of each class.

        Raises:
            SpecError: when the last class has no tokens.
        """
        if self.cutoffs[-1] >= self.vocab.size:
            raise SpecError(f"AdaptiveTokens.cutoffs is {self.cutoffs}, beyond the vocabulary's {self.vocab.size}")
        return tuple(b - a for a, b in pairwise((0, *self.cutoffs, self.vocab.size)))

    def tables(self, dims: Dims) -> tuple[tuple[int, int], ...]:
        """Rows and columns of each table; a word keeps one number at least."""
        if self.shrink == 1:
            return ((self.vocab.size, dims.d_model),)
        return tuple((tokens, max(1, dims.d_model // self.shrink**c)) for c, tokens in enumerate(self.classes))

    def pieces(self, env: Env) -> Pieces:
        held = {name: piece for name, piece in super().pieces(env).items() if name != "tokens"}
        for c, (rows, columns) in enumerate(self.tables(env.dims)):
            held[f"tokens{c}"] = Table(rows, columns)
            if self.shrink > 1:
                held[f"project{c}"] = linear(columns, env.dims.d_model, bias=False)
        return held

    def small(self) -> Self:
        return self.but(cutoffs=(40, 70, 110), shrink=min(self.shrink, 3))

    @classmethod
    def example(cls) -> Self:
        return cls(vocab=Vocabulary(kind="bpe", size=60), cutoffs=(20,))
