"""Labels beside points of a scatter, moved until none touches another, with a leader line where they had to go far."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Literal

from clados.drawing.svg import Box, crossing

_NEAR = 9.0  # from the point to a label that needs no leader
_WIDE, _HIGH = 64.0, 20.0  # of the cells by which what is near is found, in pixels
_TRIED = 800  # labels in all orders that are tried, about
_FURTHER = 60_000  # places of all labels, about, that are looked at for better ones than the first
_RINGS = 24  # around a point; beyond, nobody sees what a label belongs to

_ANGLES = [(math.cos(math.tau * step / 24), math.sin(math.tau * step / 24)) for step in range(24)]

_Line = tuple[tuple[float, float], tuple[float, float]]


def around_boxes(start: tuple[float, float], end: tuple[float, float], boxes: Iterable[Box]) -> list[_Line]:
    """The pieces of a line that are in none of the boxes."""
    low, high = sorted((start[0], end[0]))
    near = (box for box in boxes if box.left <= high and low <= box.left + box.width)  # most lines are upright
    inside = sorted(found for box in near if (found := box.crossing(start, end)))
    pieces, at = list[tuple[float, float]](), 0.0
    for enter, leave in [*inside, (1.0, 1.0)]:
        if enter > at:
            pieces.append((at, enter))
        at = max(at, leave)
    (x, y), (dx, dy) = start, (end[0] - start[0], end[1] - start[1])
    return [((x + dx * a, y + dy * a), (x + dx * b, y + dy * b)) for a, b in pieces]


@dataclass(frozen=True)
class Spot:
    """A point to be labelled, and the size of its label."""

    id: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class PlacedLabel:
    """A label's box and, where it needs one, the end of its leader line at the box."""

    box: Box
    anchor: tuple[float, float]  # the point that is labelled
    leader: tuple[float, float] | None = None


_Sides = tuple[float, float, float, float]  # left, top, right, bottom
_Spanned = tuple[_Sides, _Line]  # a line, and the box around it


@dataclass(slots=True)
class _Cell:
    """What is on a piece of the paper already: points, labels, leaders and other lines; lines rather left alone."""

    points: list[tuple[str, _Sides]] = field(default_factory=list)
    labels: list[_Sides] = field(default_factory=list)
    lines: list[_Spanned] = field(default_factory=list)
    rather: list[_Spanned] = field(default_factory=list)


