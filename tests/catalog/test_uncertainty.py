"""Between which numbers the parameters of a published size lie."""

import pytest

from clados.catalog.card import CardSize, Value
from clados.catalog.load import catalog
from clados.catalog.uncertainty import Uncertainty, uncertainty


def _size(published: int | str, exact: int | None = None, basis: str = "model") -> CardSize:
    label = Value(published, "unknown" if published == "unknown" else "reported")
    counted = None if exact is None else Value(exact, "computed")
    return CardSize("x", label, basis, exact=counted, exact_basis="model" if exact else "")


@pytest.mark.parametrize(
    ("size", "found"),
    [
        (_size(6_000_000_000), Uncertainty(5_500_000_000, 6_500_000_000, counted=False)),
        (_size(10_000_000_000), Uncertainty(9_500_000_000, 10_500_000_000, counted=False)),
        (_size(1_500_000_000), Uncertainty(1_450_000_000, 1_550_000_000, counted=False)),
        (_size(1_500_000_000, 1_557_611_200), Uncertainty(1_500_000_000, 1_557_611_200, counted=True)),
        (_size(300_000_000, 385_030_726, "unknown"), Uncertainty(300_000_000, 385_030_726, counted=True)),
        (_size(7_000_000_000, 6_738_415_616), None),  # the count settles it
        (_size(860_000_000, 1_066_235_307, "the U-Net alone"), None),  # of other things
        (_size("unknown", 139_420_416), None),
        (_size("unknown"), None),
        (_size(109_482_240), Uncertainty(109_482_235, 109_482_245, counted=False)),
        (_size(139_420_417), None),
    ],
)
def test_it_lies_between_what_is_published_and_counted_or_what_is_rounded_to_it(
    size: CardSize, found: Uncertainty | None
) -> None:
    assert uncertainty(size) == found


def test_a_published_figure_or_its_rounding_holds_most_counts_of_what_it_says_it_counts() -> None:
    """A figure without a count is fairly taken to be off by its rounding: seven of ten with a count are."""
    sizes = [size for card in catalog().values() for size in card.sizes if size.exact and size.label.known]
    alike = [size for size in sizes if size.basis == size.exact_basis]
    assert len(alike) > 150
    assert sum(uncertainty(size) is None for size in alike) > 0.7 * len(alike)
