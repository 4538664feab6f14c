"""Tell which two belong together."""

from typing import ClassVar, Literal

from clados.spec.errors import SpecError
from clados.spec.learning.objectives.base import Objective


class Contrastive(Objective):
    """Which text of the batch belongs to which image, and back (Radford et al. 2021, figure 3)."""

    verb: ClassVar[str] = "match"


class PairedTexts(Objective):
    """Which text of the batch belongs to which: softmax over cosines by a temperature (Wang et al. 2022, eq. 1).

    -log exp(cos(q, p) / t) / sum_p' exp(cos(q, p') / t), over the other texts of the batch, and over ``hard``
    texts that are near but wrong. With a teacher the loss is KL(its scores || ours) + ``share`` times this (eq. 2).
    """

    verb: ClassVar[str] = "rank"
    temperature: float = 0.01
    prefixes: tuple[str, ...] = ()  # before the question, before the passage
    instructed: bool = False  # an instruction of the data before each text, which is not pooled (Su et al. 2022, §2.1)
    hard: int = 0  # wrong texts that are near, beside each right one
    both: bool = False  # from the passage to the question too (Su et al. 2022, §2.3)
    teacher: Literal["none", "cross-encoder"] = "none"
    share: float = 1.0  # of the contrastive loss beside the teacher's

    def check(self) -> None:
        if self.teacher != "none" and not self.hard:
            raise SpecError(f"PairedTexts.hard is 0; a teacher ({self.teacher}) compares each question's own passages")
