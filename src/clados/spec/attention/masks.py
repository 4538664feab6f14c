"""Which positions a position attends to."""

from typing import Self

from clados.spec.core import small
from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Pieces


class Sees(Part):
    """Which positions of its own sequence each position attends to."""


class All(Sees):
    """Everything."""


class Causal(Sees):
    """Itself and what came before."""


class Pattern(Part):
    """Which of the visible positions one layer attends to."""

    def outside(self, env: Env) -> Pieces:
        """The tensors that it adds to its stack."""
        return {}

    def shortened(self, share: float) -> Self:
        """The pattern for texts of a share of its paper's length."""
        return self


class Banded(Pattern):
    """The last ``span`` positions, itself included (Child et al. 2019, the local pattern)."""

    span: int

    def small(self) -> Self:
        return self.but(span=small.SPAN)

    @classmethod
    def example(cls) -> Self:
        return cls(span=3)
