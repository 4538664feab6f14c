"""Text of science, with marks around what is no prose (Taylor et al. 2022, Galactica)."""

from collections.abc import Sequence
from typing import Any

from clados import spec as s
from clados.data.science import MARK_PAIRS, SCIENCE_MARKS
from clados.objectives.next_token import NextTokenTask
from clados.objectives.tasks import Small


class MarkedTextTask(NextTokenTask, objective=s.MarkedText):
    """Blocks of texts whose marks are tokens; the tokenizer reads what stands between them.

    A mark is a part of the text, seen and predicted like any other token. A prompt that ends in ``<work>`` asks for the
    working before the answer.
    """

    data = "science"
    small = Small(params="400K", steps=100, length=64, batch=16)

    def marks(self, examples: Sequence[Any]) -> tuple[str, ...]:
        return SCIENCE_MARKS

    def lacking(self, texts: Sequence[str]) -> tuple[str, ...]:
        return tuple(start for start, _ in MARK_PAIRS if not any(start in text for text in texts))
