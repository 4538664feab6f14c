"""Points in space, and what is known of each and of their pairs."""

from typing import Self

from clados.spec.core.ranges import WholeNumber
from clados.spec.equivariant.fibers import PerDegree
from clados.spec.errors import SpecError
from clados.spec.inputs.base import Inputs


class Points(Inputs, kw_only=True):
    """Places, scalars and vectors of each point, and numbers of each pair (Fuchs et al. 2020, §4).

    Molecules have kinds of atoms as scalars and of bonds as numbers of pairs; particles have velocities as vectors and
    products of charges.
    """

    scalars: WholeNumber = 0
    vectors: WholeNumber = 0
    edges: WholeNumber = 0

    @classmethod
    def example(cls) -> Self:
        return cls(scalars=1)

    def check(self) -> None:
        if not self.scalars and not self.vectors:
            raise SpecError("Points.scalars and vectors are 0: there is nothing to read at a point")

    @property
    def channels(self) -> PerDegree:
        """Of each degree."""
        return (self.scalars, self.vectors) if self.vectors else (self.scalars,)

    def small(self) -> Self:
        return self.but(scalars=min(self.scalars, 3), edges=min(self.edges, 2))
