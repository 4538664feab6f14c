"""How texts become sequences of one length."""

from clados.spec.core.part import Part
from clados.spec.core.ranges import Share


class Packing(Part):
    """How documents are laid into sequences of one length."""


class FullSentences(Packing):
    """As many whole sentences as fit, over document borders, where a separator is added (Liu et al. 2019, §4.2)."""


class SentencePairs(Packing):
    """Two segments: the second follows the first, or comes from another document (Devlin et al. 2019, appendix A.2)."""

    follows: Share = 0.5  # share of pairs in which it does
    short: Share = 0.1  # share of sequences drawn shorter than the full length
