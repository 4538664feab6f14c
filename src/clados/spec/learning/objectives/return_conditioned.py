"""Predict actions from the return to come."""

from typing import ClassVar, Literal

from clados.spec.learning.objectives.base import Objective


class ReturnConditioned(Objective):
    """The next action, given the return to come (Chen et al. 2021, algorithm 1)."""

    verb: ClassVar[str] = "act"
    error: Literal["squared", "cross-entropy"]  # for continuous and for discrete actions

    @property
    def loss_unit(self) -> str:
        return "squared error a number" if self.error == "squared" else "nats an action"
