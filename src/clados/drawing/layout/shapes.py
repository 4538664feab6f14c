"""Layouts with a shape of their own: a U of levels, two tracks side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

from clados.drawing.channels import Point
from clados.drawing.layout.direction import Directed
from clados.drawing.layout.joins import R
from clados.drawing.layout.nodes import ARROW, HEAD, PAD, Drawable, Extent, InColumn, Ports, draw_frame
from clados.drawing.layout.parts import LOWER, PartBox
from clados.drawing.layout.sheet import NOTE, Sheet, label_width
from clados.drawing.svg import Box

INDENT, BETWEEN = 20.0, 64.0  # from level to level; between the two sides at the lowest
FALL = 22.0  # from a level to the next
_FOOT = PAD + 4  # in a frame of two tracks, below what is in it
OVER = 2 * R + 1.5 * ARROW  # from a branch up to where its line goes on, past the sum


@dataclass(frozen=True)
class UShape(Drawable):
    """Levels down on the left and up on the right, what each keeps going across; data enter and leave above."""

    key: str
    down: tuple[Drawable, ...]  # the highest first
    middle: Drawable
    up: tuple[Drawable, ...]  # the highest first
    corners: tuple[Drawable | None, Drawable | None] = (None, None)  # what stands below the levels, left and right
    kept: str = "kept on the way down"
    bare: int = 0  # so many of the highest keep nothing

    @property
    def inside(self) -> tuple[Drawable, ...]:
        return (*self.down, self.middle, *self.up, *(each for each in self.corners if each))

    @cached_property
    def _heights(self) -> list[float]:
        return [max(a.extent.height, b.extent.height) for a, b in zip(self.down, self.up)]

    @cached_property
    def _wide(self) -> float:
        return max(node.extent.width for node in (*self.down, *self.up))

    @cached_property
    def _lowest(self) -> float:
        """Height of what stands below the levels."""
        return max(node.extent.height for node in (self.middle, *self.corners) if node)

    def turned(self) -> Self:
        """A U stands upright in a flow to the right too: data enter at its left and leave at its right."""
        return replace(self, direction="right")

    @cached_property
    def extent(self) -> Extent:
        width = 2 * self._wide + BETWEEN + 2 * INDENT * (len(self.down) - 1)
        height = sum(self._heights) + FALL * len(self._heights) + self._lowest
        return Extent(width, height, self._wide / 2) if self.direction == "up" else Extent(height, width, self._entry)

    @property
    def _entry(self) -> float:
        """How far below the top of the page's U its highest level has its middle."""
        return self._heights[0] / 2

    def draw(self, sheet: Sheet, left: float, top: float) -> Ports:
        size = self.extent
        if self.direction == "up":
            return self._upright(sheet, left, top)
        area, axis = sheet.area(Box(left, top, size.width, size.height)), left + size.axis
        with sheet.upright():
            replace(self, direction="up")._upright(sheet, area.left, area.top)
        return Ports((axis, top + size.height), (axis, top))

    def _upright(self, sheet: Sheet, left: float, top: float) -> Ports:
        right, y = left + self.extent.width, top
        falls: list[Point] = []
        rises: list[Point] = []
        for i, (one, other, height) in enumerate(zip(self.down, self.up, self._heights)):
            x, z = left + i * INDENT, right - i * INDENT - other.extent.width
            one.draw(sheet, x, y)
            other.draw(sheet, z, y)
            down, up = x + one.extent.width / 2, z + other.extent.width / 2
            if falls:
                sheet.line(self.key, "to half the sides", ((down, falls[-1][1]), (down, y)))
                sheet.line(self.key, "to twice the sides", ((up, y), (up, rises[-1][1])))
            if i >= self.bare:
                self._across(sheet, (x + one.extent.width, z), y + height / 2, i)
            falls.append((down, y + one.extent.height))
            rises.append((up, y + other.extent.height))
            y += height + FALL
        self._below(sheet, left, y, falls[-1], rises[-1])
        return Ports((left + self._wide / 2, top), (right - self._wide / 2, top))

    def _across(self, sheet: Sheet, ends: tuple[float, float], y: float, level: int) -> None:
        """What a level keeps on the way down, to the one that answers it."""
        sheet.line(f"{self.key}.kept.{level}", self.kept, ((ends[0], y), (ends[1], y)), dashed=True)
        if level == self.bare and label_width(self.kept, NOTE) < ends[1] - ends[0] - 16:
            sheet.label((ends[0] + ends[1]) / 2, y - 5, self.kept, size=NOTE, anchor="middle")

    def _below(self, sheet: Sheet, left: float, y: float, falls: Point, rises: Point) -> None:
        """The lowest level between both sides, and the corners."""
        size = self.middle.extent
        x, level = left + (self.extent.width - size.width) / 2, y + self._lowest - size.height / 2
        self.middle.draw(sheet, x, level - size.height / 2)
        sheet.line(self.key, "data", (falls, (falls[0], level), (x, level)))
        sheet.line(self.key, "data", ((x + size.width, level), (rises[0], level), rises))
        one, other = self.corners
        if one:
            one.draw(sheet, left, y + self._lowest - one.extent.height)
        if other:
            right = left + self.extent.width - other.extent.width
            other.draw(sheet, right, y + self._lowest - other.extent.height)


