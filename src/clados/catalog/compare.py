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
    from clados.catalog.structure import headline_declared, structure  # not for a list, which needs no declarations

    rows: dict[str, list[str]] = {"name": [card.name for card in cards]}
    rows |= {name: [attribute_text(card, name) for card in cards] for name in ATTRIBUTES}
    rows["parents"] = [", ".join(f"{each.id} ({each.kind})" for each in card.lineage) or "none" for card in cards]
    rows["assumed"] = ["; ".join(card.assumed) or "nothing" for card in cards]
    sizes = [card.headline_size for card in cards]
    rows["size"] = [f"{size.name} {size_figure(size)}" if size else "unknown" for size in sizes]
    shapes = [shape(size) if size else {} for size in sizes]
    for word in dict.fromkeys(word for words in shapes for word in words):
        rows[f"size.{word}"] = [words.get(word, "-") for words in shapes]
    built = [structure(card).rows if headline_declared(card) else {} for card in cards]
    for word in dict.fromkeys(word for words in built for word in words):
        rows[f"structure.{word}"] = [words.get(word, "-") for words in built]
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


def shape(size: Size) -> dict[str, str]:
    """The words of a size's shape; those that no source says are marked as assumed."""
    return {word: f"{value} (assumed)" if word in size.assumed else str(value) for word, value in size.shape.items()}


def shape_text(size: Size) -> str:
    """A size's shape in one line."""
    return ", ".join(f"{word} {value}" for word, value in shape(size).items())


def size_figure(size: Size) -> str:
    """The published figure of a size."""
    return figure(int(size.label.items[0])) if size.label.known else "unknown"
