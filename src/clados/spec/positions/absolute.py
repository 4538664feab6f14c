"""A vector for each position: learned, or sinusoids."""

from typing import Literal, Self

from clados.spec.core import small
from clados.spec.core.pieces import Env, Pieces, Table
from clados.spec.errors import SpecError
from clados.spec.positions.base import Position


class Learned(Position):
    """Learned, one for each position."""

    length: int
    start: int = 0  # row of the first position (RoBERTa counts from 2)

    def check(self) -> None:
        if self.length <= self.start:
            raise SpecError(f"Learned.length is {self.length}; it must be above start, which is {self.start}")

    def pieces(self, env: Env) -> Pieces:
        return {"table": Table(self.length, env.dims.d_model)}

    def small(self) -> Self:
        return self.but(length=2 * small.LENGTH - 5 + self.start)


class Sinusoidal(Position):
    """sin and cos of position / 10000^(2i/d) (Vaswani et al. 2017, §3.5)."""

    order: Literal["neighbours", "halves"] = "neighbours"  # sin, cos, sin, cos ... or all sines first
