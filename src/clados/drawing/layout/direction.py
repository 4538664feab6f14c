"""Which way data flow. All is laid out as if upwards; for a flow to the right the sheet turns it by a quarter.

Up becomes right and left becomes up. Text is never turned: what has text knows the direction, and its room follows.
"""

from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, Self, get_args

from clados.errors import InputError

Direction = Literal["up", "right"]


def known_direction(said: str) -> Direction:
    """The direction of a name.

    Raises:
        InputError: for a name that is none.
    """
    known: tuple[Direction, ...] = get_args(Direction)
    for each in known:
        if each == said:
            return each
    raise InputError(f"direction is '{said}'; it is one of {', '.join(known)}")


@dataclass(frozen=True)
class Directed:
    """What may be laid out for a flow to the right."""

    direction: Direction = field(default="up", kw_only=True)

    def turned(self) -> Self:
        """The same, and all inside it, for a flow to the right."""
        changes = {each.name: _turned(getattr(self, each.name)) for each in fields(self)}
        return replace(self, **(changes | {"direction": "right"}))


def _turned(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_turned, value))
    return value.turned() if isinstance(value, Directed) else value
