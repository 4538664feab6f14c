"""Which places of an image's grid a place attends to, in a stack that reads a text first.

A place of the text sees those before it, a place of the grid the whole text too (Ramesh et al. 2021, §2.2). Which
places are text, and how long a row is, the stack's inputs say (``TextThenGrid``).
"""

from typing import Self

from clados.spec.attention.masks import Pattern
from clados.spec.errors import SpecError


class GridPattern(Pattern):
    """What a place of the grid sees of the grid."""


class GridRow(GridPattern):
    """As many places before it as a row has, up to the one above it (appendix B.1, figure 11a)."""


class GridColumn(GridPattern):
    """The places above it in its column (figure 11b)."""


class GridKernel(GridPattern):
    """Those of a square around it that come before it, which goes on in the next row at an edge (figure 11d)."""

    side: int = 11

    def check(self) -> None:
        if self.side % 2 == 0:
            raise SpecError(f"GridKernel.side is {self.side}; it must be odd, as many to the left as to the right")

    def small(self) -> Self:
        return self.but(side=3)