@dataclass(frozen=True)
class TwoEnds(Drawable):
    """What data enter and leave above, with a column over each end: one down to it, one up from it.

    In a flow to the right one stands before it, one after it.
    """

    key: str
    inner: Drawable
    into: Drawable
    out: Drawable

    @property
    def inside(self) -> tuple[Drawable, ...]:
        return (self.into, self.inner, self.out)

    @cached_property
    def _above(self) -> float:
        return max(self.into.extent.height, self.out.extent.height) + 2 * ARROW

    @cached_property
    def _row(self) -> InColumn:
        """All three in the order of the data."""
        return InColumn((self.into, self.inner, self.out), self.key, 2 * ARROW, direction=self.direction)

    @cached_property
    def extent(self) -> Extent:
        inner = self.inner.extent
        return (
            Extent(inner.width, inner.height + self._above, inner.axis) if self.direction == "up" else self._row.extent
        )

    def draw(self, sheet: Sheet, left: float, top: float) -> Ports | None:
        if self.direction == "right":
            return self._row.draw(sheet, left, top)
        ports = self.inner.draw(sheet, left, top + self._above)
        if ports is None:
            return None
        for node, (x, y), enters in ((self.into, ports.entry, True), (self.out, ports.exit, False)):
            size, foot = node.extent, top + self._above - 2 * ARROW
            node.draw(sheet, x - size.axis, foot - size.height)
            sheet.line(self.key, "data", ((x, foot), (x, y)) if enters else ((x, y), (x, foot)))
        return ports


@dataclass(frozen=True)
class Track(Directed):
    """A row of two tracks: a node on the left one, on the right one, or on neither; or a box as wide as both."""

    left: Drawable | None = None
    right: Drawable | None = None
    both: PartBox | None = None

    @property
    def nodes(self) -> tuple[Drawable, ...]:
        """What stands in it."""
        return tuple(node for node in (self.left, self.right, self.both) if node)


@dataclass(frozen=True)
class Around:
    """A frame around rows of two tracks, from the first to the last."""

    key: str
    title: str
    about: str
    first: int
    last: int
    fold: str = ""  # what opens, or closes, when it is chosen


@dataclass(frozen=True)
class Across:
    """An arrow from one track's line, or a box of it, to a box of the other."""

    start: str  # the key of a box; or "left", "right": the line of that track
    end: str
    about: str
    label: str = ""
    over: str = ""  # the branch above which the arrow leaves its line, to come down on its end


