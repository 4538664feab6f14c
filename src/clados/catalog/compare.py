"""Cards side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clados.catalog.card import Card, CardSize
from clados.catalog.counts import canonical, cards_and_sizes
from clados.catalog.schema import ATTRIBUTES
from clados.catalog.structure import size_declared, structure
from clados.catalog.texts import attribute_text, shape, size_figure
from clados.errors import InputError
from clados.tables import Page, Shown, TextTable


@dataclass(frozen=True)
class Comparison(Shown):
    """Models side by side.

    Attributes:
        models: their ids, with a size where one is named, a column each.
        rows: for each attribute, for the shape of the size, and for training: what each card says of it.
    """

    models: tuple[str, ...]
    rows: Mapping[str, tuple[str, ...]]

    def as_dict(self) -> dict[str, dict[str, str]]:
        """Plain data, ready for JSON: for each row what each model has."""
        return {name: dict(zip(self.models, row)) for name, row in self.rows.items()}

    def page(self) -> Page:
        """One table."""
        return Page([TextTable(("", *self.models), [[name, *row] for name, row in self.rows.items()])])


def compare(*models: str | Card, differing: bool = False) -> Comparison:
    """Models side by side: their attributes, the shape of a size of each, their training.

    Args:
        models: ``MODEL`` or ``MODEL:SIZE``, or cards, at least one. The size is found as by ``diff``; a card's is the
            headline one.
        differing: only rows in which they differ.

    Raises:
        NoModelError: for an unknown name, with the nearest.
        InputError: for no models, and a size that was not published.
    """
    if not models:
        raise InputError("compare needs models: compare('bert', 'roberta')")
    said = iter(cards_and_sizes([model for model in models if isinstance(model, str)]))
    chosen = [next(said) if isinstance(model, str) else (model, model.headline_size) for model in models]
    rows = {name: row for name, row in _rows(chosen).items() if not differing or len(set(row)) > 1}
    names = (canonical(model) if isinstance(model, str) else model.id for model in models)
    return Comparison(tuple(names), {name: tuple(row) for name, row in rows.items()})


def _rows(chosen: Sequence[tuple[Card, CardSize | None]]) -> dict[str, list[str]]:
    cards, sizes = [card for card, _ in chosen], [size for _, size in chosen]
    rows: dict[str, list[str]] = {"name": [card.name for card in cards]}
    rows |= {name: [attribute_text(card, name) for card in cards] for name in ATTRIBUTES}
    rows["parents"] = [", ".join(f"{each.id} ({each.kind})" for each in card.lineage) or "none" for card in cards]
    rows["assumed"] = ["; ".join(card.assumed) or "nothing" for card in cards]
    rows["size"] = [f"{size.name} {size_figure(size)}" if size else "unknown" for size in sizes]
    shapes = [shape(size) if size else {} for size in sizes]
    for field in dict.fromkeys(field for each in shapes for field in each):
        rows[f"size.{field}"] = [each.get(field, "-") for each in shapes]
    built = [structure(card, size.name).rows if size and size_declared(card, size) else {} for card, size in chosen]
    for field in dict.fromkeys(field for each in built for field in each):
        rows[f"structure.{field}"] = [each.get(field, "-") for each in built]
    for word in dict.fromkeys(word for card in cards for word in card.training):
        rows[f"training.{word}"] = [str(card.training.get(word, "-")) for card in cards]
    return rows
