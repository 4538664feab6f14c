"""Edges around boxes that stand in rows: each parent's lines are one tree, in the channels between the rows.

Every edge is led from channel to channel through a free column of each row it has to cross, from the parent or from
where the parent's tree comes nearest; the work grows with edges times rows. `channels` then gives the lines tracks.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from clados.drawing.columns import COLUMN, Columns, Corner, straightened

_BEND = 12.0  # what a bend costs, in pixels of detour
_CROSS = 30.0  # crossing an edge of another parent
_BACK = 2.5  # going back in time, per pixel
_BRANCH = 3.0  # leaving a track of one's own
_AGAIN = 24.0  # leaving the parent anew
_DOOR = 14.0  # leaving or entering a box above or below
_ROW = 27.0  # a row, about
_BEAM = 6  # ways that are followed at once
_STUB = 3.0  # least distance of a line up or down from the box that it leaves or enters at its side
_EDGE = 6.0  # from a box's corner to the first door above or below, and between a box and a line that passes it
_LIFTS = (0.0, -3.5, 3.5, -6.0, 6.0, -1.75, 1.75, -4.75, 4.75)  # from a row's middle; lines that enter or leave a box


class Seat(NamedTuple):
    """A box in its row, and how far the row is free beside it, in pixels."""

    row: int
    left: float
    right: float
    free_left: float
    free_right: float

    @property
    def level(self) -> int:
        return 2 * self.row + 1


@dataclass(frozen=True)
class Net:
    """A parent's edges of one kind; for each child whether this is its first parent."""

    name: str
    parent: str
    children: Mapping[str, bool]


class _Way(NamedTuple):
    """A way that is being found: what it costs so far, its column, and its corners, the last one first."""

    cost: float
    column: int
    corner: Corner
    before: "_Way | Sequence[Corner]"

    def corners(self) -> tuple[list[Corner], int]:
        """All corners, and how many of them belong to what the way branched off."""
        found, way = [self.corner], self.before
        while isinstance(way, _Way):
            found.append(way.corner)
            way = way.before
        return [*way, *straightened(reversed(found))], len(way)


