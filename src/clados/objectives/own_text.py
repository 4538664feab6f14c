"""A user's own text as a row of a task."""

from itertools import cycle
from typing import Any

from clados.data.examples import DataError, Dialogue
from clados.objectives.tasks import SourceConfig, Task

BAR = "|"  # between the turns of a dialogue, and between a text and what belongs to it


def row_of(one: Task[Any, Any], text: str, config: SourceConfig) -> Any:
    """The row that a text becomes; one of more than two parts is a dialogue, where the task learns from these.

    A model that answers has a row for each answer: its last.

    Raises:
        InputError: as ``Task.example``.
    """
    row, said = one.example(text, config), turns_of(text)
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
