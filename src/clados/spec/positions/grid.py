"""A vector for each place of a text, then for each row and column of a grid."""

from typing import Self

from clados.spec.core.pieces import Env, Pieces, Table
from clados.spec.errors import SpecError
from clados.spec.positions.base import Position


class TextThenGrid(Position, kw_only=True):
    """``text`` places with a vector each, then a square grid, row by row: vectors of a place's row and column, added.

    Ramesh et al. 2021, §2.2 and appendix B.1.
    """

    text: int
    side: int  # of the grid

    def check(self) -> None:
        if self.text < 1:
            raise SpecError(f"TextThenGrid.text is {self.text}; it must be at least 1")

    @property
    def places(self) -> int:
        """Of text and grid."""
        return self.text + self.side**2

    def pieces(self, env: Env) -> Pieces:
        width = env.dims.d_model
        return {"text": Table(self.text, width), "rows": Table(self.side, width), "columns": Table(self.side, width)}

    def small(self) -> Self:
        return self.but(text=7, side=6)