class EdgeRouter:
    """Finds a way for one net after another around boxes in rows.

    Args:
        rows: for each row, from left to right, the boxes' ids with their left and right edges.
        left, right: the columns for lines lie between, in pixels.
        height: of a box.
    """

    def __init__(
        self, rows: Sequence[Sequence[tuple[str, float, float]]], left: float, right: float, height: float
    ) -> None:
        self._columns = Columns(left, right, [[box[1:] for box in row] for row in rows])
        self._last = self._columns.at(right)
        self._seats: dict[str, Seat] = {}
        for number, row in enumerate(rows):
            ends = [left - _EDGE, *(box[2] for box in row)]
            starts = [*(box[1] for box in row[1:]), right + _EDGE]
            for (name, begin, end), before, after in zip(row, ends, starts, strict=False):
                self._seats[name] = Seat(number, begin, end, before, after)
        self._half = height / 2
        self._in_rows: dict[int, list[tuple[float, float, float, str]]] = defaultdict(list)

    def route(self, net: Net) -> dict[str, list[Corner]]:
        """The corners from the parent to each child; later ones branch off earlier ones."""
        parent = self._seats[net.parent]
        grown: list[tuple[list[Corner], Corner]] = []  # of the net's tree: the corners up to a piece's start, its end
        found = {}
        for child in sorted(net.children, key=lambda each: (self._distance(parent, self._seats[each]), each)):
            corners, own = self._way(net, parent, self._seats[child], grown, first=net.children[child])
            self._take(net.name, corners, own)
            grown += [(corners[: i + 1], corners[i + 1]) for i in range(own, len(corners) - 1)]
            found[child] = straightened(corners)
        return found

    def in_order(self, nets: Iterable[Net]) -> list[Net]:
        """The nets, those first whose boxes are near each other: they have the least choice."""

        def extent(net: Net) -> float:
            return sum(self._distance(self._seats[net.parent], self._seats[child]) for child in net.children)

        return sorted(nets, key=lambda net: (extent(net), net.name))

    def _distance(self, parent: Seat, child: Seat) -> float:
        return abs(child.left - parent.right) + _ROW * abs(child.row - parent.row)

    def _way(
        self, net: Net, parent: Seat, child: Seat, grown: Sequence[tuple[list[Corner], Corner]], *, first: bool
    ) -> tuple[list[Corner], int]:
        """The cheapest way to the child: its corners, and how many of them are of the net's tree."""
        ways = [*self._straight(net, parent, child, grown, first=first)]
        for step in (1, -1):
            starts = [*self._branches(child, grown, step), *self._exits(net, parent, child, step, fresh=not grown)]
            for way in self._pass(net, starts, child, step):
                ways += self._entries(net, way, child, step, first=first)
        return min(ways, key=lambda way: way.cost).corners()

    # ------------------------------------------------------------ where a way begins

    def _straight(
        self, net: Net, parent: Seat, child: Seat, grown: Iterable[tuple[list[Corner], Corner]], *, first: bool
    ) -> Iterable[_Way]:
        """Along the child's row: from the parent when it stands before it, from a line of the net that passes it."""
        wish = _LIFTS if first else _LIFTS[1:] + _LIFTS[:1]
        if parent.row == child.row and parent.free_right == child.left:
            begin = Corner(parent.right, child.level, self._lift(net, child.row, parent.right, child.left, _LIFTS))
            yield self._ends(_Way(0.0, 0, begin, ()), child)
        for before, end in grown:
            x, low, high = before[-1].x, *sorted((before[-1].level, end.level))
            if x == end.x and low < child.level < high and child.free_left < x < child.left:
                branch = Corner(x, child.level, self._lift(net, child.row, x, child.left, wish))
                yield self._ends(_Way(_BRANCH + child.left - x, 0, branch, before), child)

    def _ends(self, way: _Way, child: Seat) -> _Way:
        return _Way(way.cost, way.column, Corner(child.left, child.level, way.corner.lift), way)

    def _branches(self, child: Seat, grown: Iterable[tuple[list[Corner], Corner]], step: int) -> list[_Way]:
        """Where the net's tree comes next to the child, on this side of its row: the three best places."""
        near, found = child.level - step, []
        for before, end in grown:
            start = before[-1]
            low, high = sorted((start.level, end.level))
            x = start.x
            if start.level == end.level:
                if low % 2:  # within the parent's row: that is an exit
                    continue
                left, right = sorted((start.x, end.x))
                x = min(max(child.left - _EDGE, left), right)
            low, high = low + low % 2, high - high % 2
            level = min(high, near) if step > 0 else max(low, near)
            if low <= level <= high and (near - level) * step >= 0:
                goal = child.left - _EDGE
                far = abs(near - level) / 2 * _ROW + max(goal - x, _BACK * (x - goal))
                column = self._columns.at(x)
                found.append((far, _Way(_BRANCH, column, Corner(self._columns.x(column), level), before)))
        return [way for _, way in sorted(found, key=lambda each: (each[0], each[1].corner))[:3]]

    def _exits(self, net: Net, parent: Seat, child: Seat, step: int, *, fresh: bool) -> Iterable[_Way]:
        """Out of the parent, to its right or by a door above or below; the dearer when the net has left it before."""
        cost = 0.0 if fresh else _AGAIN
        side = -step if parent.row == child.row else step
        level = parent.level + side
        if (child.level - step - level) * step < 0:
            return
        columns, goal = self._columns, self._columns.at(child.left - _EDGE)
        first, last = columns.between(parent.right + _STUB, parent.free_right - _STUB)
        if first <= last:
            near = {
                *columns.nearest(parent.level, net.name, first, first, last),
                *columns.nearest(parent.level, net.name, goal, first, last),
            }
            for column in sorted(near):
                x = columns.x(column)
                lift = self._lift(net, parent.row, parent.right, x, _LIFTS)
                begin = _Way(0.0, column, Corner(parent.right, parent.level, lift), ())
                turn = _Way(0.0, column, Corner(x, parent.level, lift), begin)
                own = min(cost, _BRANCH) if columns.owned(parent.level, net.name, column) else cost
                yield _Way(own + x - parent.right + _BEND, column, Corner(x, level), turn)
        first, last = columns.between(parent.left + _EDGE, parent.right - _EDGE)
        for column in columns.nearest(level, net.name, goal, first, last, share=True):
            x = columns.x(column)
            begin = _Way(0.0, column, Corner(x, parent.level, side * self._half), ())
            yield _Way(cost + _DOOR, column, Corner(x, level), begin)

    # ------------------------------------------------------------ from channel to channel

    def _pass(self, net: Net, starts: Iterable[_Way], child: Seat, step: int) -> Iterable[_Way]:
        """Ways from the starts to the channel beside the child's row, through a column of every row between."""
        goal, end = self._columns.at(child.left - _EDGE), child.level - step
        waiting: dict[int, list[_Way]] = defaultdict(list)
        for way in starts:
            waiting[way.corner.level].append(way)
        if not waiting:
            return []
        ways: list[_Way] = []
        for level in range(min(waiting, key=lambda level: level * step), end, 2 * step):
            ways = self._through(net, [*ways, *waiting[level]], level, step, goal)
        return [*ways, *waiting[end]]

    def _through(self, net: Net, ways: Iterable[_Way], level: int, step: int, goal: int) -> list[_Way]:
        """The ways gone on from a channel to the next, by the columns next to them and next to their goal: the best."""
        columns, row, end = self._columns, level + step, level + 2 * step
        in_row, in_channel = columns.lines[row], columns.lines[end]
        toward = columns.nearest(row, net.name, goal, 0, self._last, share=True)
        best: dict[int, tuple[float, _Way]] = {}
        for way in ways:
            for column in {*columns.nearest(row, net.name, way.column, 0, self._last, share=True), *toward}:
                cost = self._along(way, level, column) + _CROSS * (in_row[column] + in_channel[column])
                if column not in best or cost < best[column][0]:
                    best[column] = cost, way
        ranks = sorted((cost + self._ahead(column, goal), column) for column, (cost, _) in best.items())
        return [self._turned(*best[column], level, column, end) for _, column in ranks[:_BEAM]]

    def _turned(self, cost: float, way: _Way, level: int, column: int, end: int) -> _Way:
        """The way gone along a channel to the column, and on it to the level `end`."""
        x = self._columns.x(column)
        turned = way if column == way.column else _Way(way.cost, way.column, Corner(x, level), way)
        return _Way(cost, column, Corner(x, end), turned)

    def _along(self, way: _Way, level: int, column: int) -> float:
        """What the way costs once it has gone along a channel to another column."""
        if column == way.column:
            return way.cost
        crossed = self._columns.crossed(level, way.column, column)
        return way.cost + self._ahead(way.column, column) + 2 * _BEND + _CROSS * crossed

    def _ahead(self, column: int, goal: int) -> float:
        return COLUMN * (goal - column if goal >= column else _BACK * (column - goal))

    # ------------------------------------------------------------ where it ends

    def _entries(self, net: Net, way: _Way, child: Seat, step: int, *, first: bool) -> Iterable[_Way]:
        """From the channel beside the child's row into the child: from its left, or by a door above or below."""
        columns, level = self._columns, child.level - step
        low, high = columns.between(child.free_left + _STUB, child.left - _STUB)
        if low <= high:
            near = {
                *columns.nearest(child.level, net.name, way.column, low, high),
                *columns.nearest(child.level, net.name, high, low, high),
            }
            for column in sorted(near):
                side = _LIFTS if first else (-3.5 * step, -6.0 * step, *_LIFTS)
                lift = self._lift(net, child.row, columns.x(column), child.left, side)
                cost = self._along(way, level, column) + child.left - columns.x(column) + _BEND
                turned = self._turned(cost, way, level, column, child.level)
                yield self._ends(turned._replace(corner=turned.corner._replace(lift=lift)), child)
        low, high = columns.between(child.left + _EDGE, child.right - _EDGE)
        for column in columns.nearest(level, net.name, way.column, low, high, share=True):
            turned = self._turned(self._along(way, level, column) + _DOOR, way, level, column, child.level)
            yield turned._replace(corner=turned.corner._replace(lift=-step * self._half))

    def _lift(self, net: Net, row: int, left: float, right: float, wish: Iterable[float]) -> float:
        """How far from the row's middle a line can run between two points without lying on one of another net."""
        others = {
            lift for lift, start, end, name in self._in_rows[row] if name != net.name and start < right and left < end
        }
        return next((lift for lift in wish if lift not in others), 0.0)

    def _take(self, net: str, corners: Sequence[Corner], own: int) -> None:
        """Marks what a way takes that its net had not taken before."""
        for start, end in pairwise(corners[own:]):
            if start.x == end.x:
                self._columns.run_down(net, self._columns.at(start.x), start.level, end.level)
                continue
            left, right = sorted((start.x, end.x))
            self._columns.run_along(start.level, self._columns.at(left), self._columns.at(right))
            if start.level % 2:
                self._in_rows[(start.level - 1) // 2].append((start.lift, left, right, net))
