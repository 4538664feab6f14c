"""The objective of PEGASUS; its numbers are words, what it does is registered where objectives are."""

from clados.spec.learning import Objective


class GapSentences(Objective):
    """Write the sentences taken out of a document: -sum log p(gap_t | gap_<t, rest) (Zhang et al. 2020, §3.1).

    A document's gaps are the sentences x_i of highest ROUGE1-F1(x_i, all others), each scored by itself, n-grams
    counted as often as they occur ("Ind-Orig"). Each is replaced by one mask; the target is all of them in order.
    """

    rate: float = 0.3  # of the sentences taken
    kept: float = 0.0  # of those taken, left in the document too
