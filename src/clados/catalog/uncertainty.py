"""How well the parameters of a published size, and the operations of its training, are known: between which numbers."""

from dataclasses import dataclass

from clados.catalog.card import Card, CardSize
from clados.catalog.counts import last_digit, rounds, whole_number
from clados.catalog.structure import compute_by_tokens


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """Between which numbers an amount of a size lies.

    Attributes:
        counted: whether one of them is published and the other counted; else both are rounded to the published figure.
    """

    low: float
    high: float
    counted: bool


def uncertainty(size: CardSize) -> Uncertainty | None:
    """From the published figure to the reference's count, where that is not rounded to it though it counts the same.

    Where there is no such count, the numbers that are rounded to the published figure. None where the count settles
    it, where both count different things, and where nothing is published.
    """
    published, exact = whole_number(size.label), whole_number(size.exact)
    if published is None:
        return None
    if exact is None:
        half = last_digit(published) // 2
        return Uncertainty(published - half, published + half, counted=False) if half else None
    if rounds(exact, published) or size.basis not in (size.exact_basis, "unknown"):
        return None
    return Uncertainty(min(published, exact), max(published, exact), counted=True)


def compute_uncertainty(card: Card, size: CardSize) -> Uncertainty | None:
    """From the published operations of a size's training to those by its tokens; None unless both are known."""
    published = size.compute
    if not (published and published.known) or (counted := compute_by_tokens(card, size)) is None:
        return None
    low, high = sorted(float(each.items[0]) for each in (published, counted))
    return Uncertainty(low, high, counted=True)
