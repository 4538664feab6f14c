"""Boxes into rows: a lane a group, no two boxes closer than the gap, children near their parents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clados.drawing.records import Node


@dataclass(frozen=True)
class Lane:
    """A group and the rows it takes: `first` to `first + rows - 1`."""

    group: str
    first: int
    rows: int


@dataclass(frozen=True)
class Span:
    """Where a node's box lies along the time axis."""

    node: Node
    left: float
    right: float


def depth(spans: Sequence[Span], gap: float) -> int:
    """The fewest rows that hold all spans: the most that are alive at once."""
    events = sorted([(span.left - gap, 1) for span in spans] + [(span.right, -1) for span in spans])
    alive = most = 0
    for _, step in events:
        alive += step
        most = max(most, alive)
    return most


def _packed(spans: Sequence[Span], gap: float, spare: int) -> dict[str, int]:
    """Rows from 0 for the spans of one lane: the free row nearest to the parent's, in order of date."""
    rows = depth(spans, gap) + spare
    free_from = [float("-inf")] * rows
    placed: dict[str, int] = {}
    for span in sorted(spans, key=lambda span: (span.left, span.node.id)):
        kin = [placed[parent.id] for parent in span.node.parents if parent.id in placed]
        wish = sum(kin) / len(kin) if kin else (rows - 1) / 2
        open_rows = [row for row in range(rows) if free_from[row] + gap <= span.left]
        row = min(open_rows, key=lambda row: (abs(row - wish), free_from[row], row))
        placed[span.node.id] = row
        free_from[row] = span.right
    return placed


def lanes(
    spans: Sequence[Span], order: Sequence[str], gap: float, spare: Mapping[str, int] | None = None
) -> tuple[list[Lane], dict[str, int]]:
    """Lanes in `order` (groups not named in it come last, by name), and each node's row counted from the top.

    Args:
        spans: the boxes along the time axis, in pixels.
        order: groups from top to bottom.
        gap: least distance of two boxes in a row, in pixels.
        spare: rows that a group gets beyond what it needs.
    """
    groups = {span.node.group for span in spans}
    names = [group for group in order if group in groups] + sorted(groups - set(order))
    result: list[Lane] = []
    rows: dict[str, int] = {}
    first = 0
    for name in names:
        members = [span for span in spans if span.node.group == name]
        placed = _packed(members, gap, (spare or {}).get(name, 0))
        used = sorted(set(placed.values()))
        rows |= {node: first + used.index(row) for node, row in placed.items()}
        result.append(Lane(name, first, len(used)))
        first += len(used)
    return result, rows
