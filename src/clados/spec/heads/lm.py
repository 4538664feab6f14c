"""Scores of the tokens of the vocabulary."""

from typing import ClassVar

from clados.spec.activations import Act
from clados.spec.core.pieces import Env, Held, Pieces, Projection, Weight, linear
from clados.spec.errors import SpecError
from clados.spec.heads.base import Head
from clados.spec.inputs.text import Tokens, tokens_of, vocab_size


def one_table(head: Head, env: Env) -> Tokens:
    """The inputs whose table a head scores tokens with.

    Raises:
        SpecError: they have several, or none.
    """
    inputs = tokens_of(env)
    if "tokens" not in inputs.pieces(env):
        name = type(inputs).__name__
        raise SpecError(f"{type(head).__name__} scores tokens with the table of the inputs; {name} have several")
    return inputs


class Tied(Head):
    """The token table, used again to score tokens; a masked model's transform (dense, act, norm) goes before it.

    Where the table is narrower than the states, the transform brings them down to it.
    """

    slot: ClassVar[str] = "lm"
    bias: bool = False
    scaled: bool = False  # states times 1/sqrt(d_model) first (T5)
    transform: Act | None = None

    def pieces(self, env: Env) -> Pieces:
        inputs = one_table(self, env)
        wide, narrow = env.dims.d_model, inputs.width(env.dims)
        if narrow != wide and not self.transform:
            raise SpecError(f"Tied reads states of {wide} with a table of {narrow}: it needs a transform")
        held: dict[str, Projection | Held | Weight] = {}
        if self.transform:
            held = {"dense": linear(wide, narrow), "norm": Held(env.norm, env.of_width(narrow))}
        return held | ({"bias": Weight((inputs.vocab.size,))} if self.bias else {})


class Untied(Head):
    """A table of its own to score tokens with."""

    slot: ClassVar[str] = "lm"
    bias: bool = False
    scaled: bool = False  # states times 1/sqrt(d_model) first

    def pieces(self, env: Env) -> Pieces:
        return {"table": Projection(env.dims.d_model, {"out": vocab_size(env)}, self.bias, vocabulary=True)}


class Narrowed(Head):
    """The token table, after W x has brought the states down to its width (OPT-350M)."""

    slot = "lm"

    def pieces(self, env: Env) -> Pieces:
        return {"project": linear(env.dims.d_model, one_table(self, env).width(env.dims), bias=False)}
