"""Scores of a text's tokens, and of an image's codes."""

from typing import ClassVar

from clados.spec.core.pieces import Env, Pieces, Projection
from clados.spec.errors import SpecError
from clados.spec.heads.base import Head
from clados.spec.inputs.captioned import TextThenCodes


class TextOrCodes(Head):
    """A table for each: what follows a place of the text is scored among tokens, else among codes.

    The text's last place predicts the first code.
    """

    slot: ClassVar[str] = "lm"
    bias: bool = False

    def pieces(self, env: Env) -> Pieces:
        inputs = env.inputs
        if not isinstance(inputs, TextThenCodes):
            raise SpecError(f"TextOrCodes scores codes, but the model reads {type(inputs).__name__}")
        width = env.dims.d_model
        return {
            "text": Projection(width, {"out": inputs.vocab.size}, self.bias, vocabulary=True),
            "codes": Projection(width, {"out": inputs.codes}, self.bias, vocabulary=True),
        }
