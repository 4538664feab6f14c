"""Rotary positions, and how they are stretched for longer texts."""

from typing import Literal, Self

from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Pieces
from clados.spec.errors import SpecError
from clados.spec.positions.base import StackPosition


class RotaryScaling(Part):
    """How the angles of rotary positions are changed for texts longer than those of training."""


class LinearScaling(RotaryScaling):
    """Every angle divided by a factor (Chen et al. 2023, arXiv 2306.15595, eq. 4)."""

    factor: float


class BandScaling(RotaryScaling):
    """Slow angles divided by a factor, fast ones kept (LLaMA 3.1: transformers' ``rope_type: llama3``).

    A plane turns once in w positions. With n ``original`` positions, it is divided where w is above n / ``low``, kept
    where w is below n / ``high``, and in between both are mixed, linearly in n / w.
    """

    factor: float
    low: float
    high: float
    original: int

    def check(self) -> None:
        if not 0 < self.low < self.high:
            raise SpecError(f"BandScaling.low is {self.low}; it must be above 0 and below high, which is {self.high}")

    @classmethod
    def example(cls) -> Self:
        return cls(factor=2.0, low=1.0, high=4.0, original=4)  # slower than once in 4: every plane


class Rotary(StackPosition):
    """Queries and keys turned by an angle that grows with the position (Su et al. 2021, eq. 34)."""

    base: float = 10_000.0
    fraction: float = 1.0  # of each head that is turned
    pairs: Literal["halves", "neighbours"] = "halves"  # which two numbers make a plane
    scaling: RotaryScaling | None = None

    def check(self) -> None:
        if not 0 < self.fraction <= 1:
            raise SpecError(f"Rotary.fraction is {self.fraction}; it must be above 0 and at most 1")

    def turned(self, head_dim: int) -> int:
        """Numbers of a head that are turned, two a plane.

        Raises:
            SpecError: when they are not so many whole planes.
        """
        turned = int(head_dim * self.fraction)
        if turned < 2 or turned % 2 or turned > head_dim:
            what = f"turns {turned} of a head's {head_dim} numbers"
            raise SpecError(f"Rotary.fraction is {self.fraction}, which {what}; it turns them two by two")
        return turned

    def pieces(self, env: Env) -> Pieces:
        self.turned(env.dims.head_dim)
        return {}
