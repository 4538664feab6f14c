"""How well a trained model does its own work on held-out data, beside the trivial answer."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from clados.errors import InputError

SURE_ERRORS = 2.0  # standard errors by which a gain has to stand above nothing
MANY_BATCHES = 2  # whose gains say how sure a gain is, at least


@dataclass(frozen=True)
class Measure:
    """What was measured.

    Attributes:
        name: of the measure.
        value: what the model reaches; trivial: what the trivial answer, named in ``beside``, does.
        asked: what the value has to reach to count as better.
        number: how many answers it is the mean of.
    """

    name: str
    value: float
    trivial: float
    beside: str
    asked: float
    number: int

    @property
    def better(self) -> bool:
        """Whether the model beats the trivial answer by the margin asked for."""
        return self.value > self.trivial and self.value >= self.asked

    def __str__(self) -> str:
        return f"{self.name} {self.value:.4g} ({self.beside} {self.trivial:.4g}; {self.number} answers)"


class HeldOut(Protocol):
    """Held-out examples by number, as the trainer's sources have them."""

    def __len__(self) -> int: ...

    def at(self, index: int, epoch: int = 0) -> Any:
        """The example of that number in that epoch."""
        ...


@dataclass(frozen=True)
class Sample:
    """The rows to measure on."""

    held_out: HeldOut
    examples: int
    batch: int
    seed: int

    def rows(self) -> list[Any]:
        """As many rows as are asked for, spread evenly over all."""
        step = len(self.held_out) / self.examples
        return [self.held_out.at(int(i * step)) for i in range(self.examples)]


def beside_exchanged(name: str, beside: str, found: Sequence[tuple[float, float, int]]) -> Measure:
    """What a model reaches, against the same where examples are told by what is another's.

    What is asked stands ``SURE_ERRORS`` standard errors of the gain, over batches, above that.

    Args:
        found: of each batch the value, that with what is another's, and how many answers both are means of.

    Raises:
        InputError: there are fewer than two batches.
    """
    if len(found) < MANY_BATCHES:
        raise InputError(f"{name}: {len(found)} batches of two examples and more; at least {MANY_BATCHES} are needed")
    own, other, number = np.array(found).T
    error = float((own - other).std(ddof=1)) / math.sqrt(len(found))
    value, trivial = (float((each * number).sum() / number.sum()) for each in (own, other))
    return Measure(name, value, trivial, beside, trivial + SURE_ERRORS * error, int(number.sum()))


def share(name: str, beside: str, guesses: Sequence[int], labels: Sequence[int], margin: float = 0.0) -> Measure:
    """The share of guesses that are right, against always guessing the most frequent label.

    Raises:
        InputError: when there is nothing to predict.
    """
    if not labels:
        raise InputError(f"{name}: the held-out examples have nothing to predict")
    right = sum(a == b for a, b in zip(guesses, labels, strict=True)) / len(labels)
    usual = Counter(labels).most_common(1)[0][1] / len(labels)
    return Measure(name, right, usual, beside, usual + margin, len(labels))
