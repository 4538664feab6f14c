"""Arrows across a drawing: from the top of one column to a box of another, and from what stands beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from clados.drawing.channels import Point
from clados.drawing.layout.joins import Side
from clados.drawing.layout.nodes import NOTE, Drawable, Extent, Ports
from clados.drawing.layout.sheet import Sheet
from clados.drawing.svg import Box

ABOVE, BELOW = 22.0, 16.0  # room over a column whose top goes elsewhere, or below one


@dataclass(frozen=True)
class Beside(Drawable):
    """A node, and what stands beside it, each with an arrow to boxes in it: biases of scores, a memory."""

    inner: Drawable
    beside: tuple[tuple[Drawable, tuple[str, ...]], ...]  # what, and the keys of the boxes that read it
    side: Side = "right"
    gap: float = 34.0

    @property
    def inside(self) -> tuple[Drawable, ...]:
        return (self.inner, *(node for node, _ in self.beside))

    @cached_property
    def extent(self) -> Extent:
        inner, room = self.inner.extent, max(node.extent.width for node, _ in self.beside) + self.gap
        return Extent(inner.width + room, inner.height, inner.axis + (room if self.side == "left" else 0))

    def draw(self, sheet: Sheet, left: float, top: float) -> Ports | None:
        size, inner = self.extent, self.inner.extent
        at_right = self.side == "right"
        ports = self.inner.draw(sheet, left if at_right else left + size.width - inner.width, top)
        bottom = top + size.height
        for node, keys in self.beside:
            targets = [sheet.anchors[key] for key in keys if key in sheet.anchors]
            height = node.extent.height
            wanted = targets[0].middle - height / 2 if targets else bottom - height
            y = min(wanted, bottom - height)
            bottom = y - 10
            x = left + size.width - node.extent.width if at_right else left + size.width - inner.width - self.gap
            x -= 0 if at_right else node.extent.width
            node.draw(sheet, x, y)
            edge = x if at_right else x + node.extent.width
            bus = edge - 14 if at_right else edge + 14
            for target in targets:
                end = target.right if at_right else target.left
                aim = target.middle
                start = min(max(aim, y + 6), y + height - 6)
                points: tuple[Point, ...] = ((edge, start), (bus, start), (bus, aim), (end, aim))
                sheet.line("beside", "read by attention", points if start != aim else (points[0], points[-1]))
        return ports


@dataclass(frozen=True)
class Link:
    """An arrow from the top (or bottom) of what has one key to a side of what has others."""

    start: str
    ends: tuple[str, ...]
    label: str = ""
    about: str = "read"
    leaves: str = "top"
    enters: str = "left"
    near: float = 30.0  # from the arrow's tip to where it turns
    dashed: bool = False


@dataclass(frozen=True)
class Linked(Drawable):
    """A node with arrows across it."""

    inner: Drawable
    links: tuple[Link, ...]
    above: float = ABOVE

    @property
    def inside(self) -> tuple[Drawable, ...]:
        return (self.inner,)

    @cached_property
    def extent(self) -> Extent:
        inner = self.inner.extent
        below = BELOW if any(link.leaves == "bottom" for link in self.links) else 0
        return Extent(inner.width, inner.height + self.above + below, inner.axis)

    def draw(self, sheet: Sheet, left: float, top: float) -> Ports | None:
        ports = self.inner.draw(sheet, left, top + self.above)
        for link in self.links:
            _link(sheet, link)
        return ports


def _link(sheet: Sheet, link: Link) -> None:
    start, ends = sheet.anchors[link.start], [sheet.anchors[key] for key in link.ends if key in sheet.anchors]
    if not ends:
        return
    middle = start.left + start.width / 2
    begin = (middle, start.top if link.leaves == "top" else start.bottom)
    turn = begin[1] - 12 if link.leaves == "top" else begin[1] + 12
    if link.leaves == "top":
        begin = sheet.exits.get(link.start, begin)  # below what a column's last wire says
    if link.leaves in ("left", "right"):
        begin = (start.right if link.leaves == "right" else start.left, start.middle)
        turn = start.middle
    for i, end in enumerate(ends):
        sheet.line(link.start, link.about, _route(begin, turn, end, link), dashed=link.dashed)
        if link.label and not i:
            x = end.left - link.near - 6 if link.enters == "left" else end.right + link.near + 6
            anchor = "end" if link.enters == "left" else "start"
            sheet.label(x, end.middle - 10, link.label, size=NOTE, anchor=anchor)


def _route(begin: Point, turn: float, end: Box, link: Link) -> Sequence[Point]:
    if link.enters in ("top", "bottom"):
        x = end.left + end.width / 2
        return (begin, (begin[0], turn), (x, turn), (x, end.top if link.enters == "top" else end.bottom))
    edge = end.left if link.enters == "left" else end.right
    lane = edge - link.near if link.enters == "left" else edge + link.near
    aim = end.middle
    return (begin, (begin[0], turn), (lane, turn), (lane, aim), (edge, aim))
