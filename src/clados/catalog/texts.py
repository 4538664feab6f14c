"""Values of cards and sizes as people read them."""

from clados.catalog.card import Card, CardSize
from clados.catalog.schema import ATTRIBUTES


def short_count(count: int) -> str:
    """A count as people write it, with three or four digits: ``109.5M``, ``1.54B``, ``175B``."""
    for unit, name in ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "k")):
        if count >= unit * 0.9995:
            digits = 2 if count < 10 * unit else 1
            return f"{count / unit:.{digits}f}".rstrip("0").rstrip(".") + name
    return str(count)


def short_counts(counts: tuple[int, ...]) -> str:
    """Up to two counts one by one, more as their span: ``60.5M–11.3B (5)``."""
    if len(counts) > 2:
        return f"{short_count(min(counts))}–{short_count(max(counts))} ({len(counts)})"
    return ", ".join(short_count(each) for each in counts)


def attribute_text(card: Card, name: str) -> str:
    """An attribute's value as people read it."""
    value = card.values[name]
    if value.known and ATTRIBUTES[name].type == "counts":
        return short_counts(value.items)
    if value.known and ATTRIBUTES[name].type == "count":
        return f"{value.value:,}"
    return str(value)


def shape(size: CardSize) -> dict[str, str]:
    """The fields of a size's shape; those that no source gives are marked as assumed."""
    return {word: f"{value} (assumed)" if word in size.assumed else str(value) for word, value in size.shape.items()}


def shape_text(size: CardSize) -> str:
    """A size's shape in one line."""
    return ", ".join(f"{word} {value}" for word, value in shape(size).items())


def size_figure(size: CardSize) -> str:
    """The published figure of a size."""
    return short_count(int(size.label.items[0])) if size.label.known else "unknown"
