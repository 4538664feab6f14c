"""Learn what a teacher gives."""

from collections.abc import Mapping
from typing import ClassVar

from clados.spec.core.ranges import BitWidth, NotNegative, Positive, Share
from clados.spec.learning.objectives.base import OF_PARTS, Objective


class Distilled(Objective):
    """Give what a larger model gives (Sanh et al. 2019, §2): three losses, weighted.

    soft KL(teacher at temperature T || student at T) T^2 + hard L_MLM + directions (1 - cos(h_teacher, h_student)),
    h the last states. Masks are drawn anew each time, without next sentences (§3).
    """

    verb: ClassVar[str] = "fill"
    unit: ClassVar[str] = OF_PARTS
    also: ClassVar[Mapping[str, str]] = {
        "as its teacher": "gives each token the teacher's probabilities of words, and a state of its direction",
    }
    teacher: str  # a card's id
    temperature: Positive = 2.0
    soft: NotNegative = 5.0
    hard: NotNegative = 2.0
    directions: NotNegative = 1.0
    rate: Share = 0.15
    masked: Share = 0.8  # of the chosen tokens, as in BERT
    replaced: Share = 0.1

    def check(self) -> None:
        self.refuse_above_one("masked", "replaced")


class QuantisedDistillation(Objective):
    """A student in few bits learns a task and its teacher's scores, attention and states (Li et al. 2022, §3).

    L = cross-entropy + |z - z'|^2 of scores + |A - A'|^2 of the three kinds of attention + |H - H'|^2 of states.
    Weights at 2 bits are -a, 0 or a: 0 below 0.7 mean |w|, a the mean of the others; at 8 bits steps of the largest
    |w| / 127. Gradients pass the rounding as if it were not there. ``layers`` says, for so many layers of a side,
    which of the teacher's they start from.
    """

    verb: ClassVar[str] = "translate"
    unit: ClassVar[str] = OF_PARTS
    also: ClassVar[Mapping[str, str]] = {"as its teacher": "has the teacher's scores, attention and states"}
    teacher: str  # a card's id; it is tuned for the task first
    weights: BitWidth = 8  # bits of matrices
    tables: BitWidth = 8  # bits of the table of words, in which each row is scaled by itself
    activations: BitWidth = 8
    clip: Positive = 2.5  # values beyond are cut first
    layers: tuple[tuple[int, ...], ...] = ()
