"""Labels beside points of a scatter, moved until none touches another, with a leader line where they had to go far."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from clados.drawing.svg import Box

_NEAR = 9.0  # from the point to a label that needs no leader

_Line = tuple[tuple[float, float], tuple[float, float]]


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


def place_labels(spots: Sequence[Spot], bounds: Box, radius: float) -> dict[str, PlacedLabel]:
    """A place for every label, within `bounds`, off all points (of `radius`), all other labels and their leaders.

    Labels in a crowd come first. One that finds no room is put before all others, and all are placed anew.

    Raises:
        ValueError: there is no room, whatever the order.
    """
    order = sorted(spots, key=lambda spot: (-_crowd(spot, spots), spot.x, spot.id))
    points = {spot.id: Box(spot.x - radius, spot.y - radius, 2 * radius, 2 * radius).grown(1) for spot in spots}
    for _ in range(len(order) + 1):
        placed: dict[str, PlacedLabel] = {}
        stuck = next((spot for spot in order if not _settle(spot, bounds, points, placed)), None)
        if stuck is None:
            return placed
        order.remove(stuck)
        order.insert(0, stuck)
    raise ValueError(f"no room for the label of {stuck.id!r}" if stuck else "no room for the labels")


def _settle(spot: Spot, bounds: Box, points: Mapping[str, Box], placed: dict[str, PlacedLabel]) -> bool:
    """Adds the label's place to `placed`; False when there is none."""
    others = [box for name, box in points.items() if name != spot.id]
    apart = [box for box in others if not box.overlaps(points[spot.id])]
    labels = list(placed.values())
    lines = [(label.anchor, label.leader) for label in labels if label.leader]
    # Where the crowd is too thick, a leader may pass over points; never through a label.
    for passed in (apart, []):
        for candidate in _candidates(spot):
            if _fits(candidate, bounds, others, labels, lines) and _clear(candidate, passed, labels):
                placed[spot.id] = candidate
                return True
    return False


def _crowd(spot: Spot, spots: Sequence[Spot]) -> int:
    """How many points lie where the label would like to be."""
    return sum(abs(other.x - spot.x) < spot.width and abs(other.y - spot.y) < 2 * spot.height for other in spots)


def _candidates(spot: Spot) -> Iterator[PlacedLabel]:
    """Beside, above and below the point; then on growing ellipses around it."""
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
        yield PlacedLabel(Box(spot.x + dx, spot.y + dy, w, h), (spot.x, spot.y))
    for ring in range(1, 40):
        for step in range(24):
            angle = math.tau * step / 24
            x = spot.x + (12 + ring * 9 + w / 2) * math.cos(angle)
            y = spot.y + (10 + ring * 7) * math.sin(angle)
            box = Box(round(x - w / 2, 2), round(y - h / 2, 2), w, h)
            yield PlacedLabel(box, (spot.x, spot.y), _nearest(box, spot))


def _nearest(box: Box, spot: Spot) -> tuple[float, float]:
    return min(max(spot.x, box.left), box.right), min(max(spot.y, box.top + 3), box.bottom - 3)


def _fits(
    candidate: PlacedLabel, bounds: Box, points: Sequence[Box], placed: Sequence[PlacedLabel], lines: Sequence[_Line]
) -> bool:
    """Whether the label is within bounds and touches no point, label or leader."""
    box = candidate.box
    inside = bounds.left <= box.left and box.right <= bounds.right
    return (
        inside
        and bounds.top <= box.top
        and box.bottom <= bounds.bottom
        and not any(box.overlaps(other) for other in points)
        and not any(box.overlaps(other.box.grown(1)) for other in placed)
        and not any(box.crossed_by(*line) for line in lines)
    )


def _clear(candidate: PlacedLabel, points: Sequence[Box], placed: Sequence[PlacedLabel]) -> bool:
    """Whether the leader crosses none of the labels and none of these points."""
    if candidate.leader is None:
        return True
    return not any(
        box.crossed_by(candidate.anchor, candidate.leader) for box in [*(other.box for other in placed), *points]
    )
