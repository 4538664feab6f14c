"""Predict the next number of a trajectory."""

from typing import ClassVar, Literal

from clados.spec.core.ranges import NotNegative
from clados.spec.errors import SpecError
from clados.spec.learning.objectives.base import Objective


class BinnedTrajectories(Objective):
    """-sum w log p(x_t | x_<t) over the tokens of a window of steps (Janner et al. 2021, §3.1).

    The numbers of a step are state, action, reward and return to go: the sum of the rewards from that step on, each
    ``discount`` times what it would count a step earlier (the authors' code leaves out the step's own). A window begins
    at any step but the last; behind the episode's end all its tokens are the end's. ``action``, ``reward`` and
    ``value`` are the weights w of their tokens, where a state's weigh 1: all weigh the same in the paper, the authors'
    code gives actions 5 (github:jannerm/trajectory-transformer config/offline.py, trajectory/datasets/sequence.py).

    Bins hold equal shares of the training data (``quantile``) or are equally wide (``uniform``; §3.1).
    """

    verb: ClassVar[str] = "act"
    unit: ClassVar[str] = "nats a token, weighted"
    bins: Literal["quantile", "uniform"] = "quantile"
    discount: float = 0.99
    action: NotNegative = 5.0
    reward: NotNegative = 1.0
    value: NotNegative = 1.0

    def check(self) -> None:
        if not 0 < self.discount <= 1:
            raise SpecError(f"BinnedTrajectories.discount is {self.discount}; it must be above 0, and 1 at most")
