"""Scores of tokens by cluster, rare ones with short vectors."""

from typing import ClassVar, Literal

from clados.spec.core.pieces import Env, Pieces, Projection, Weight, linear
from clados.spec.errors import SpecError
from clados.spec.heads.base import Head
from clados.spec.inputs.adaptive import AdaptiveTokens
from clados.spec.inputs.text import tokens_of


class AdaptiveSoftmax(Head):
    """p(w) = p(class) p(w | class); the first class's tokens stand beside the other classes (Grave et al. 2017, §3).

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
        held: dict[str, Projection | Weight] = {f"project{c}": self._project(env, c) for c in self.projects(env)}
        inputs = tokens_of(env)
        tables = inputs.tables(env.dims)  # type: ignore[attr-defined]
        held["classes"] = linear(env.dims.d_model, len(inputs.classes) - 1)  # type: ignore[attr-defined]
        return held | {f"words{c}_bias": Weight((rows,)) for c, (rows, _) in enumerate(tables)}

    def _project(self, env: Env, c: int) -> Projection:
        return linear(env.dims.d_model, tokens_of(env).tables(env.dims)[c][1], bias=False)  # type: ignore[attr-defined]
