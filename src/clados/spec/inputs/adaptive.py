"""Classes of words by their frequency: narrow vectors for rare words, and a softmax in two steps."""

from itertools import pairwise
from typing import ClassVar, Literal

from clados.spec.errors import SpecError
from clados.spec.init import Fill, Init
from clados.spec.inputs import Head, Tokens, tokens_of
from clados.spec.ledger import Row
from clados.spec.pieces import Env, Linear, Pieces, Table, Weight, linear
from clados.spec.sizes import Dims


class AdaptiveTokens(Tokens, kw_only=True):
    """Words in classes, the most frequent first; a word of class c has d_model / shrink^c numbers of its own.

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
        """Words of each class.

        Raises:
            SpecError: when the last class has no words.
        """
        if self.cutoffs[-1] >= self.vocab.size:
            raise SpecError(f"AdaptiveTokens.cutoffs is {self.cutoffs}, beyond the vocabulary's {self.vocab.size}")
        return tuple(b - a for a, b in pairwise((0, *self.cutoffs, self.vocab.size)))

    def tables(self, dims: Dims) -> tuple[tuple[int, int], ...]:
        """Rows and columns of each table; a word keeps one number at least."""
        if self.shrink == 1:
            return ((self.vocab.size, dims.d_model),)
        return tuple((words, max(1, dims.d_model // self.shrink**c)) for c, words in enumerate(self.classes))

    def pieces(self, env: Env) -> Pieces:
        held = {name: piece for name, piece in super().pieces(env).items() if name != "tokens"}
        for c, (rows, columns) in enumerate(self.tables(env.dims)):
            held[f"tokens{c}"] = Table(rows, columns)
            if self.shrink > 1:
                held[f"project{c}"] = linear(columns, env.dims.d_model, bias=False)
        return held


class AdaptiveSoftmax(Head):
    """p(w) = p(class) p(w | class); the first class's words stand beside the other classes (Grave et al. 2017, §3).

    Scores are those of the inputs' tables, each of the states brought to its width, plus a bias. ``logits`` are log p.
    """

    slot: ClassVar[str] = "lm"
    own: Literal["first", "all"] | None = None  # products to the tables' widths; the others are the inputs', turned

    def projects(self, env: Env) -> tuple[int, ...]:
        """The classes with a product of this head's own.

        Raises:
            SpecError: for inputs without classes, or without products.
        """
        inputs = tokens_of(env)
        if not isinstance(inputs, AdaptiveTokens):
            raise SpecError(f"AdaptiveSoftmax needs AdaptiveTokens, but the model reads {type(inputs).__name__}")
        if inputs.shrink == 1 and self.own:
            raise SpecError(f"AdaptiveSoftmax.own is '{self.own}', but with shrink=1 there is nothing to project")
        return {None: (), "first": (0,), "all": tuple(range(len(inputs.classes)))}[self.own]

    def pieces(self, env: Env) -> Pieces:
        held: dict[str, Linear | Weight] = {f"project{c}": self._project(env, c) for c in self.projects(env)}
        inputs = tokens_of(env)
        tables = inputs.tables(env.dims)  # type: ignore[attr-defined]
        held["classes"] = linear(env.dims.d_model, len(inputs.classes) - 1)  # type: ignore[attr-defined]
        return held | {f"words{c}_bias": Weight((rows,)) for c, (rows, _) in enumerate(tables)}

    def _project(self, env: Env, c: int) -> Linear:
        return linear(env.dims.d_model, tokens_of(env).tables(env.dims)[c][1], bias=False)  # type: ignore[attr-defined]


class NarrowNormal(Init):
    """N(0, std), and narrower for the products between states and tables (github:kimiyoung/transformer-xl train.py)."""

    std: float = 0.02
    products: float = 0.01

    def draw(self, row: Row, out: str, size: int) -> Fill:
        return Fill("normal", self.products if ".project" in row.path else self.std, size)