@dataclass(frozen=True)
class Tracks(Drawable):
    """Two lines of data side by side, from below, and arrows between them."""

    key: str
    rows: tuple[Track, ...]
    frames: tuple[Around, ...] = ()
    across: tuple[Across, ...] = ()
    gap: float = 40.0

    @property
    def inside(self) -> tuple[Drawable, ...]:
        return tuple(node for row in self.rows for node in row.nodes)

    @property
    def folds(self) -> Mapping[str, str]:
        return {each.fold: each.title for each in self.frames if each.fold}

    @cached_property
    def _sides(self) -> tuple[float, float, float, float]:
        """How far the nodes reach from both lines: left and right of the left one, then of the right one."""
        one = [row.left.extent for row in self.rows if row.left]
        other = [row.right.extent for row in self.rows if row.right]
        titled = self.frames if self.direction == "up" else ()  # the left line passes the titles
        titles = max((label_width(frame.title, 13, bold=True) + 18 - PAD for frame in titled), default=0.0)
        return (
            max(titles, *(each.axis for each in one)), max(each.width - each.axis for each in one),
            max(each.axis for each in other), max(each.width - each.axis for each in other),
        )  # fmt: skip

    @cached_property
    def _tall(self) -> list[float]:
        found = []
        for i, row in enumerate(self._rows):
            height = max((node.extent.height for node in row.nodes), default=0.0)
            height += _FOOT * sum(frame.first == i for frame in self.frames)
            height += self._head * sum(frame.last == i for frame in self.frames)
            found.append(height)
        return found

    @cached_property
    def _rows(self) -> list[Track]:
        """The rows, their boxes as wide as both tracks."""
        width = sum(self._sides) + self.gap
        width /= 1 if self.direction == "up" else LOWER
        return [replace(row, both=row.both and replace(row.both, width=width)) for row in self.rows]

    @property
    def _head(self) -> float:
        """In a frame, above what is in it."""
        return HEAD + 6 if self.direction == "up" else _FOOT

    def _around(self, frame: Around) -> list[Around]:
        """The frames around a frame: of those before it, as one of the same rows stands in the other."""
        others = self.frames[: self.frames.index(frame)]
        return [each for each in others if each.first <= frame.first and frame.last <= each.last]

    @cached_property
    def _deep(self) -> int:
        """How many frames stand in each other."""
        return max((1 + len(self._around(frame)) for frame in self.frames), default=0)

    @cached_property
    def extent(self) -> Extent:
        a, b, c, d = self._sides
        left, right = (each * max(1, self._deep) for each in self._margins)
        return Extent(left + a + b + self.gap + c + d + right, sum(self._tall) + ARROW * (len(self.rows) - 1), left + a)

    @property
    def _margins(self) -> tuple[float, float]:
        """Left and right of the tracks, for each frame; in a flow to the right above, where its title is, and below."""
        return HEAD + 6 if self.frames and self.direction == "right" else PAD, PAD

    def draw(self, sheet: Sheet, left: float, top: float) -> Ports:
        a, b, c, _ = self._sides
        one = left + self.extent.axis
        other = one + b + self.gap + c
        y, ends, starts = top + self.extent.height, dict[float, Point](), dict[float, Ports]()
        edges: list[tuple[float, float]] = []
        for i, (row, height) in enumerate(zip(self._rows, self._tall)):
            below = y - _FOOT * sum(frame.first == i for frame in self.frames)
            edges.append((y - height, y))
            if row.both:
                row.both.draw(sheet, one - a, below - row.both.extent.height)
                for axis in (one, other):
                    if axis in ends:
                        sheet.line(self.key, "data", (ends[axis], (axis, below)))
                    ends[axis] = (axis, below - row.both.extent.height)
                    starts.setdefault(axis, Ports((axis, below), ends[axis]))
            for node, axis in ((row.left, one), (row.right, other)):
                if node is None:
                    continue
                ports = node.draw(sheet, axis - node.extent.axis, below - node.extent.height)
                if ports and axis in ends:
                    sheet.line(self.key, "data", (ends[axis], ports.entry), tip=ports.tip)
                if ports:
                    ends[axis] = ports.exit
                    starts.setdefault(axis, ports)
            y -= height + ARROW
        for frame in self.frames:
            self._frame(sheet, frame, left, edges[frame.last][0], edges[frame.first][1])
        for each in self.across:
            _cross(sheet, self.key, each, {"left": one, "right": other})
        return Ports(starts[one].entry, ends[one], starts[one].tip)

    def _frame(self, sheet: Sheet, frame: Around, left: float, top: float, foot: float) -> None:
        """A frame around its rows, within those around it."""
        around, (before, after) = self._around(frame), self._margins
        top += self._head * sum(each.last == frame.last for each in around)
        foot -= _FOOT * sum(each.first == frame.first for each in around)
        width = self.extent.width - len(around) * (before + after)
        params = sum(node.params for row in self.rows[frame.first : frame.last + 1] for node in row.nodes)
        area = sheet.area(Box(left + len(around) * before, top, width, foot - top))
        draw_frame(sheet, area, frame.key, frame.title, frame.about, params, fold=frame.fold)


def _cross(sheet: Sheet, key: str, across: Across, axes: dict[str, float]) -> None:
    end, start = sheet.anchor(across.end), sheet.anchor(across.start)
    over = sheet.anchor(across.over)
    assert end, f"{across.end} is not drawn"
    if over:
        x, y, middle = axes[across.start], over.top - OVER, end.left + end.width / 2
        points: Sequence[Point] = ((x, y), (middle, y), (middle, end.top))
    elif across.start in axes:
        x = axes[across.start]
        edge = end.right if x > end.right else end.left
        points = ((x, end.middle), (edge, end.middle))
    else:
        assert start, f"{across.start} is not drawn"
        from_left = start.right <= end.left
        points = (
            (start.right if from_left else start.left, start.middle),
            (end.left if from_left else end.right, end.middle),
        )
    sheet.line(key, across.about, points)
    if across.label:
        sheet.over(((points[0][0] + points[1][0]) / 2, points[0][1]), across.label)
