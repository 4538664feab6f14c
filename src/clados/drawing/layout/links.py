"""Arrows across a drawing: from the top of one column to a box of another, and from what stands beside it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

from clados.drawing.channels import Point
from clados.drawing.layout.direction import Directed
from clados.drawing.layout.joins import Side
from clados.drawing.layout.nodes import PAD, Drawable, Extent, Ports
from clados.drawing.layout.sheet import NOTE, NOTE_LINE, Sheet
from clados.drawing.svg import Box

AIR = 12.0  # from where one arrow might meet a side to the next place
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
            targets = [found for key in keys if (found := sheet.anchor(key))]
            height = node.extent.height
            wanted = targets[0].middle - height / 2 if targets else bottom - height
            y = min(wanted, bottom - height)
            bottom = y - 10
            edge = left + inner.width + self.gap if at_right else left + size.width - inner.width - self.gap
            node.draw(sheet, edge - (0 if at_right else node.extent.width), y)
            bus = edge - 14 if at_right else edge + 14
            for target in targets:
                end = target.right if at_right else target.left
                aim = target.middle
                start = min(max(aim, y + 6), y + height - 6)
                points: tuple[Point, ...] = ((edge, start), (bus, start), (bus, aim), (end, aim))
                sheet.line("beside", "read by attention", points if start != aim else (points[0], points[-1]))
        return ports


@dataclass(frozen=True)
class Link(Directed):
    """An arrow from the top (or bottom) of what has one key to a side of what has others."""

    start: str
    ends: tuple[str, ...]
    label: str = ""
    about: str = "read"
    leaves: str = "top"
    enters: str = "left"
    near: float = 30.0  # from the arrow's tip to where it turns
    dashed: bool = False
    tip: bool = True  # no: it goes on as another line
    shape: str = ""  # of what it carries, said with the label

    def turned(self) -> Self:
        """What goes down in a flow upwards is read to the right in one to the right."""
        return replace(super().turned(), leaves="top" if self.leaves == "bottom" else self.leaves)


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
    start, ends = sheet.anchor(link.start), [found for key in link.ends if (found := sheet.anchor(key))]
    if start is None or not ends:
        return
    middle = start.left + start.width / 2
    begin = (middle, start.top if link.leaves == "top" else start.bottom)
    turn = begin[1] - 12 if link.leaves == "top" else begin[1] + 12
    if link.leaves == "top":
        begin = sheet.laid(sheet.exits.get(link.start, sheet.page(begin)))  # below what a column's last wire says
    if link.leaves in ("left", "right"):
        begin = (start.right if link.leaves == "right" else start.left, start.middle)
        turn = start.middle
    for i, end in enumerate(ends):
        points = _route(sheet, begin, turn, end, link)
        sheet.line(link.start, link.about, points, tip=link.tip, dashed=link.dashed)
        if link.label and not i:
            edge = end.left if link.enters == "left" else end.right
            if sheet.direction == "right":
                sheet.over((edge, end.middle), f"{link.label} {link.shape}".strip(), link.enters)
                continue
            x = points[-2][0] + (-6 if link.enters == "left" else 6)
            anchor = "end" if link.enters == "left" else "start"
            for line, said in enumerate(filter(None, (link.label, link.shape))):
                sheet.label(x, end.middle - 10 + line * NOTE_LINE, said, size=NOTE, anchor=anchor)


def _route(sheet: Sheet, begin: Point, turn: float, end: Box, link: Link) -> Sequence[Point]:
    if link.enters in ("top", "bottom"):
        x = end.left + end.width / 2
        return (begin, (begin[0], turn), (x, turn), (x, end.top if link.enters == "top" else end.bottom))
    edge = end.left if link.enters == "left" else end.right
    for aim in _heights(end):
        lane = _lane(sheet, begin, turn, aim, end, link)
        if _is_free(sheet, (lane, aim), (edge, aim), end):
            break
    return (begin, (begin[0], turn), (lane, turn), (lane, aim), (edge, aim))


def _heights(end: Box) -> Iterator[float]:
    """Where an arrow may meet the side of a box: in its middle, else above or below it, at last in the middle again."""
    steps = range(int((end.height / 2 - AIR) // AIR))
    yield from (end.middle, *(end.middle + sign * AIR * (i + 1) for i in steps for sign in (-1, 1)), end.middle)


def _is_free(sheet: Sheet, start: Point, stop: Point, end: Box) -> bool:
    """Whether a line from one point to another before an end passes through no box but those around that."""
    boxes = [sheet.laid_area(each.box) for each in sheet.boxes]
    return not any(each.crossed_by(start, stop) for each in boxes if not _holds(each, end))


def _holds(outer: Box, inner: Box) -> bool:
    return (
        outer.left <= inner.left
        and inner.right <= outer.right
        and outer.top <= inner.top
        and inner.bottom <= outer.bottom
    )


def _lane(sheet: Sheet, begin: Point, turn: float, aim: float, end: Box, link: Link) -> float:
    """Where a link runs along: beside its end, and beside what stands around that, if it began outside of it."""
    at_left, away = link.enters == "left", max(link.near - PAD, 8.0)
    lane = end.left - link.near if at_left else end.right + link.near
    low, high = sorted((turn, aim))
    boxes = [sheet.laid_area(each.box) for each in sheet.boxes]
    met = [
        each
        for each in boxes
        if each.top < high and each.bottom > low and not each.grown(0.5).overlaps(Box(*begin, 0.1, 0.1))
    ]
    while hit := [each for each in met if each.left < lane < each.right]:
        lane = min(each.left for each in hit) - away if at_left else max(each.right for each in hit) + away
    return lane
