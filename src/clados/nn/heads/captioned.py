"""Scores of a text's tokens, and of an image's codes."""

from torch import Tensor

from clados import spec as s
from clados.nn.core.module import Module, Product, builds
from clados.nn.heads.base import Inputs, Read
from clados.spec.core.pieces import Env


@builds(s.TextOrCodes)
class TextOrCodes(Module):
    """A table for tokens, and one for codes."""

    text: Product
    codes: Product

    def __init__(self, part: s.TextOrCodes, env: Env) -> None:
        super().__init__(part, env)
        inputs = env.inputs
        assert isinstance(inputs, s.TextThenCodes)
        self.places = inputs.text

    def split(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """States that predict tokens, and states that predict codes, of whole texts and what follows."""
        return x[:, : self.places - 1], x[:, self.places - 1 :]

    def forward(self, x: Tensor, inputs: Inputs, read: Read) -> dict[str, Tensor]:
        """[batch, length, d_model] -> scores of tokens at all places of the text but its last, of codes from there."""
        text, codes = self.split(x)
        return {"text": self.text(text), "codes": self.codes(codes)}
