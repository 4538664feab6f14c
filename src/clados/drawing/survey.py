"""Our lineage against the survey's figures of descent: every edge that only one of them has, and why."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from clados.catalog import figures
from clados.drawing.records import Node


@dataclass(frozen=True)
class Departure:
    """A model whose parents differ. `reason` and `source` are empty when nobody has given any."""

    child: str
    survey: frozenset[str]  # parents only the survey's figure has
    ours: frozenset[str]  # parents only our lineage has
    reason: str = ""
    source: str = ""
    figure: int = 5  # of the survey: 5 is the family tree, 8 the language models of early 2023

    def json(self) -> dict[str, object]:
        """As plain data."""
        return {
            "child": self.child,
            "only_survey": sorted(self.survey),
            "only_ours": sorted(self.ours),
            "reason": self.reason,
            "source": self.source,
            "figure": self.figure,
        }


def departures(nodes: Iterable[Node]) -> list[Departure]:
    """All differences for the models among `nodes` that the survey's family tree lists, in order of their ids.

    A reason counts only for exactly the edges that it names.
    """
    tree = figures.survey_tree()
    listed = set(tree.groups) | tree.absent
    theirs: dict[str, set[str]] = defaultdict(set)
    for parent, child in tree.edges:
        theirs[child].add(parent)
    ours = {node.id: {parent.id for parent in node.parents} for node in nodes if node.id in listed}
    return _apart(theirs, ours, 5)


def recent_departures(nodes: Iterable[Node]) -> list[Departure]:
    """The same for the survey's figure of recent models: of descent among its boxes, where a box has a card."""
    rows = figures.recent_models()
    boxes = {row.id for row in rows if not row.size}
    theirs = {row.id: {row.parent} - {""} for row in rows}
    ours = {node.id: {parent.id for parent in node.parents} & boxes for node in nodes if node.id in boxes}
    return _apart(theirs, ours, 8)


def _apart(theirs: Mapping[str, set[str]], ours: Mapping[str, set[str]], figure: int) -> list[Departure]:
    reasons = {(row.child, row.survey, row.ours): row for row in figures.known_departures() if row.figure == figure}
    found = []
    for child in sorted(ours):
        drawn = theirs.get(child, set())
        survey, own = frozenset(drawn - ours[child]), frozenset(ours[child] - drawn)
        if survey or own:
            why = reasons.get((child, survey, own))
            found.append(Departure(child, survey, own, why.reason if why else "", why.source if why else "", figure))
    return found


def stale(found: Iterable[Departure]) -> list[figures.KnownDeparture]:
    """Reasons in the data file that explain no difference any more."""
    keys = {(each.figure, each.child, each.survey, each.ours) for each in found}
    return [row for row in figures.known_departures() if (row.figure, row.child, row.survey, row.ours) not in keys]
