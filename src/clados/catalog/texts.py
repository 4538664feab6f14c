"""What cards and sizes say, as people read it."""

from clados.catalog.card import Card, Size
from clados.catalog.schema import ATTRIBUTES
from clados.catalog.words import figure, figures


def attribute_text(card: Card, name: str) -> str:
    """An attribute's value as people read it."""
    value = card.values[name]
    if value.known and ATTRIBUTES[name].type == "counts":
        return figures(value.items)
    if value.known and ATTRIBUTES[name].type == "count":
        return f"{value.value:,}"
    return str(value)


def shape(size: Size) -> dict[str, str]:
    """The words of a size's shape; those that no source says are marked as assumed."""
    return {word: f"{value} (assumed)" if word in size.assumed else str(value) for word, value in size.shape.items()}


def shape_text(size: Size) -> str:
    """A size's shape in one line."""
    return ", ".join(f"{word} {value}" for word, value in shape(size).items())


def size_figure(size: Size) -> str:
    """The published figure of a size."""
    return figure(int(size.label.items[0])) if size.label.known else "unknown"
