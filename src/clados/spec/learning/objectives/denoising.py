"""Restore texts that were damaged."""

from typing import ClassVar, Self

from clados.names import sentinel
from clados.spec.core.part import Part
from clados.spec.core.ranges import NotNegative, Positive, Share
from clados.spec.errors import SpecError
from clados.spec.learning.objectives.base import Objective

CONTINUE = "[CLM]"  # before a text that is to be continued (Soltan et al. 2022, §4)


class Denoised(Objective):
    """-log p(text | the same text damaged), the mean over all of its tokens (Lewis et al. 2020, §2.2).

    Infilling: spans, their lengths drawn from Poisson(mean), shrink to one mask each, until they have ``rate`` of the
    tokens together; a span of no tokens puts a mask in between. Permutation: the sentences stand in random order.
    """

    verb: ClassVar[str] = "fill"
    unit: ClassVar[str] = "nats a token"
    rate: Share = 0.3
    mean: Positive = 3.0
    permuted: bool = True
    whole_words: bool = False  # spans and their rate are counted in words, not in tokens
    marked: bool = False  # sentences end with the end token, texts begin and end with a mark of their language


class HintedDenoised(Denoised):
    """The same, each mask followed by about how many tokens it hides (Aghajanyan et al. 2021, §2.3).

    The hint for m tokens is max(1, floor(n)), n drawn from N(m, m spread).
    """

    hinted: Share = 0.8  # share of masks that have a hint
    spread: NotNegative = 0.1


class DroppedSpans(Objective):
    """-log p(text | the same text, some spans gone without a mark) (Soltan et al. 2022, §4).

    Spans are drawn as in ``Denoised``. A share ``continued`` of the texts has, behind a mark, its first part (a
    random share of it between the two of ``read``) for the encoder and the rest for the decoder instead. The authors'
    code of this is not public (amazon-science/alexa-teacher-models tunes and writes).
    """

    verb: ClassVar[str] = "generate"
    unit: ClassVar[str] = "nats a token"
    rate: Share = 0.15
    mean: Positive = 3.0
    continued: Share = 0.0
    read: tuple[float, float] = (0.2, 0.8)

    def check(self) -> None:
        self.refuse_disorder("read", 0)
        if self.read[1] > 1:
            raise SpecError(f"DroppedSpans.read is {self.read}; shares are 1 at most")

    def marks_for(self, verb: str) -> tuple[str, str]:
        return CONTINUE if verb == "generate" and self.continued else "", ""


class GapSentences(Objective):
    """Write the sentences taken out of a document: -sum log p(gap_t | gap_<t, rest) (Zhang et al. 2020, §3.1).

    A document's gaps are the sentences x_i of highest ROUGE1-F1(x_i, all others), each scored by itself, n-grams
    counted as often as they occur ("Ind-Orig"). Each is replaced by one mask; the target is all of them in order.
    """

    verb: ClassVar[str] = "summarize"
    unit: ClassVar[str] = "nats a token"
    rate: Share = 0.3  # of the sentences taken
    kept: Share = 0.0  # of those taken, left in the document too


class Denoiser(Part):
    """Spans of about ``mean`` tokens are taken out, ``rate`` of the text in all (Tay et al. 2022, §3.1)."""

    mode: str  # the token in front of the input that says which kind it is
    rate: Share
    mean: Positive | None = None  # None: one span, the text's end (prefix language modelling)


class MixtureOfDenoisers(Objective):
    """Each example by one of several denoisers, each as often: -sum log p(removed_t | removed_<t, rest, mode).

    Tay et al. 2022, §3.1-3.2 and table 1. Span lengths are drawn from a normal distribution around their mean; that of
    a text's end evenly, so that its mean is ``rate`` of the text. The code in the appendix draws otherwise: it cuts as
    many spans as these at random places, as ``CorruptedSpans``; its end has no sentinel; and each denoiser takes a text
    so long that its input fills the length, where here all texts are of one length.
    """

    verb: ClassVar[str] = "fill"
    unit: ClassVar[str] = "nats a token"
    denoisers: tuple[Denoiser, ...]
    spread: NotNegative = 0.25  # a span's standard deviation, as a share of its mean

    def check(self) -> None:
        if not self.denoisers:
            raise SpecError("MixtureOfDenoisers.denoisers is (); it needs at least one")

    def marks_for(self, verb: str) -> tuple[str, str]:
        ends = [each.mode for each in self.denoisers if each.mean is None]
        if verb == "generate" and ends:
            return ends[0], sentinel(0)
        return self.denoisers[0].mode if verb == "fill" else "", ""

    @classmethod
    def example(cls) -> Self:
        return cls((Denoiser("[R]", 0.15, 3.0),))
