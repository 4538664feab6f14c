"""A system: what answers a conversation, with a report of every step on the way."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from clados.apply.chat import Message
from clados.errors import InputError


@dataclass(frozen=True)
class Spoken:
    """A step: which module or tool, what it read (its end), and what it wrote or found."""

    who: str
    text: str


@dataclass(frozen=True)
class Response:
    """What a system says.

    Attributes:
        steps: what led to it, in order.
        report: figures of it by name: scores, votes, rules.
    """

    text: str
    steps: tuple[Spoken, ...] = ()
    report: Mapping[str, Any] = field(default_factory=dict)


class System(ABC):
    """A model with what is around it.

    Attributes:
        name: what it is asked for by; cards: the models that it is of.
        assumed: what was not published, and what stands here in its place.
    """

    name: ClassVar[str]
    cards: ClassVar[tuple[str, ...]] = ()
    assumed: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def respond(self, said: Sequence[Message]) -> Response:
        """The answer to a conversation of messages of the roles "user" and "assistant", the last one a user's."""

    def state(self) -> dict[str, Any]:
        """What it keeps from turn to turn beside the conversation, as JSON has it."""
        return {}

    def restore(self, state: Mapping[str, Any]) -> None:  # noqa: B027 (most keep nothing)
        """Go on from what ``state`` gave."""


def last_said(said: Sequence[Message]) -> str:
    """The user's last message.

    Raises:
        InputError: the conversation does not end with one.
    """
    if not said or said[-1][0] != "user":
        raise InputError("the conversation does not end with a user's message; there is nothing to answer")
    return said[-1][1]


def best_of(texts: Sequence[str], scores: Sequence[float]) -> int:
    """The number of the text with the highest score; of equal ones the first."""
    return max(range(len(texts)), key=lambda number: (scores[number], -number))
