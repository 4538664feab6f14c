"""Which numbers a field may be, said with its type: ``rate: Share = 0.15``."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf
from typing import Annotated, Any, get_args


@dataclass(frozen=True)
class Range:
    """What numbers are allowed, as a test and in words."""

    holds: Callable[[float], bool]
    allowed: str


Share = Annotated[float, Range(lambda number: 0 <= number <= 1, "from 0 to 1")]
BelowOne = Annotated[float, Range(lambda number: 0 <= number < 1, "at least 0 and below 1")]
Positive = Annotated[float, Range(lambda number: 0 < number < inf, "above 0 and finite")]
NotNegative = Annotated[float, Range(lambda number: 0 <= number < inf, "at least 0 and finite")]
AtLeastOne = Annotated[int, Range(lambda number: number >= 1, "at least 1")]
WholeNumber = Annotated[int, Range(lambda number: number >= 0, "at least 0")]
BitWidth = Annotated[int, Range(lambda number: number >= 2, "at least 2")]


def ranges_in(hint: Any) -> Iterator[Range]:
    """The ranges of a type as it is written: of ``Share``, or of ``Share | None``."""
    yield from (each for each in getattr(hint, "__metadata__", ()) if isinstance(each, Range))
    if not hasattr(hint, "__metadata__"):
        for each in get_args(hint):
            yield from ranges_in(each)
