"""Which positions a position attends to."""

from typing import Self

from clados.spec.core import small
from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Pieces
from clados.spec.inputs.binned import binned_inputs


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


class WithoutValues(Pattern):
    """All but the last token of each step, the return to go, which no position attends to, not even its own.

    A plan's value would otherwise depend on the values that were guessed before it (Janner et al. 2021;
    github:jannerm/trajectory-transformer trajectory/models/transformers.py).
    """

    def outside(self, env: Env) -> Pieces:
        binned_inputs(self, env)
        return {}
