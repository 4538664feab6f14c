"""What the drawings need to know of a model."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from clados.catalog import figures
from clados.catalog.card import Card, Size
from clados.catalog.card import Parent as CardParent
from clados.drawing.scale import decimal_year
from clados.drawing.svg import text_width

ROOT = "transformer"
OTHER = "other"


@dataclass(frozen=True)
class Parent:
    """An edge of the lineage: from whom, in what (`architecture`, `weights` or both), and what changed."""

    id: str
    kinds: tuple[str, ...] = ("architecture",)
    change: str = ""

    @property
    def weights(self) -> bool:
        """Whether training started from the parent's weights; such edges are dashed."""
        return "weights" in self.kinds


@dataclass(frozen=True)
class Node:
    """A model to be drawn.

    Attributes:
        openness: of its weights: open, limited, closed or unknown.
        params: of the headline size; None if unknown.
    """

    id: str
    name: str
    group: str
    date: str
    params: int | None = None
    openness: str = "unknown"
    parents: tuple[Parent, ...] = ()

    @property
    def when(self) -> float:
        """The date as a decimal year."""
        return decimal_year(self.date)

    def width(self, size: float, padding: float) -> float:
        """Of a box around the label, in pixels."""
        return text_width(self.name, size) + 2 * padding

    def json(self) -> dict[str, object]:
        """The record as it is exported."""
        return {
            "id": self.id,
            "name": self.name,
            "group": self.group,
            "date": self.date,
            "params": self.params,
            "open": self.openness,
        }


def by_date(nodes: Iterable[Node]) -> list[Node]:
    """The order in which everything is drawn and listed."""
    return sorted(nodes, key=lambda node: (node.when, node.id))


def edges(nodes: Iterable[Node]) -> list[tuple[Node, Node, Parent]]:
    """Parent, child and edge, for every parent that is itself among `nodes`."""
    known = {node.id: node for node in nodes}
    return [
        (known[parent.id], node, parent) for node in known.values() for parent in node.parents if parent.id in known
    ]


def of_cards(cards: Iterable[Card]) -> list[Node]:
    """The cards as nodes, in the survey's groups; those without a known date have no place and are left out."""
    nodes = [
        Node(
            card.id,
            card.name,
            OTHER,
            str(card.date.value),
            _headline_params(card),
            str(card.open.value),
            _parents(card),
        )
        for card in cards
        if card.date.known
    ]
    return grouped(nodes, figures.family_tree().groups)


def _headline_params(card: Card) -> int | None:
    """The published figure of the size that is meant when none is named."""
    return published(card.headline_size) if card.headline_size else None


def published(size: Size) -> int | None:
    """The published parameter count of a size, the reference's exact one where none is; None if unknown."""
    for value in (size.label, size.exact):
        if value and isinstance(value.value, int):
            return value.value
    return None


def _parents(card: Card) -> tuple[Parent, ...]:
    """The lineage with one edge a parent: what is inherited in two rows is drawn once."""
    rows: dict[str, list[CardParent]] = {}
    for row in card.lineage:
        rows.setdefault(row.id, []).append(row)
    return tuple(
        Parent(
            name,
            tuple(sorted({row.kind for row in each})),
            "; ".join(dict.fromkeys(row.change for row in each if row.change)),
        )
        for name, each in rows.items()
    )


def grouped(nodes: Sequence[Node], groups: Mapping[str, str]) -> list[Node]:
    """The nodes with their groups: the survey's, or where it has none, that of the nearest ancestor with one."""
    known = {node.id: node for node in nodes}

    def group(node: Node, seen: frozenset[str]) -> str:
        own = groups.get(node.id, OTHER)
        if own != OTHER or node.id in seen:
            return own
        parents = sorted(node.parents, key=lambda parent: "architecture" not in parent.kinds)
        for parent in parents:
            if parent.id in known and parent.id != ROOT:
                found = group(known[parent.id], seen | {node.id})
                if found != OTHER:
                    return found
        return OTHER

    return [replace(node, group=group(node, frozenset())) for node in nodes]
