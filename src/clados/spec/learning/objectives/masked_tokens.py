"""Predict hidden tokens."""

from typing import ClassVar

from clados.spec.core.ranges import AtLeastOne, Share
from clados.spec.learning.objectives.base import Objective
from clados.spec.learning.packing import FullSentences, SentencePairs


class MaskedTokens(Objective):
    """Hide some tokens, predict them from both sides (Devlin et al. 2019, §3.1)."""

    verb: ClassVar[str] = "fill"
    unit: ClassVar[str] = "nats a token"
    rate: Share = 0.15  # chosen for prediction
    masked: Share = 0.8  # of these: replaced by the mask
    replaced: Share = 0.1  # of these: replaced by a random token; the rest stays
    draws: AtLeastOne | None = None  # masks drawn for a text before they repeat; None: anew every time
    packing: FullSentences | SentencePairs = FullSentences()  # pairs add next-sentence prediction

    @property
    def loss_unit(self) -> str:
        return MaskedNgrams.unit if isinstance(self.packing, SentencePairs) else self.unit

    def check(self) -> None:
        self.refuse_above_one("masked", "replaced")


AS_BERT = MaskedTokens(packing=SentencePairs())  # Devlin et al. 2019, §3.1


class MaskedNgrams(Objective):
    """Hide n-grams and predict them; tell whether two neighbouring segments were swapped (Lan et al. 2020, §3.1, §4.1).

    n is drawn with p(n) proportional to 1/n, up to ``longest`` whole words (§4.1). ALBERT's order of sentences takes
    the place of BERT's next sentence; Megatron's BERT learns by the same two (Shoeybi et al. 2019, §4.2).
    """

    verb: ClassVar[str] = "fill"
    unit: ClassVar[str] = "nats a token plus nats a pair"
    longest: AtLeastOne = 3  # words of an n-gram
    rate: Share = 0.15
    masked: Share = 0.8
    replaced: Share = 0.1
    swapped: Share = 0.5  # share of pairs
    short: Share = 0.1  # share of sequences drawn shorter than the full length

    def check(self) -> None:
        self.refuse_above_one("masked", "replaced")
