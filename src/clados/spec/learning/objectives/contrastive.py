"""Tell which two belong together."""

from typing import ClassVar, Literal

from clados.spec.core.ranges import NotNegative, Positive, WholeNumber
from clados.spec.errors import SpecError
from clados.spec.learning.objectives.base import OF_PARTS, Objective


class Contrastive(Objective):
    """Which text of the batch belongs to which image, and back (Radford et al. 2021, figure 3)."""

    verb: ClassVar[str] = "match"
    unit: ClassVar[str] = "nats a pair"


class PairedTexts(Objective):
    """Which text of the batch belongs to which: softmax over cosines by a temperature (Wang et al. 2022, eq. 1).

    -log exp(cos(q, p) / t) / sum_p' exp(cos(q, p') / t), over the batch's other passages (``in_batch``), and over the
    ``hard`` texts of each question of the batch, which are near but wrong. With a teacher the loss is KL(its scores ||
    ours) + ``share`` times this (eq. 2).
    """

    verb: ClassVar[str] = "rank"
    tunes: ClassVar[str] = "embed"
    unit: ClassVar[str] = "nats a pair"
    temperature: Positive = 0.01
    prefixes: tuple[str, ...] = ()  # before the question, before the passage
    instructed: bool = False  # an instruction of the data before each text, which is not pooled (Su et al. 2022, §2.1)
    hard: WholeNumber = 0  # wrong texts that are near, beside each right one
    in_batch: bool = True  # other questions' passages are wrong ones too
    both: bool = False  # from the passage to the question too (Su et al. 2022, §2.3)
    teacher: Literal["none", "cross-encoder"] = "none"
    share: NotNegative = 1.0  # of the contrastive loss beside the teacher's

    @property
    def loss_unit(self) -> str:
        return OF_PARTS if self.both or self.teacher != "none" else self.unit

    def check(self) -> None:
        if not self.in_batch and not self.hard:
            raise SpecError("PairedTexts.in_batch is False and hard is 0; a question has to be compared with something")
        if self.teacher != "none" and not self.hard:
            raise SpecError(f"PairedTexts.hard is 0; a teacher ({self.teacher}) compares each question's own passages")
