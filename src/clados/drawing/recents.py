"""The survey's figure of the language models of early 2023, drawn from the cards where there are cards."""

from collections.abc import Mapping
from dataclasses import replace

from clados.catalog import figures
from clados.catalog.card import Card
from clados.drawing.frame import LABEL_WIDTH, MARGIN, NAME_SIZE, WIDTH
from clados.drawing.records import Node, ParentEdge, of_cards, published_count, with_structures
from clados.drawing.scale import Scale, months


def nodes(cards: Mapping[str, Card]) -> list[Node]:
    """The figure's boxes as nodes.

    A box with a card of its own has the card's facts, and its date where the card gives the day. The rest (`Dolly v1`
    and `v2` share one card) is as the figure has it.
    """
    rows = figures.recent_models()
    members = {row.id for row in rows}
    result = []
    for row in rows:
        card = cards.get(row.card)
        known = of_cards([card]) if card else []
        own = known[0] if known and not row.size else None
        name = f"{row.name} ({row.lab})" if row.lab else row.name
        base = own or Node(row.id, name, row.group, row.date, _params(card, row.size) if card else None)
        parents = [parent for parent in base.parents if parent.id in members] if own else []
        if not own and row.parent:
            parents = [ParentEdge(row.parent, ("weights",), "")]
        openness = known[0].openness if known else "unknown"
        date = base.date if base.date.count("-") == 2 else row.date
        result.append(replace(base, name=name, openness=openness, group=row.group, date=date, parents=tuple(parents)))
    return with_structures(result, cards)


def _params(card: Card, size: str) -> int | None:
    return next((published_count(each) for each in card.sizes if each.name == size), None)


def order(boxes: list[Node]) -> list[str]:
    """The groups from top to bottom: the large ones first, then by date."""
    groups = {node.group for node in boxes}
    members = {group: [node for node in boxes if node.group == group] for group in groups}
    return sorted(groups, key=lambda group: (-len(members[group]), min(node.when for node in members[group]), group))


def scale(boxes: list[Node]) -> Scale:
    """Months over the width of the figure, the last boxes still inside."""
    last = max(node.when for node in boxes)
    tail = max(node.width(NAME_SIZE, 6) for node in boxes if node.when > last - 0.06)
    return months([node.when for node in boxes], MARGIN + LABEL_WIDTH + 50, WIDTH - MARGIN - tail - 8)
