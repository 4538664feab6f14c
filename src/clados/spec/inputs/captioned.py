"""A text and the codes of an image, to vectors."""

from dataclasses import field
from typing import Self

from clados.spec.core.pieces import Env, Pieces, Table
from clados.spec.errors import SpecError
from clados.spec.inputs.text import Tokens
from clados.spec.positions.grid import TextThenGrid


class TextThenCodes(Tokens, kw_only=True):
    """The tokens of a text, filled up to its places by a padding of each place; then the codes of an image.

    One table: first the vocabulary, then the paddings, then the codes (Ramesh et al. 2021, §2.2).
    """

    position: TextThenGrid = field()  # always one
    codes: int

    def check(self) -> None:
        super().check()
        if self.codes < 1:
            raise SpecError(f"TextThenCodes.codes is {self.codes}; it must be at least 1")

    @property
    def text(self) -> int:
        """Places of the text."""
        return self.position.text

    @property
    def places_across(self) -> int:
        """Places of a row of the image."""
        return self.position.side

    @property
    def first_padding(self) -> int:
        """The id of the padding of the text's first place."""
        return self.vocab.size

    @property
    def first_code(self) -> int:
        """The id of the image's first code."""
        return self.vocab.size + self.text

    def pieces(self, env: Env) -> Pieces:
        return {**super().pieces(env), "tokens": Table(self.first_code + self.codes, env.dims.d_model)}

    def small(self) -> Self:
        return self.but(codes=13)
