"""How noise is added, step by step: parts without tensors. A step's number is 0 for the first, which adds the least."""

import math
from itertools import pairwise
from typing import Literal

from clados.spec.core.part import Part
from clados.spec.errors import SpecError

Predicts = Literal["noise", "data", "velocity"]


class Betas(Part):
    """The variance of the noise that each step adds."""

    def values(self, steps: int) -> tuple[float, ...]:
        """One for each of so many steps."""
        raise SpecError(f"{type(self).__name__} does not say the variances of its steps")


class LinearBetas(Betas):
    """Variances on a line (Ho et al. 2020, §4)."""

    first: float = 1e-4
    last: float = 0.02

    def check(self) -> None:
        _check_ends(self.first, self.last)

    def values(self, steps: int) -> tuple[float, ...]:
        return tuple(_line(self.first, self.last, steps))


class ScaledLinearBetas(Betas):
    """Deviations on a line (Rombach et al. 2022, in the authors' code ``make_beta_schedule``: "linear")."""

    first: float = 0.00085
    last: float = 0.012

    def check(self) -> None:
        _check_ends(self.first, self.last)

    def values(self, steps: int) -> tuple[float, ...]:
        return tuple(each**2 for each in _line(math.sqrt(self.first), math.sqrt(self.last), steps))


class CosineBetas(Betas):
    """alpha_bar after t of T steps is cos^2((t/T + offset) / (1 + offset) pi/2) (Nichol & Dhariwal 2021, 17)."""

    offset: float = 0.008
    most: float = 0.999  # of the noise that one step adds

    def check(self) -> None:
        if not 0 <= self.offset < 1 or not 0 < self.most < 1:
            raise SpecError(
                f"CosineBetas has offset {self.offset} and most {self.most}; they must be from 0 to 1, without it"
            )

    def values(self, steps: int) -> tuple[float, ...]:
        kept = [math.cos((t / steps + self.offset) / (1 + self.offset) * math.pi / 2) ** 2 for t in range(steps + 1)]
        return tuple(min(1 - after / before, self.most) for before, after in pairwise(kept))


def _line(first: float, last: float, steps: int) -> list[float]:
    return [first + (last - first) * i / max(1, steps - 1) for i in range(steps)]


def _check_ends(first: float, last: float) -> None:
    if not 0 < first <= last < 1:
        raise SpecError(f"betas are from {first} to {last}; they must lie between 0 and 1, and not fall")


class Bound(Part):
    """What keeps the image that is foreseen at a step within the range of images."""


class Clipped(Bound):
    """Numbers beyond the range are brought to its ends."""

    most: float = 1.0

    def check(self) -> None:
        if self.most <= 0:
            raise SpecError(f"Clipped.most is {self.most}; it must be above 0")


class DynamicThreshold(Bound):
    """Clipped at the s that a share of an image's numbers do not exceed, at least 1, and divided by s.

    Saharia et al. 2022, §2.3.
    """

    share: float = 0.995
    most: float | None = None  # s is never above this

    def check(self) -> None:
        if not 0 < self.share < 1:
            raise SpecError(f"DynamicThreshold.share is {self.share}; it must be above 0 and below 1")
        if self.most is not None and self.most < 1:
            raise SpecError(f"DynamicThreshold.most is {self.most}; it must be at least 1")


class Diffusion(Part, kw_only=True):
    """x_t = sqrt(a_t) x_0 + sqrt(1 - a_t) noise, with a_t the product of 1 - beta (Ho et al. 2020, eq. 4).

    What is predicted: the noise, the data x_0, or the velocity sqrt(a_t) noise - sqrt(1 - a_t) x_0 (Salimans & Ho 2022,
    appendix D). A model that also says a step's variance gives as many channels again (Nichol & Dhariwal 2021, §3.1).
    """

    betas: Betas
    steps: int = 1000
    predicts: Predicts = "noise"
    variance: bool = False  # whether the model says it too
    bound: Bound | None = None

    def check(self) -> None:
        if not 2 <= self.steps <= 100_000:
            raise SpecError(f"Diffusion.steps is {self.steps}; it must be at least 2 and at most 100000")

    @property
    def outputs(self) -> int:
        """How many numbers the model gives for each of the image's."""
        return 2 if self.variance else 1
