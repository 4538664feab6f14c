"""What the drawings need to know of a model."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from clados.catalog import figures
from clados.catalog.card import Card, CardSize, ParentLink as CardParent
from clados.catalog.changes import KIN, structure_in_short
from clados.catalog.uncertainty import Uncertainty, uncertainty
from clados.drawing.scale import decimal_year
from clados.drawing.svg import text_width

ROOT = "transformer"
OTHER = "other"
LINES: dict[str, tuple[str, str | None]] = {  # what an edge says, and its dashes
    "architecture": ("architecture from", None),
    "weights": ("weights from", "4 3"),
    "other": ("recipe, data, tokenizer, code or a part from", "1.5 3"),
    "survey": ("only in the survey's figure", "8 3 1.5 3"),
}


@dataclass(frozen=True)
class ParentEdge:
    """An edge of the lineage: from whom, in what (kinds of the card's schema), and what changed.

    Attributes:
        structure: in what the declared structures differ, in short; empty where that is not known.
        way: the model that is not drawn through which the edge runs.
        survey: whether the survey's family tree draws this line; one that only the survey draws has no kinds.
    """

    id: str
    kinds: tuple[str, ...] = ("architecture",)
    change: str = ""
    survey: bool = False
    way: str = ""
    structure: str = ""

    @property
    def said(self) -> str:
        """What changed, and by whose way."""
        return " ".join([*[self.change] * bool(self.change), *[f"(by way of {self.way})"] * bool(self.way)])

    @property
    def line(self) -> str:
        """How the edge is drawn, a word of `LINES`: by the nearest kinship, weights before architecture before all."""
        return next(
            (kind for kind in ("weights", "architecture") if kind in self.kinds), "other" if self.kinds else "survey"
        )


@dataclass(frozen=True)
class Node:
    """A model to be drawn.

    Attributes:
        openness: of its weights: open, limited, closed or unknown.
        params: of the headline size; None if unknown.
        sizes: of each size whose count is published, by its name.
        uncertain: between which numbers they lie, of each of these sizes of which it is not known better.
    """

    id: str
    name: str
    group: str
    date: str
    params: int | None = None
    openness: str = "unknown"
    parents: tuple[ParentEdge, ...] = ()
    sizes: tuple[tuple[str, int], ...] = ()
    uncertain: tuple[tuple[str, Uncertainty], ...] = ()

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


def parent_edges(nodes: Iterable[Node]) -> list[tuple[Node, Node, ParentEdge]]:
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
            tuple((size.name, params) for size in card.sizes if (params := published_count(size))),
            tuple((size.name, found) for size in card.sizes if (found := uncertainty(size))),
        )
        for card in cards
        if card.date.known
    ]
    return grouped(nodes, figures.survey_tree().groups)


def through_hidden(nodes: Sequence[Node], everything: Iterable[Node]) -> list[Node]:
    """The nodes, with edges that run through a hidden node to its own parents in place of edges that end at it."""
    known = {node.id: node for node in everything}
    shown = {node.id for node in nodes}
    return [replace(node, parents=_visible(node, shown, known)) for node in nodes]


def _visible(
    node: Node, shown: set[str], known: Mapping[str, Node], seen: frozenset[str] = frozenset()
) -> tuple[ParentEdge, ...]:
    found: dict[str, ParentEdge] = {parent.id: parent for parent in node.parents if parent.id in shown}
    for parent in node.parents:
        hidden = known.get(parent.id)
        if parent.id in shown or hidden is None or parent.id in seen:
            continue
        for far in _visible(hidden, shown, known, seen | {node.id}):
            kinds, survey = _along(parent, far), _in_figure(far.id, node.id)
            found.setdefault(far.id, ParentEdge(far.id, kinds, parent.change, survey, hidden.name))
    return tuple(found.values())


def _along(near: ParentEdge, far: ParentEdge) -> tuple[str, ...]:
    """What is inherited over two edges: the kinds of both; the weights' network, where only one passes weights on."""
    both = tuple(kind for kind in near.kinds if kind in far.kinds)
    return both or (("architecture",) if {*KIN} & {*near.kinds} and {*KIN} & {*far.kinds} else near.kinds)


def with_structures(nodes: Iterable[Node], cards: Mapping[str, Card]) -> list[Node]:
    """The nodes, whose edges of architecture say in what the declared structures differ, beside what the cards say."""
    return [replace(node, parents=tuple(_differing(node.id, edge, cards) for edge in node.parents)) for node in nodes]


def _differing(child: str, edge: ParentEdge, cards: Mapping[str, Card]) -> ParentEdge:
    if child not in cards or edge.id not in cards or "architecture" not in edge.kinds or edge.way:
        return edge
    return replace(edge, structure=structure_in_short(cards[edge.id], cards[child]))


def with_survey(nodes: Sequence[Node]) -> list[Node]:
    """The nodes with the lines that only the survey's family tree draws, after their own."""
    theirs = sorted(figures.survey_tree().edges)
    return [
        replace(
            node,
            parents=(
                *node.parents,
                *(ParentEdge(p, kinds=(), survey=True) for p, c in theirs if c == node.id and p not in own),
            ),
        )
        for node in nodes
        for own in [{parent.id for parent in node.parents}]
    ]


def _in_figure(parent: str, child: str) -> bool:
    return (parent, child) in figures.survey_tree().edges


def _headline_params(card: Card) -> int | None:
    """The published figure of the size that is meant when none is named."""
    return published_count(card.headline_size) if card.headline_size else None


def published_count(size: CardSize) -> int | None:
    """The published parameter count of a size, the reference's exact one where none is; None if unknown."""
    for value in (size.label, size.exact):
        if value and isinstance(value.value, int):
            return value.value
    return None


def _parents(card: Card) -> tuple[ParentEdge, ...]:
    """The lineage with one edge a parent: what is inherited in two rows is drawn once."""
    rows: dict[str, list[CardParent]] = {}
    for row in card.lineage:
        rows.setdefault(row.id, []).append(row)
    return tuple(
        ParentEdge(
            name,
            tuple(sorted({row.kind for row in each})),
            "; ".join(dict.fromkeys(row.change for row in each if row.change)),
            _in_figure(name, card.id),
        )
        for name, each in rows.items()
    )


def _rank(parent: ParentEdge) -> tuple[int]:
    return ([*LINES].index(parent.line),)


def grouped(nodes: Sequence[Node], groups: Mapping[str, str]) -> list[Node]:
    """The nodes with their groups: the survey's, or where it has none, that of the nearest ancestor with one."""
    known = {node.id: node for node in nodes}

    def group(node: Node, seen: frozenset[str]) -> str:
        own = groups.get(node.id, OTHER)
        if own != OTHER or node.id in seen:
            return own
        parents = sorted(node.parents, key=lambda parent: ("architecture" not in parent.kinds, *_rank(parent)))
        for parent in parents:
            if parent.id in known and parent.id != ROOT:
                found = group(known[parent.id], seen | {node.id})
                if found != OTHER:
                    return found
        return OTHER

    return [replace(node, group=group(node, frozenset())) for node in nodes]
