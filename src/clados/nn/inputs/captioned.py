"""A text and the codes of an image, to vectors."""

from clados import spec as s
from clados.nn.core.module import builds
from clados.nn.inputs.text import Tokens


@builds(s.TextThenCodes)
class TextThenCodes(Tokens):
    """Rows of one table, and vectors of their places."""
