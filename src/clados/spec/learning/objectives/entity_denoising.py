"""Predict which entity a token names."""

from typing import ClassVar

from clados.spec.core.ranges import Share, WholeNumber
from clados.spec.errors import SpecError
from clados.spec.learning.objectives.base import OF_PARTS, Objective
from clados.spec.learning.objectives.masked_tokens import AS_BERT
from clados.spec.learning.packing import SentencePairs


class EntityDenoising(Objective):
    """BERT's two objectives, and the entity that each aligned token names (Zhang et al. 2019, §3.4).

    p(e_j | w_i) = softmax of linear(w_i) e_j over the entities of the text, eq. 7 there; of the alignments some are
    given a random entity, some none, and all are to be predicted.
    """

    verb: ClassVar[str] = "fill"
    unit: ClassVar[str] = OF_PARTS
    replaced: Share = 0.05  # alignments with a random entity
    hidden: Share = 0.15  # alignments taken away
    words: Objective = AS_BERT  # of pairs: the second objective asks whether sentences follow
    least: WholeNumber = 3  # entities of a sequence; what names fewer is left out (§4.1)

    def check(self) -> None:
        self.refuse_above_one("replaced", "hidden")
        if not isinstance(self.words, type(AS_BERT)):
            given, needed = type(self.words).__name__, type(AS_BERT).__name__
            raise SpecError(f"EntityDenoising.words is {given}; it must be {needed}")
        if not isinstance(self.words.packing, SentencePairs):
            raise SpecError(f"EntityDenoising.words.packing is {self.words.packing}; it must be SentencePairs(...)")
