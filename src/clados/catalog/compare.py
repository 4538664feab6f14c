"""Cards side by side."""

from collections.abc import Sequence

from clados.catalog.card import Card, Size
from clados.catalog.schema import ATTRIBUTES
from clados.catalog.words import figure, figures


def compare(cards: Sequence[Card], *, differing: bool = False) -> dict[str, list[str]]:
    """A row for each attribute, for the shape of the headline size, and for training: what each card says of it.

    Args:
        cards: the columns.
        differing: only rows in which the cards differ.
    """
    rows: dict[str, list[str]] = {"name": [card.name for card in cards]}
    rows |= {name: [attribute_text(card, name) for card in cards] for name in ATTRIBUTES}
    rows["parents"] = [", ".join(f"{each.id} ({each.kind})" for each in card.lineage) or "none" for card in cards]
    sizes = [card.headline_size for card in cards]
    rows["size"] = [f"{size.name} {size_figure(size)}" if size else "unknown" for size in sizes]
    shapes = [size.shape if size else {} for size in sizes]
    for word in dict.fromkeys(word for shape in shapes for word in shape):
        rows[f"size.{word}"] = [str(shape.get(word, "-")) for shape in shapes]
    for word in dict.fromkeys(word for card in cards for word in card.training):
        rows[f"training.{word}"] = [str(card.training.get(word, "-")) for card in cards]
    return {name: row for name, row in rows.items() if not differing or len(set(row)) > 1}


def attribute_text(card: Card, name: str) -> str:
    """An attribute's value as people read it."""
    value = card.values[name]
    if value.known and ATTRIBUTES[name].type == "counts":
        return figures(value.items)
    if value.known and ATTRIBUTES[name].type == "count":
        return f"{value.value:,}"
    return str(value)


def size_figure(size: Size) -> str:
    """The published figure of a size."""
    return figure(int(size.label.items[0])) if size.label.known else "unknown"
