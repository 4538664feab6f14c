"""Labels beside points of a scatter, moved until none touches another, with a leader line where they had to go far."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from clados.draw.svg import Box

_NEAR = 9.0  # from the point to a label that needs no leader

Line = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True)
class Spot:
    """A point to be labelled, and the size of its label."""

    id: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Placed:
    """A label's box and, where it needs one, the end of its leader line at the box."""

    box: Box
    leader: tuple[float, float] | None


def place(spots: Sequence[Spot], bounds: Box, radius: float) -> dict[str, Placed]:
    """A place for every label, within `bounds`, off all points (of `radius`), all other labels and their leaders.

    Raises:
        ValueError: there is no room left.
    """
    points = {spot.id: Box(spot.x - radius, spot.y - radius, 2 * radius, 2 * radius).grown(1) for spot in spots}
    placed: dict[str, Placed] = {}
    lines: list[Line] = []
    for spot in sorted(spots, key=lambda spot: (-_crowd(spot, spots), spot.x, spot.id)):
        others = [box for name, box in points.items() if name != spot.id]
        apart = [box for box in others if not box.overlaps(points[spot.id])]
        # Where the crowd is too thick, a leader may pass over points; never through a label.
        found = next(
            (
                candidate
                for passed in (apart, [])
                for candidate in _candidates(spot)
                if _fits(candidate, bounds, others, list(placed.values()), lines)
                and _clear(candidate, spot, passed, list(placed.values()))
            ),
            None,
        )
        if found is None:
            raise ValueError(f"no room for the label of {spot.id!r}")
        placed[spot.id] = found
        if found.leader:
            lines.append(((spot.x, spot.y), found.leader))
    return placed


def _crowd(spot: Spot, spots: Sequence[Spot]) -> int:
    """How many points lie where the label would like to be."""
    return sum(abs(other.x - spot.x) < spot.width and abs(other.y - spot.y) < 2 * spot.height for other in spots)


def _candidates(spot: Spot) -> Iterator[Placed]:
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
        yield Placed(Box(spot.x + dx, spot.y + dy, w, h), None)
    for ring in range(1, 40):
        for step in range(24):
            angle = math.tau * step / 24
            x = spot.x + (12 + ring * 9 + w / 2) * math.cos(angle)
            y = spot.y + (10 + ring * 7) * math.sin(angle)
            box = Box(round(x - w / 2, 2), round(y - h / 2, 2), w, h)
            yield Placed(box, _nearest(box, spot))


def _nearest(box: Box, spot: Spot) -> tuple[float, float]:
    return min(max(spot.x, box.left), box.right), min(max(spot.y, box.top + 3), box.bottom - 3)


def _fits(
    candidate: Placed, bounds: Box, points: Sequence[Box], placed: Sequence[Placed], lines: Sequence[Line]
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


def _clear(candidate: Placed, spot: Spot, points: Sequence[Box], placed: Sequence[Placed]) -> bool:
    """Whether the leader crosses none of the labels and none of these points."""
    if candidate.leader is None:
        return True
    leader = ((spot.x, spot.y), candidate.leader)
    return not any(box.crossed_by(*leader) for box in [*(other.box for other in placed), *points])
