"""Vocabularies, and tokens to vectors."""

from dataclasses import field
from typing import Literal, Self

from clados.names import ROLES
from clados.spec.core import small
from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Held, Pieces, Table
from clados.spec.core.sizes import Dims
from clados.spec.errors import SpecError
from clados.spec.inputs.base import Inputs
from clados.spec.positions.absolute import Learned
from clados.spec.positions.base import Position


class Vocabulary(Part, kw_only=True):
    """The tokens of a model: how many, made how, and the ids of those with a role."""

    kind: Literal["wordpiece", "bytes", "bpe", "unigram", "word"]  # byte-level BPE, BPE, SentencePiece unigram, words
    size: int  # rows of the table
    pad: int | None = None
    bos: int | None = None  # first of a text
    eos: int | None = None  # last of a text
    start: int | None = None  # first of what a decoder writes
    unk: int | None = None
    cls: int | None = None
    sep: int | None = None
    mask: int | None = None
    sentinels: int = 0  # marks for removed spans, the highest ids, counted downwards

    def check(self) -> None:
        if self.size < 1:
            raise SpecError(f"Vocabulary.size is {self.size}; it must be at least 1")
        for role in ROLES:
            if (value := getattr(self, role)) is not None and not 0 <= value < self.size:
                raise SpecError(f"Vocabulary.{role} is {value}; it must lie in 0..{self.size - 1}")

    def small(self) -> Self:
        """Ids below the new size keep their role; others move to its end, before the sentinels, one id staying one."""
        sentinels = min(self.sentinels, 7)
        roles = {role: number for role in ROLES if (number := getattr(self, role)) is not None}
        high = sorted({number for number in roles.values() if number >= small.VOCABULARY})
        first = small.VOCABULARY - sentinels - len(high)
        moved = {number: first + i for i, number in enumerate(high)}
        ids = {role: moved.get(number, number) for role, number in roles.items()}
        return self.but(size=small.VOCABULARY, sentinels=sentinels, **ids)


class Tokens(Inputs, kw_only=True):
    """Token table, plus types, plus positions; then norm; then dropout."""

    vocab: Vocabulary
    types: int = 0  # kinds of segment
    position: Position | None = None
    scaled: bool = False  # token vectors times sqrt(d_model)
    norm: bool = False  # the stack's norm, after the sum
    dropout: float = 0.0

    def check(self) -> None:
        if self.scaled and self.norm and not self.types and self.position is None:
            raise SpecError("Tokens.scaled goes for nothing: the norm follows at once, and nothing is added before")

    def width(self, dims: Dims) -> int:
        """Numbers of a token's row in the table, which a tied head reads too."""
        return dims.d_model

    def pieces(self, env: Env) -> Pieces:
        held: dict[str, Table | Held] = {"tokens": Table(self.vocab.size, env.dims.d_model)}
        if self.types:
            held["types"] = Table(self.types, env.dims.d_model)
        if self.position:
            held["position"] = Held(self.position, env)
        return held | ({"norm": Held(env.norm, env)} if self.norm else {})


class PaddedTokens(Tokens, kw_only=True):
    """Tokens of texts that are filled up to one length: padding is read too, as a vector of its own at each position.

    Nichol et al. 2021 (github:openai/glide-text2im glide_text2im/text2im_model.py, ``padding_embedding``).
    """

    position: Learned = field()  # always one

    def pieces(self, env: Env) -> Pieces:
        return {**super().pieces(env), "padding": Held(self.position, env)}


def tokens_of(env: Env) -> Tokens:
    """The inputs of the model that a head belongs to, which must be tokens.

    Raises:
        SpecError: when they are not tokens.
    """
    if not isinstance(env.inputs, Tokens):
        raise SpecError(f"this head predicts tokens, but the model reads {type(env.inputs).__name__}")
    return env.inputs


def vocab_size(env: Env) -> int:
    """Rows of the token table of the model that a head belongs to."""
    return tokens_of(env).vocab.size
