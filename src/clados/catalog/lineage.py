"""Who descends from whom: the lines of descent of a card, up and down."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from clados.catalog.card import Card, ParentLink, declaration_of
from clados.catalog.load import catalog
from clados.catalog.sentences import brief
from clados.tables import Page, Shown


@dataclass(frozen=True, slots=True)
class Edge:
    """A line of descent: child, parent, what is inherited, what changed, how many steps from the model in question."""

    child: str
    parent: str
    kind: str
    change: str
    source: str
    depth: int = 1


@dataclass(frozen=True)
class Lineage(Shown):
    """What a model comes from and what came from it.

    Attributes:
        id: the model's.
        ancestors, descendants: the lines up and down, nearest first.
        structure: for lines of architecture what changed in the declarations: ``(word, parent's, child's)``.
    """

    id: str
    ancestors: tuple[Edge, ...]
    descendants: tuple[Edge, ...]
    structure: Mapping[Edge, tuple[tuple[str, Any, Any], ...]] = field(default_factory=dict, repr=False)

    def as_dict(self) -> dict[str, Any]:
        """Plain data, ready for JSON."""
        sides = {"ancestors": self.ancestors, "descendants": self.descendants}
        return {"id": self.id, **{side: [self._edge(edge) for edge in edges] for side, edges in sides.items()}}

    def _edge(self, edge: Edge) -> dict[str, Any]:
        fields = asdict(edge)
        if edge in self.structure:
            changed = self.structure[edge]
            fields["structure"] = [{"word": word, "old": repr(old), "new": repr(new)} for word, old, new in changed]
        return fields

    def page(self) -> Page:
        """A line a step, indented by its distance."""
        blocks: list[Any] = []
        for side, edges in (("Ancestors", self.ancestors), ("Descendants", self.descendants)):
            blocks += [f"{side} of {self.id}{'' if edges else ': none'}", [*self._lines(edges)]]
        return Page(blocks)

    def _lines(self, edges: Sequence[Edge]) -> Iterator[str]:
        for edge in edges:
            yield f"{'  ' * (edge.depth - 1)}{edge.child} from {edge.parent} ({edge.kind}): {edge.change}"
            for word, old, new in self.structure.get(edge, ()):
                yield f"{'  ' * edge.depth}{word}: {brief(old)} -> {brief(new)}"


def lineage(model: str, *, structure: bool = False) -> Lineage:
    """What a model comes from and what came from it, and what changed on each line.

    Args:
        model: its id or name.
        structure: also what changed in the declarations.

    Raises:
        NoModelError: when there is no such model.
    """
    cards = catalog()
    up, down = tuple(ancestors(cards, model)), tuple(descendants(cards, model))
    changed = {edge: tuple(structure_of(cards, edge)) for edge in (*up, *down) if structure}
    return Lineage(cards[model].id, up, down, changed)


def descent_edges(cards: Mapping[str, Card]) -> list[Edge]:
    """Every line of descent of the catalogue."""
    return [_edge(card, parent, 1) for card in cards.values() for parent in card.lineage]


def _edge(card: Card, parent: ParentLink, depth: int) -> Edge:
    return Edge(card.id, parent.id, parent.kind, parent.change, parent.source, depth)


def ancestors(cards: Mapping[str, Card], name: str) -> list[Edge]:
    """The lines from a model up to its roots, nearest first.

    Raises:
        NoModelError: when there is no such model.
    """
    return [*_walk(cards, name, up=True)]


def descendants(cards: Mapping[str, Card], name: str) -> list[Edge]:
    """The lines from a model down to all that come from it, nearest first.

    Raises:
        NoModelError: when there is no such model.
    """
    return [*_walk(cards, name, up=False)]


def _walk(cards: Mapping[str, Card], name: str, *, up: bool) -> Iterator[Edge]:
    near = [cards[name].id]
    seen = {*near}
    lines = descent_edges(cards)
    depth = 0
    while near:
        depth += 1
        found = [edge for edge in lines if (edge.child if up else edge.parent) in near]
        yield from (Edge(e.child, e.parent, e.kind, e.change, e.source, depth) for e in found)
        near = [far for edge in found if (far := edge.parent if up else edge.child) not in seen]
        seen.update(near)


def structure_of(cards: Mapping[str, Card], edge: Edge) -> list[tuple[str, Any, Any]]:
    """What an edge of architecture changed in the declarations: ``(word, parent's, child's)``; none if not declared."""
    both = [cards[each] for each in (edge.parent, edge.child) if each in cards]
    if edge.kind != "architecture" or len(both) < 2 or not all(card.runnable for card in both):
        return []
    from clados.spec.core.part import part_differences

    parent, child = (declaration_of(card).model for card in both)
    return [*part_differences(parent, child)]
