"""Classes of texts, of pairs of texts and of words, and answers that stand in a text."""

from typing import ClassVar, Literal

from clados.spec.core.ranges import WholeNumber
from clados.spec.errors import SpecError
from clados.spec.learning.objectives.base import Objective

ClassProblem = Literal[
    "single_label_classification", "multi_label_classification", "regression"
]  # as transformers' configs


class TextClasses(Objective):
    """-log p(class | text), the mean over texts (Radford et al. 2018, eq. 3 and 4; Devlin et al. 2019, §4.1).

    Of classes that do not exclude each other the mean binary cross-entropy over all of them; of numbers the squared
    error. With ``weights``, one a class, an example counts by that of its class.
    """

    verb: ClassVar[str] = "classify"
    tunes: ClassVar[str] = "classify"
    heads_of: ClassVar[str] = "SequenceClassification"
    unit: ClassVar[str] = "nats a text"
    problem: ClassProblem = "single_label_classification"
    weights: tuple[float, ...] = ()

    @property
    def loss_unit(self) -> str:
        others = {"multi_label_classification": "nats a class", "regression": "squared error a number"}
        return others.get(self.problem, self.unit)

    def check(self) -> None:
        if self.weights and self.problem == "regression":
            raise SpecError("weights are of classes, and problem is 'regression'")
        if any(not each > 0 for each in self.weights):
            raise SpecError(f"weights are {self.weights}; each must be above 0")


class PairClasses(TextClasses):
    """The same of two texts that are read together (Devlin et al. 2019, §4.1 and figure 4a)."""

    tunes: ClassVar[str] = "pairs"
    unit: ClassVar[str] = "nats a pair"


class TokenClasses(Objective):
    """-log p(tag | word in its text), the mean over words; each read at its first piece (Devlin et al. 2019, §5.3)."""

    verb: ClassVar[str] = "tag"
    tunes: ClassVar[str] = "tag"
    heads_of: ClassVar[str] = "TokenClassification"
    unit: ClassVar[str] = "nats a word"
    weights: tuple[float, ...] = ()


class AnswerSpans(Objective):
    """-(log p(start) + log p(end)) / 2 of the answer to a question in a text (Devlin et al. 2019, §4.2 and 4.3).

    A text is read in windows that overlap by ``overlap`` tokens; where the answer is not in one, the first position is
    its start and its end.
    """

    verb: ClassVar[str] = "answer"
    tunes: ClassVar[str] = "span"
    heads_of: ClassVar[str] = "QuestionAnswering"
    unit: ClassVar[str] = "nats a boundary"
    overlap: WholeNumber = 128  # google-research/bert run_squad.py: doc_stride
