"""How well the parameters of a published size are known: between which numbers they lie."""

from dataclasses import dataclass

from clados.catalog.card import CardSize
from clados.catalog.counts import last_digit, rounds, whole_number


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """Between which numbers the parameters of a size lie.

    Attributes:
        counted: whether one of them is published and the other counted; else both are rounded to the published figure.
    """

    low: int
    high: int
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