class _Paper:
    """The paper in cells, by which what is near is found."""

    def __init__(self) -> None:
        self._cells: dict[tuple[int, int], _Cell] = defaultdict(_Cell)
        self._areas: dict[tuple[int, ...], list[_Cell]] = {}

    def at(self, sides: _Sides) -> list[_Cell]:
        """The cells that something so wide and high touches."""
        left, top, right, bottom = sides
        area = int(left // _WIDE), int(right // _WIDE) + 1, int(top // _HIGH), int(bottom // _HIGH) + 1
        if area not in self._areas:
            self._areas[area] = [self._cells[cell] for cell in product(range(*area[:2]), range(*area[2:]))]
        return self._areas[area]

    def add(self, label: PlacedLabel) -> None:
        """A label is placed, with its leader."""
        sides = _sides(label.box)
        for cell in self.at(sides):
            cell.labels.append(sides)
        if label.leader:
            self.cross((label.anchor, label.leader))

    def cross(self, line: _Line) -> None:
        """A line that no label may touch."""
        around = _spanned(*line)
        for cell in self.at(around):
            cell.lines.append((around, line))


def _sides(box: Box) -> _Sides:
    return box.left, box.top, box.right, box.bottom


def _spanned(start: tuple[float, float], end: tuple[float, float]) -> _Sides:
    return min(start[0], end[0]), min(start[1], end[1]), max(start[0], end[0]), max(start[1], end[1])


def _meet(one: _Sides, other: _Sides) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def place_labels(spots: Sequence[Spot], bounds: Box, radius: float) -> dict[str, PlacedLabel]:
    """A place for every label, within `bounds`, off all points (of `radius`), all other labels and their leaders.

    Raises:
        ValueError: there is no room for one of them.
    """
    placed = labels_with_room(spots, bounds, radius)
    if without := [spot.id for spot in spots if spot.id not in placed]:
        raise ValueError(f"no room for the label of {without[0]!r}")
    return placed


def labels_with_room(
    spots: Sequence[Spot],
    bounds: Box,
    radius: float,
    unnamed: Iterable[tuple[float, float]] = (),
    lines: Sequence[_Line] = (),
    rather: Sequence[_Line] = (),
) -> dict[str, PlacedLabel]:
    """Places as `place_labels` gives them, for as many labels as find one.

    Labels in a crowd come first. Those that find no room are put before all others, and all are placed anew. No label
    lies on the points that are `unnamed`, nor on one of the `lines`; on one of those that are `rather` left alone only
    where there is no other room.
    """
    order = sorted(spots, key=lambda spot: (-_crowd(spot, spots), spot.x, spot.id))
    far = radius + 1
    points = {spot.id: (spot.x - far, spot.y - far, spot.x + far, spot.y + far) for spot in spots}
    best: dict[str, PlacedLabel] = {}
    for _ in range(max(min(_TRIED // max(len(spots), 1), 8), 1)):
        paper, placed = _Paper(), dict[str, PlacedLabel]()
        for name, point in [*points.items(), *(("", (x - far, y - far, x + far, y + far)) for x, y in unnamed)]:
            for cell in paper.at(point):
                cell.points.append((name, point))
        for line in rather:
            for cell in paper.at(around := _spanned(*line)):
                cell.rather.append((around, line))
        for line in lines:
            paper.cross(line)
        for spot in order:
            if found := _settled(spot, points[spot.id], bounds, paper, _FURTHER // len(spots)):
                placed[spot.id] = found
                paper.add(found)
        best = max(best, placed, key=len)
        if len(placed) == len(spots):
            break
        order.sort(key=lambda spot: spot.id in placed)
    return best


def _settled(spot: Spot, point: _Sides, bounds: Box, paper: _Paper, further: int) -> PlacedLabel | None:
    """The label at the first of its places that has room; None when there is none."""
    # Where the crowd is too thick, a leader passes over points, never through a label; or a label lies on a line.
    over: PlacedLabel | None = None
    right, bottom = bounds.right, bounds.bottom
    for left, top, led in _candidates(spot):
        further -= over is not None
        if further < 0:
            break
        sides = left, top, left + spot.width, top + spot.height
        if not (bounds.left <= left and sides[2] <= right and bounds.top <= top and sides[3] <= bottom):
            continue
        near = paper.at((left - 1, top - 1, sides[2] + 1, sides[3] + 1))
        if not _fits(sides, spot.id, near) or ((covers := _lies_on(sides, near)) and over):
            continue
        box = Box(left, top, spot.width, spot.height)
        each = PlacedLabel(box, (spot.x, spot.y), _nearest(box, spot) if led else None)
        crossed = _crossed(each, spot.id, point, paper)
        if not crossed and not covers:
            return each
        over = over or (each if crossed != "labels" else None)
    return over


def _crowd(spot: Spot, spots: Sequence[Spot]) -> int:
    """How many points lie where the label would like to be."""
    return sum(abs(other.x - spot.x) < spot.width and abs(other.y - spot.y) < 2 * spot.height for other in spots)


def _candidates(spot: Spot) -> Iterator[tuple[float, float, bool]]:
    """Left, top, and whether a leader is needed: beside, above and below the point; then on ellipses around it."""
    w, h = spot.width, spot.height
    for dx, dy in (
        (_NEAR, -h / 2),
        (-_NEAR - w, -h / 2),
        (-w / 2, -_NEAR - h + 2),
        (-w / 2, _NEAR - 2),
        (_NEAR - 3, -h - 3),
        (_NEAR - 3, 3),
        (-_NEAR - w + 3, -h - 3),
        (-_NEAR - w + 3, 3),
    ):
        yield spot.x + dx, spot.y + dy, False
    for ring in range(1, _RINGS):
        for cosine, sine in _ANGLES:
            x, y = spot.x + (12 + ring * 9 + w / 2) * cosine, spot.y + (10 + ring * 7) * sine
            yield round(x - w / 2, 2), round(y - h / 2, 2), True


def _nearest(box: Box, spot: Spot) -> tuple[float, float]:
    """Where a leader ends: on the edge of the box, beside the text a little off the corners."""
    corner = 0.0 if box.left < spot.x < box.right else 3.0
    return min(max(spot.x, box.left), box.right), min(max(spot.y, box.top + corner), box.bottom - corner)


def _fits(sides: _Sides, own: str, near: Iterable[_Cell]) -> bool:
    """Whether the label touches no point of another, no label and no line."""
    left, top, right, bottom = sides
    around = left - 1, top - 1, right + 1, bottom + 1  # labels keep a pixel apart
    for cell in near:
        for label in cell.labels:
            if _meet(around, label):
                return False
        for name, point in cell.points:
            if name != own and _meet(sides, point):
                return False
        for line in cell.lines:
            if _met_by(line, sides):
                return False
    return True


def _lies_on(sides: _Sides, near: Iterable[_Cell]) -> bool:
    """Whether the label lies on a line that is rather left alone."""
    return any(_met_by(line, sides) for cell in near for line in cell.rather)


def _met_by(line: _Spanned, sides: _Sides) -> bool:
    return _meet(line[0], sides) and crossing(sides, *line[1]) is not None


def _crossed(candidate: PlacedLabel, own: str, point: _Sides, paper: _Paper) -> Literal["labels", "points", ""]:
    """What the leader passes through: labels, or only points, but for those at its own `point`."""
    if candidate.leader is None:
        return ""
    around = _spanned(candidate.anchor, candidate.leader)
    line, near = (around, (candidate.anchor, candidate.leader)), paper.at(around)
    for cell in near:
        for label in cell.labels:
            if _met_by(line, label):
                return "labels"
    for cell in near:
        for name, sides in cell.points:
            if name != own and _met_by(line, sides) and not _meet(sides, point):
                return "points"
    return ""
