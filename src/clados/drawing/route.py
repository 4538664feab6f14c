"""Edges around boxes: a maze router on a grid of tracks (Lee's algorithm, with A*), one tree of tracks a parent."""

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from clados.drawing.svg import Box

_BEND = 9.0  # what a bend costs, in pixels of detour
_CROSS = 14.0  # crossing an edge of another parent
_SHARE = 60.0  # running on top of one, a cell
_BACK = 2.5  # going back in time, per pixel
_BRANCH = 3.0  # leaving a track of one's own

Cell = tuple[int, int]
_State = tuple[int, int, int]  # column, row of the grid, 0 along x or 1 along y
Point = tuple[float, float]


@dataclass
class Grid:
    """Tracks at the given pixels, boxes that block them, and which nets use a cell in which direction."""

    xs: Sequence[float]
    ys: Sequence[float]
    blocked: set[Cell] = field(default_factory=set)
    used: dict[_State, set[str]] = field(default_factory=dict)

    def block(self, box: Box) -> None:
        """Closes all cells within the box."""
        columns = range(bisect_left(self.xs, box.left), bisect_right(self.xs, box.right))
        rows = range(bisect_left(self.ys, box.top), bisect_right(self.ys, box.bottom))
        self.blocked |= {(column, row) for column in columns for row in rows}

    def free(self, cell: Cell) -> bool:
        """Whether the cell is on the grid and not inside a box."""
        return 0 <= cell[0] < len(self.xs) and 0 <= cell[1] < len(self.ys) and cell not in self.blocked

    def point(self, cell: Cell) -> Point:
        """The cell in pixels."""
        return self.xs[cell[0]], self.ys[cell[1]]

    def doors(self, box: Box) -> dict[_State, Point]:
        """Where edges may leave a box, to the right, up or down; with the point on its border."""
        column, row = bisect_right(self.xs, box.right + 1.5), self._row(box.middle)
        doors: dict[_State, Point] = {(column, row, 0): (box.right, box.middle)}
        above, below = bisect_left(self.ys, box.top) - 1, bisect_right(self.ys, box.bottom)
        for column in range(bisect_left(self.xs, box.left + 6), bisect_right(self.xs, box.right - 6)):
            doors[column, above, 1] = (self.xs[column], box.top)
            doors[column, below, 1] = (self.xs[column], box.bottom)
        return {state: point for state, point in doors.items() if self.free(state[:2])}

    def entry(self, box: Box) -> Cell:
        """The cell left of a box, from which an edge enters it."""
        return bisect_left(self.xs, box.left - 1.5) - 1, self._row(box.middle)

    def _row(self, y: float) -> int:
        return min(range(len(self.ys)), key=lambda row: abs(self.ys[row] - y))

    def steps(self, state: _State, net: str) -> Iterable[tuple[_State, float]]:
        """Neighbours of a state with what the step costs to `net`."""
        column, row, heading = state
        for d_column, d_row in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            cell = (column + d_column, row + d_row)
            if not self.free(cell):
                continue
            along = 0 if d_column else 1
            length = abs(self.xs[cell[0]] - self.xs[column]) + abs(self.ys[cell[1]] - self.ys[row])
            cost = length * (_BACK if d_column < 0 else 1.0) + (_BEND if along != heading else 0.0)
            for heading_of_others, price in ((along, _SHARE), (1 - along, _CROSS)):
                others = self.used.get((*cell, heading_of_others))
                if others:
                    cost += price * (len(others) - (net in others))
            yield (*cell, along), cost


def _search(grid: Grid, sources: Mapping[_State, float], target: Cell, net: str) -> list[_State]:
    """The cheapest way from any source to `target`, arriving along x; empty when there is none."""
    goal_x, goal_y = grid.point(target)
    best = dict(sources)
    came: dict[_State, _State] = {}
    queue = [(cost + _least(grid, state, goal_x, goal_y), cost, state) for state, cost in sources.items()]
    heapq.heapify(queue)
    goal = (*target, 0)
    while queue:
        _, cost, state = heapq.heappop(queue)
        if cost > best[state]:
            continue
        if state == goal:
            path = [state]
            while path[-1] in came:
                path.append(came[path[-1]])
            return path[::-1]
        for following, step in grid.steps(state, net):
            total = cost + step
            if total < best.get(following, float("inf")):
                best[following] = total
                came[following] = state
                heapq.heappush(queue, (total + _least(grid, following, goal_x, goal_y), total, following))
    return []


def _least(grid: Grid, state: _State, goal_x: float, goal_y: float) -> float:
    """What the rest of the way costs at least: its length, and the bends without which the goal is not reached."""
    ahead, aside = goal_x - grid.xs[state[0]], abs(goal_y - grid.ys[state[1]])
    bends = 1 if state[2] else 2 if aside else 0
    return (ahead if ahead >= 0 else -_BACK * ahead) + aside + _BEND * bends


def route_net(grid: Grid, net: str, parent: Box, children: Mapping[str, Box]) -> dict[str, list[Point]]:
    """A path in pixels from `parent` to each child; later ones branch off earlier ones.

    Raises:
        ValueError: a child cannot be reached; its box touches another.
    """
    doors = grid.doors(parent)
    before: dict[_State, _State | None] = {}
    paths: dict[str, list[Point]] = {}
    nearest = sorted(children.items(), key=lambda item: (_distance(parent, item[1]), item[0]))
    for child, box in nearest:
        sources = dict.fromkeys(doors, 0.0)
        for column, row, heading in before:
            sources.setdefault((column, row, heading), _BRANCH)
        way = _search(grid, sources, grid.entry(box), net)
        if not way:
            raise ValueError(f"no way from {net!r} to {child!r}")
        # Every state of the tree is a source, so only the first can lie on it.
        before.setdefault(way[0], None)
        before |= dict(zip(way[1:], way, strict=False))
        _mark(grid, way, net)
        paths[child] = _pixels(grid, doors, before, way[-1], box)
    return paths


def _distance(parent: Box, child: Box) -> float:
    return abs(child.left - parent.right) + abs(child.middle - parent.middle)


def _mark(grid: Grid, way: Sequence[_State], net: str) -> None:
    for here, following in zip(way, [*way[1:], way[-1]], strict=True):
        grid.used.setdefault(here, set()).add(net)
        grid.used.setdefault((here[0], here[1], following[2]), set()).add(net)


def _pixels(
    grid: Grid, doors: Mapping[_State, Point], before: Mapping[_State, _State | None], last: _State, box: Box
) -> list[Point]:
    """The corners of the path that ends in `last`, from the parent's border to the child's."""
    chain = [last]
    while (earlier := before[chain[-1]]) is not None:
        chain.append(earlier)
    points = [grid.point(state[:2]) for state in reversed(chain)]
    start = doors.get(chain[-1])
    return corners(([start] if start else []) + points + [(box.left, points[-1][1])])


def corners(points: Sequence[Point]) -> list[Point]:
    """The polyline without repeated points and without those that lie on a straight stretch."""
    kept: list[Point] = []
    for point in points:
        if kept and kept[-1] == point:
            continue
        if len(kept) > 1 and any(kept[-2][axis] == kept[-1][axis] == point[axis] for axis in (0, 1)):
            kept[-1] = point
        else:
            kept.append(point)
    return kept
