"""Layouts with a shape of their own: what data enter and leave above, two tracks side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from clados.drawing.channels import Point
from clados.drawing.layout.direction import Directed
from clados.drawing.layout.joins import R
from clados.drawing.layout.nodes import (
    ARROW,
    HEAD,
    PAD,
    Drawable,
    Extent,
    InColumn,
    Ports,
    counts_width,
    draw_frame,
    frame_title_width,
)
from clados.drawing.layout.parts import LOWER, PartBox
from clados.drawing.layout.sheet import Sheet
from clados.drawing.svg import Box

_FOOT = PAD + 4  # in a frame of two tracks, below what is in it
OVER = 2 * R + 1.5 * ARROW  # from a branch up to where its line goes on, past the sum


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
        titles = max((frame_title_width(frame.title) - PAD for frame in titled), default=0.0)
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
        for frame in self.frames if self.direction == "right" else ():  # its title stands along the flow there
            rows = slice(frame.first, frame.last + 1)
            params = sum(node.params for row in self.rows[rows] for node in row.nodes)
            found[frame.last] += max(0.0, frame_title_width(frame.title) + counts_width(params) - _long(found[rows]))
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
        return Extent(left + a + b + self.gap + c + d + right, _long(self._tall), left + a)

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


def _long(rows: Sequence[float]) -> float:
    """Rows and the arrows between them."""
    return sum(rows) + ARROW * (len(rows) - 1)


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
        x, edge = (start.right, end.left) if from_left else (start.left, end.right)
        y = start.middle if end.top + 8 < start.middle < end.bottom - 8 else end.middle
        points = ((x, start.middle), ((x + edge) / 2, start.middle), ((x + edge) / 2, y), (edge, y))
    sheet.line(key, across.about, points)
    if across.label:
        sheet.over(((points[0][0] + points[1][0]) / 2, points[0][1]), across.label)
