"""chrF: how much of a translation's characters agree with a reference (Popović 2015)."""

from collections import Counter
from collections.abc import Sequence

_ORDER = 6  # the longest n-gram of characters
BETA = 2.0  # how much more recall weighs than precision


def chrf(found: Sequence[str], references: Sequence[str]) -> float:
    """The score of a corpus, 0 to 100: F of the mean precision and recall over n-grams of 1 to 6 characters.

    Spaces do not count. An order for which all texts are too short is left out.

    Raises:
        ValueError: for different numbers of texts.
    """
    precisions, recalls = [], []
    for order in range(1, _ORDER + 1):
        ours = theirs = both = 0
        for text, reference in zip(found, references, strict=True):
            a, b = grams(text, order), grams(reference, order)
            ours, theirs, both = ours + a.total(), theirs + b.total(), both + (a & b).total()
        if ours and theirs:
            precisions.append(both / ours)
            recalls.append(both / theirs)
    if not any(precisions):
        return 0.0
    precision, recall = sum(precisions) / len(precisions), sum(recalls) / len(recalls)
    return 100 * (1 + BETA**2) * precision * recall / (BETA**2 * precision + recall)


def grams(text: str, order: int) -> Counter[str]:
    """The n-grams of a text without its spaces, and how often each occurs."""
    joined = "".join(text.split())
    return Counter(joined[at : at + order] for at in range(len(joined) - order + 1))
