"""What positions are: of inputs, and of a whole stack."""

from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Pieces


class Position(Part):
    """A vector for each position, added to the inputs."""


class StackPosition(Part):
    """How a stack's attention knows where things stand."""

    def inside(self, env: Env) -> Pieces:
        """The tensors that it adds to each attention of its stack."""
        return {}
