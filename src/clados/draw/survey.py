"""Our lineage against the survey's family tree: every edge that only one of them has, and why."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from clados.catalog import figures
from clados.draw.records import Node


@dataclass(frozen=True)
class Departure:
    """A model whose parents differ. `reason` and `source` are empty when nobody has given any."""

    child: str
    survey: frozenset[str]  # parents only the survey's figure has
    ours: frozenset[str]  # parents only our lineage has
    reason: str = ""
    source: str = ""

    def json(self) -> dict[str, object]:
        """As plain data."""
        return {
            "child": self.child,
            "only_survey": sorted(self.survey),
            "only_ours": sorted(self.ours),
            "reason": self.reason,
            "source": self.source,
        }


def departures(nodes: Iterable[Node]) -> list[Departure]:
    """All differences for the models among `nodes` that the survey lists, in order of their ids.

    A reason counts only for exactly the edges that it names.
    """
    tree = figures.family_tree()
    listed = set(tree.groups) | tree.absent
    theirs: dict[str, set[str]] = defaultdict(set)
    for parent, child in tree.edges:
        theirs[child].add(parent)
    reasons = {(row.child, row.survey, row.ours): row for row in figures.differences()}
    found = []
    for node in sorted(nodes, key=lambda node: node.id):
        parents = {parent.id for parent in node.parents}
        survey, ours = frozenset(theirs[node.id] - parents), frozenset(parents - theirs[node.id])
        if node.id in listed and (survey or ours):
            why = reasons.get((node.id, survey, ours))
            found.append(Departure(node.id, survey, ours, why.reason if why else "", why.source if why else ""))
    return found


def stale(found: Iterable[Departure]) -> list[figures.Difference]:
    """Reasons in the data file that explain no difference any more."""
    keys = {(each.child, each.survey, each.ours) for each in found}
    return [row for row in figures.differences() if (row.child, row.survey, row.ours) not in keys]
