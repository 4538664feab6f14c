"""What the tests of laid-out drawings look for on a sheet: labels that touch, lines through them, edges that cut."""

import itertools
from collections.abc import Iterator

from clados.drawing.layout.sheet import Sheet
from clados.drawing.svg import Box


def holds(outer: Box, inner: Box) -> bool:
    """Whether a box lies wholly in another."""
    return (
        outer.left <= inner.left
        and inner.right <= outer.right
        and outer.top <= inner.top
        and inner.bottom <= outer.bottom
    )


def faults(sheet: Sheet, width: float, height: float) -> Iterator[str]:
    """What a reader would trip over, each in a line."""
    paper, keys = Box(0, 0, width, height), [each.key for each in sheet.boxes]
    yield from (f"two boxes are {key}" for key in set(keys) if keys.count(key) > 1)
    for one, other in itertools.combinations(sheet.labels, 2):
        if one.box.overlaps(other.box):
            yield f"'{one.key}' on '{other.key}'"
    for line in sheet.lines:
        for start, end in itertools.pairwise(line.points):
            yield from (f"{line.key} through '{each.key}'" for each in sheet.labels if _cut(each.box, start, end))
    for label in sheet.labels:
        if not holds(paper, label.box):
            yield f"'{label.key}' is off the paper"
        for box in sheet.boxes:
            if box.box.overlaps(label.box) and not holds(box.box, label.box):
                yield f"the edge of {box.key} through '{label.key}'"
    for one, other in itertools.combinations(sheet.boxes, 2):
        if one.box.overlaps(other.box) and not holds(one.box, other.box) and not holds(other.box, one.box):
            yield f"{one.key} on {other.key}"


def _cut(box: Box, start: tuple[float, float], end: tuple[float, float]) -> bool:
    return box.grown(-0.5).crossed_by(start, end)
