"""The error of data, and how bad lines are dealt with."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from clados.errors import CladosError

NAMED = 5  # bad lines that are named; the others are counted


class DataError(CladosError):
    """Data that cannot be read or used: the message names the path or value and what is allowed."""


@dataclass
class BadLines:
    """Lines and rows that cannot be used: an error or, where they are to be skipped, a number.

    Attributes:
        first: what is wrong with the first of them.
    """

    skip: bool = False
    number: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, more: "BadLines") -> None:
        """Count those of another source too."""
        self.number += more.number
        self.first = [*self.first, *more.first][:NAMED]

    @contextmanager
    def checked(self) -> Iterator[None]:
        """Around what is done with a line.

        Raises:
            DataError: that of the line, unless bad lines are skipped.
        """
        try:
            yield
        except DataError as error:
            if not self.skip:
                raise
            self.number += 1
            if len(self.first) < NAMED:
                self.first.append(str(error))
