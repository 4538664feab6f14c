"""Trajectories of which every number is a token."""

from typing import Self

from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Pieces, Table
from clados.spec.errors import SpecError
from clados.spec.inputs.base import Inputs


class Binned(Inputs, kw_only=True):
    """Each number of a step a token of its own: the state's, the action's, the reward and the return to go, in turn.

    The bin b of a step's number i is row ``bins`` i + b of one table; the row after all of them is where an episode has
    ended. A vector for each place in the window is added (Janner et al. 2021, §3.1 and appendix;
    github:jannerm/trajectory-transformer trajectory/models/transformers.py).
    """

    states: int  # numbers that describe a state
    actions: int  # numbers that describe an action
    bins: int  # of each number
    context: int  # tokens that are seen
    dropout: float = 0.0

    @property
    def step(self) -> int:
        """Tokens of a step: state, action, reward, return to go."""
        return self.states + self.actions + 2

    def pieces(self, env: Env) -> Pieces:
        width = env.dims.d_model
        return {"tokens": Table(self.bins * self.step + 1, width), "positions": Table(self.context, width)}

    def small(self) -> Self:
        return self.but(states=3, actions=2, bins=11, context=19)


def binned_inputs(part: Part, env: Env) -> Binned:
    """What a model reads, for a part that needs binned trajectories.

    Raises:
        SpecError: it reads something else.
    """
    if not isinstance(env.inputs, Binned):
        raise SpecError(f"{type(part).__name__} needs Binned, but the model reads {type(env.inputs).__name__}")
    return env.inputs
