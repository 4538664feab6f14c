"""A U of levels: what each keeps goes across; what every block reads, and a text that some attend to, run around it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

from clados.drawing.channels import Point
from clados.drawing.layout.joins import R, sum_at
from clados.drawing.layout.nodes import Drawable, Extent, Ports
from clados.drawing.layout.parts import PartBox
from clados.drawing.layout.sheet import NOTE, Sheet, label_width
from clados.drawing.svg import Box

INDENT, BETWEEN = 20.0, 64.0  # from level to level; between the two sides at the lowest
FALL = 22.0  # from a level to the next
_MARGIN = 46.0  # left and right of the levels, where lines run along
_OUTER, _INNER = 6.0, 22.0  # in it, from its outer edge: the text's line, the step's
_APART = 9.0  # of the two arrows into a box, from its middle
_BELOW, _NEXT = 18.0, 13.0  # from the lowest level to the step's line, and on to the text's
_ROW, _STACK = 20.0, 10.0  # from there to what is read; between what stands one below the other
_REACH = 30.0  # from a sum to what is added
_ABOVE, _TITLE = 16.0, 110.0  # in a flow to the right: over the levels, where a text enters right of the title


@dataclass(frozen=True)
class UShape(Drawable):
    """Levels down on the left and up on the right, what each keeps going across; data enter and leave above."""

    key: str
    down: tuple[PartBox, ...]  # the highest first
    middle: PartBox
    up: tuple[PartBox, ...]  # the highest first
    step: PartBox  # what every level reads
    vectors: tuple[PartBox, ...] = ()  # what is added to it
    readers: frozenset[str] = frozenset()  # the keys of all that read a text, whose line ends at ``KEY.text``
    kept: str = "skip connection"
    bare: int = 0  # so many of the highest keep nothing and read nothing

    @property
    def inside(self) -> tuple[Drawable, ...]:
        return (*self.down, self.middle, *self.up, self.step, *self.vectors)

    @cached_property
    def _heights(self) -> list[float]:
        return [max(a.extent.height, b.extent.height) for a, b in zip(self.down, self.up)]

    @cached_property
    def _wide(self) -> float:
        return max(node.extent.width for node in (*self.down, *self.up))

    @cached_property
    def _first(self) -> float:
        """Height of the row in which the step and the first vector stand."""
        return max(node.extent.height for node in (self.step, *self.vectors[:1]))

    @cached_property
    def _foot(self) -> float:
        """Height of all below the middle."""
        further = sum(node.extent.height + _STACK for node in self.vectors[1:])
        return _BELOW + (_NEXT if self.readers else 0.0) + _ROW + self._first + further

    def turned(self) -> Self:
        """A U stands upright in a flow to the right too: data enter at its left and leave at its right."""
        return replace(self, direction="right")

    @cached_property
    def extent(self) -> Extent:
        width = 2 * self._wide + BETWEEN + 2 * INDENT * (len(self.down) - 1) + 2 * _MARGIN
        height = sum(self._heights) + FALL * len(self._heights) + self.middle.extent.height + self._foot
        if self.direction == "up":
            return Extent(width, height, _MARGIN + self._wide / 2)
        return Extent(height + _ABOVE, width, _ABOVE + self._heights[0] / 2)

    def draw(self, sheet: Sheet, left: float, top: float) -> Ports:
        size = self.extent
        if self.direction == "up":
            self._upright(sheet, left, top)
            enters = left + size.axis
            return Ports((enters, top), (left + size.width - size.axis, top))
        area, axis = sheet.area(Box(left, top, size.width, size.height)), left + size.axis
        with sheet.upright():
            replace(self, direction="up")._upright(sheet, area.left, area.top + _ABOVE, (area.left + _TITLE, area.top))
            ends, y = [sheet.anchors[each[0].key] for each in (self.down, self.up)], area.top + size.axis
            sheet.line(self.key, "data", ((area.left, y), (ends[0].left, y)))
            sheet.line(self.key, "data", ((ends[1].right, y), (area.right, y)), tip=False)
        return Ports((axis, top + size.height), (axis, top), tip=False)

    def _upright(self, sheet: Sheet, left: float, top: float, above: Point | None = None) -> None:
        """Draw it on the page; ``above``: where the text's line enters, else at the left of the first that reads it."""
        right, y = left + self.extent.width, top
        falls: list[Point] = []
        rises: list[Point] = []
        for i, (one, other, height) in enumerate(zip(self.down, self.up, self._heights)):
            x, z = left + _MARGIN + i * INDENT, right - _MARGIN - i * INDENT - other.extent.width
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
        size = self.middle.extent
        x, level = (left + right - size.width) / 2, y + size.height / 2
        self.middle.draw(sheet, x, y)
        sheet.line(self.key, "data", (falls[-1], (falls[-1][0], level), (x, level)))
        sheet.line(self.key, "data", ((x + size.width, level), (rises[-1][0], level), rises[-1]))
        self._read(sheet, left, right, y + size.height, above)

    def _across(self, sheet: Sheet, ends: tuple[float, float], y: float, level: int) -> None:
        """What a level keeps on the way down, to the one that answers it."""
        sheet.line(f"{self.key}.kept.{level}", self.kept, ((ends[0], y), (ends[1], y)), dashed=True)
        if level == self.bare and label_width(self.kept, NOTE) < ends[1] - ends[0] - 16:
            sheet.label((ends[0] + ends[1]) / 2, y - 5, self.kept, size=NOTE, anchor="middle")

    def _read(self, sheet: Sheet, left: float, right: float, y: float, above: Point | None) -> None:
        """What is read stands below the middle; its lines run around the levels."""
        along = y + _BELOW
        start = self._conditions(sheet, (left + right) / 2, along + (_NEXT if self.readers else 0.0) + _ROW)
        middle = sheet.anchors[self.middle.key]
        sheet.line(f"{self.key}.step", "read by every block", (start, (start[0], middle.bottom)), kind="position")
        for x, levels in ((left + _INNER, self.down), (right - _INNER, self.up)):
            boxes = [sheet.anchors[each.key] for each in levels[self.bare :]]
            self._rail(sheet, "step", "read by every block", x, boxes, (start[0], along), kind="position")
        if self.readers:
            self._text(sheet, left + _OUTER, right - _OUTER, along + _NEXT, above)

    def _conditions(self, sheet: Sheet, axis: float, top: float) -> Point:
        """The step and what is added to it; and where the line from them begins."""
        size, key = self.step.extent, f"{self.key}.step"
        if not self.vectors:
            self.step.draw(sheet, axis - size.width / 2, top)
            return axis, top
        y = top + self._first / 2
        self.step.draw(sheet, axis - R - _REACH - size.width, y - size.height / 2)
        sheet.line(key, "added", ((axis - R - _REACH, y), (axis - R, y)), kind="position")
        low = top + self._first
        for i, each in enumerate(self.vectors):
            edge, height = axis + R + _REACH, each.extent.height
            at = low + _STACK + height / 2 if i else y
            each.draw(sheet, edge, at - height / 2)
            ways = ((edge, at), (axis, at), (axis, y + R)) if i else ((edge, at), (axis + R, at))
            sheet.line(key, "added", ways)
            low += (_STACK + height) if i else 0.0
        sum_at(sheet, f"{key}.sum", (axis, y))
        return axis, y - R

    def _text(self, sheet: Sheet, left: float, right: float, along: float, above: Point | None) -> None:
        """The line of a text's states, from where it enters to all that read it."""
        key, about = f"{self.key}.text", "the text's states, read by attention"
        for x, levels in ((left, self.down), (right, (*self.up, *self.vectors))):
            boxes = [sheet.anchors[each.key] for each in levels if each.key in self.readers]
            self._rail(sheet, "text", about, x, boxes, (left + (0 if x == right else 8), along))
            if x == left:
                at = (x, boxes[0].middle + _APART) if boxes else (x, along)
        if self.middle.key in self.readers:
            box = sheet.anchors[self.middle.key]
            x = box.left + 0.75 * box.width
            sheet.line(key, about, ((left, along), (x, along), (x, box.bottom)))
        if above:
            turn = above[1] + _ABOVE / 2
            sheet.line(key, about, (above, (above[0], turn), (left, turn), at), tip=False)
        sheet.anchors[key] = Box(*(above or at), 0, 0)

    def _rail(
        self, sheet: Sheet, name: str, about: str, x: float, boxes: Sequence[Box], start: Point, *, kind: str = ""
    ) -> None:
        """A line from a start to ``x``, along there, and into each of some boxes, the highest first."""
        for i, box in enumerate(boxes):
            edge = box.left if x < box.left else box.right
            y = box.middle + (0.0 if not self.readers else _APART if name == "text" else -_APART)
            turn = (x, start[1])
            ways = (start, turn) if not i else (turn,) if y > start[1] else ()
            sheet.line(f"{self.key}.{name}", about, (*ways, (x, y), (edge, y)), kind=kind)
