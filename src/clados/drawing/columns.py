"""Where lines may run up and down between boxes in rows: columns, and what already lies on them.

A level is a row of boxes or a channel between two of them: row r is level 2 r + 1, the channels above and below it are
levels 2 r and 2 r + 2.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

COLUMN = 3.0  # pixels from column to column; lines keep two of them apart where there is room
_FREE, _BESIDE, _TAKEN, _BOX = range(4)


class Corner(NamedTuple):
    """A corner of a line: on a level; within a row, so many pixels below its middle."""

    x: float
    level: int
    lift: float = 0.0


def straightened(corners: Iterable[Corner]) -> list[Corner]:
    """The line without repeated corners and without those that lie on a straight stretch."""
    kept: list[Corner] = []
    for corner in corners:
        if kept and kept[-1] == corner:
            continue
        if len(kept) > 1 and (kept[-2].x == kept[-1].x == corner.x or kept[-2][1:] == kept[-1][1:] == corner[1:]):
            kept[-1] = corner
        else:
            kept.append(corner)
    return kept


class Columns:
    """Columns over [`left`, `right`] (pixels) through rows of boxes, each given as its left and right edge.

    Attributes:
        lines: for each level and column, how many lines run along the level there.
    """

    def __init__(self, left: float, right: float, rows: Sequence[Iterable[tuple[float, float]]]) -> None:
        self._left = left
        count = int((right - left) / COLUMN) + 1
        self.lines = [[0] * count for _ in range(2 * len(rows) + 1)]
        # Of a row: what a line that comes from one channel and leaves by the other would meet in all three.
        self._marks = [bytearray(count) for _ in self.lines]
        self._owners: list[dict[int, str]] = [{} for _ in self.lines]
        for row, boxes in enumerate(rows):
            for box_left, box_right in boxes:
                first, last = self.between(box_left - COLUMN + 0.01, box_right + COLUMN - 0.01)
                self._marks[2 * row + 1][first : last + 1] = bytes([_BOX]) * (last + 1 - first)

    def x(self, column: int) -> float:
        """The column in pixels."""
        return self._left + COLUMN * column

    def at(self, x: float) -> int:
        """The column next to `x`."""
        return min(max(round((x - self._left) / COLUMN), 0), len(self.lines[0]) - 1)

    def between(self, left: float, right: float) -> tuple[int, int]:
        """The first and the last column within [`left`, `right`]; the last is the smaller one where there is none."""
        first = max(-int((self._left - left) // COLUMN), 0)
        return first, min(int((right - self._left) // COLUMN), len(self.lines[0]) - 1)

    def nearest(self, level: int, net: str, column: int, first: int, last: int, *, share: bool = False) -> list[int]:
        """The columns next to `column`, on either side, on which a line of the net may run through the level.

        Where no column stands two steps from other lines, one beside a line will do, and with `share` one on a line.
        """
        marks = self._marks[level]
        column = min(max(column, first), last)
        if first <= last and marks[column] in (_BESIDE, _TAKEN) and self._only_near(level, net, column):
            return [column]
        for mark in (_FREE, _BESIDE, _TAKEN) if share else (_FREE, _BESIDE):
            right = marks.find(mark, column, last + 1)
            if right == column:
                return [column]
            found = [each for each in (marks.rfind(mark, first, column + 1), right) if each >= 0]
            if found:
                return found
        return []

    def owned(self, level: int, net: str, column: int) -> bool:
        """Whether a line of the net runs on the column through the level, or turns there."""
        return self._owners[level].get(column) == net

    def _only_near(self, level: int, net: str, column: int) -> bool:
        """Whether the lines that the column meets in the level, or has beside it, are all of the net."""
        return all(
            self._owners[each].get(near, net) == net
            for each in ((level - 1, level, level + 1) if level % 2 else (level,))
            for near in (column - 1, column, column + 1)
        )

    def crossed(self, level: int, start: int, end: int) -> int:
        """How many lines a line along the level meets between two columns."""
        low, high = sorted((start, end))
        return self._marks[level].count(_TAKEN, low + 1, high) if low < high else 0

    def run_down(self, net: str, column: int, start: int, end: int) -> None:
        """A line of the net runs on the column between two levels, both included."""
        for level in range(min(start, end), max(start, end) + 1):
            self._owners[level][column] = net
            self._mark(level, column)
            if level % 2 == 0:
                self._mark(level - 1, column)
                self._mark(level + 1, column)

    def _mark(self, level: int, column: int) -> None:
        if not 0 <= level < len(self._marks):
            return
        marks = self._marks[level]
        for each, mark in ((column - 1, _BESIDE), (column, _TAKEN), (column + 1, _BESIDE)):
            if 0 <= each < len(marks) and marks[each] < mark:
                marks[each] = mark

    def run_along(self, level: int, start: int, end: int) -> None:
        """A line runs along the level between two columns, both included."""
        lines = self.lines[level]
        for column in range(min(start, end), max(start, end) + 1):
            lines[column] += 1
