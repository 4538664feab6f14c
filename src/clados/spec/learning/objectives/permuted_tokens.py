"""Predict tokens in a permuted order."""

from typing import ClassVar

from clados.spec.core.ranges import AtLeastOne, Share
from clados.spec.errors import SpecError
from clados.spec.learning.objectives.base import Objective


class PermutedTokens(Objective):
    """-sum log p(x_z[t] | x_z[<t]) over the last part of a random order z (Yang et al. 2019, eq. 3 and 5).

    Of each ``share`` tokens one is predicted (K), in spans of up to ``longest``, each from a context ``share`` times as
    long as itself around it (§3.1, §A.5). An order is drawn within ``within`` neighbouring positions, in the authors'
    runs as many as are reused. Two segments, the second following the first or from elsewhere; the first ``reused``
    positions of a sequence are the text that the next sequence goes on with, and half of the batch reads backwards
    (github:zihangdai/xlnet data_utils.py).

    Raises:
        SpecError: an order within more positions than are reused.
    """

    verb: ClassVar[str] = "fill"
    unit: ClassVar[str] = "nats a token"
    share: AtLeastOne = 6
    longest: AtLeastOne = 5  # tokens of a span
    within: int | None = None  # positions; None: all that are reused, or all after them
    reused: AtLeastOne = 256
    backwards: Share = 0.5  # share of the batch

    def check(self) -> None:
        if self.within is not None and not 1 <= self.within <= self.reused:
            raise SpecError(f"PermutedTokens.within is {self.within}; 1 to {self.reused} (reused) is allowed")
