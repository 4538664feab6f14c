"""Objectives of the models that restore a damaged text, and of their kin."""

from clados.spec.learning import Objective
from clados.spec.part import Part


class Denoised(Objective):
    """-log p(text | the same text damaged), the mean over all of its tokens (Lewis et al. 2020, §2.2).

    Infilling: spans, their lengths drawn from Poisson(mean), shrink to one mask each until ``rate`` of the tokens
    are gone; a span of no tokens puts a mask in between. Permutation: the sentences stand in random order.
    """

    rate: float = 0.3
    mean: float = 3.0
    permuted: bool = True


class HintedDenoised(Denoised):
    """The same, each mask followed by about how many tokens it hides (Aghajanyan et al. 2021, §2.3).

    The hint for m tokens is max(1, floor(n)), n drawn from N(m, m spread).
    """

    hinted: float = 0.8  # share of masks that have a hint
    spread: float = 0.1


class DroppedSpans(Objective):
    """-log p(text | the same text, some spans gone without a mark) (Soltan et al. 2022, §4).

    Lengths are drawn from Poisson(mean). A share ``continued`` of the texts has, behind a mark, its first part (a
    random share of it between the two of ``read``) for the encoder and the rest for the decoder instead.
    """

    rate: float = 0.15
    mean: float = 3.0
    continued: float = 0.0
    read: tuple[float, float] = (0.2, 0.8)


class CausalMasked(Objective):
    """-log p(x_t | x_<t) over a text whose spans were cut out and stand after its end (Aghajanyan et al. 2022, §2.1).

    So many spans, drawn from Poisson(spans) and kept within ``bounds``, that do not overlap, their ends uniform; a
    numbered mask stands in the place of each and before it at the end. Masks are not predicted.
    """

    spans: float = 1.0
    bounds: tuple[int, int] = (1, 16)


class QuantisedDistillation(Objective):
    """A student in few bits learns a task and its teacher's scores, attention and states (Li et al. 2022, §3).

    L = cross-entropy + |z - z'|^2 of scores + |A - A'|^2 of the three kinds of attention + |H - H'|^2 of states.
    Weights at 2 bits are -a, 0 or a: 0 below 0.7 mean |w|, a the mean of the others; at 8 bits steps of the largest
    |w| / 127. Gradients pass the rounding as if it were not there. ``layers`` says, for so many layers of a side,
    which of the teacher's they start from.
    """

    weights: int = 8  # bits of matrices
    tables: int = 8  # bits of token and position tables
    activations: int = 8
    clip: float = 2.5  # values beyond are cut first
    layers: tuple[tuple[int, ...], ...] = ()


class GapSentences(Objective):
    """Write the sentences taken out of a document: -sum log p(gap_t | gap_<t, rest) (Zhang et al. 2020, §3.1).

    A document's gaps are the sentences x_i of highest ROUGE1-F1(x_i, all others), each scored by itself, n-grams
    counted as often as they occur ("Ind-Orig"). Each is replaced by one mask; the target is all of them in order.
    """

    rate: float = 0.3  # of the sentences taken
    kept: float = 0.0  # of those taken, left in the document too


class Denoiser(Part):
    """Spans of about ``mean`` tokens are taken out, ``rate`` of the text in all (Tay et al. 2022, §3.1)."""

    mode: str  # the token in front of the input that says which kind it is
    rate: float
    mean: float | None = None  # None: one span, the text's end (prefix language modelling)


class MixtureOfDenoisers(Objective):
    """Each example by one of several denoisers, each as often: -sum log p(removed_t | removed_<t, rest, mode).

    Tay et al. 2022, §3.1-3.2 and table 2. Span lengths are drawn from a normal distribution around their mean.
    """

    denoisers: tuple[Denoiser, ...]
