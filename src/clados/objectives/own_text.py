"""A user's own text as a row of a task."""

from dataclasses import replace
from itertools import cycle
from typing import Any

from clados.apply.languages import text_language
from clados.data.examples import DataError, Dialogue
from clados.objectives.tasks import SourceConfig, Task

BAR = "|"  # between the turns of a dialogue, and between a text and what belongs to it


def row_of(one: Task[Any, Any], text: str, config: SourceConfig, language: str | None = None) -> Any:
    """The row that a text becomes; one of more than two parts is a dialogue, where the task learns from these.

    A model that answers has a row for each answer: its last.

    Args:
        language: of the text, where the task marks it.

    Raises:
        InputError: as ``Task.example``, and as ``text_language``.
    """
    row, said = one.example(text, config), turns_of(text)
    code = text_language(one.objective, config.required_tokenizer, language, type(one.objective).__name__)
    if code is not None:
        return replace(row, language=code)
    if said is None:
        return row
    try:
        one.learnable([said])
    except DataError:
        return row
    rows = one.source([said], config)
    return rows.at(len(rows) - 1)


def turns_of(text: str) -> Dialogue | None:
    """The dialogue whose turns stand in a text with bars between them; None where there are fewer than three."""
    turns = [each.strip() for each in text.split(BAR)]
    if len(turns) < 3:
        return None
    return Dialogue("", tuple(zip(cycle(("user", "assistant")), turns)))


def without_last(text: str) -> str:
    """The text without its last turn."""
    return text.rpartition(BAR)[0]
