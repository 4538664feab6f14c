"""Nodes: what can be laid out. Each knows its size, and where the line of data runs through it."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

from clados.drawing.channels import Point
from clados.drawing.layout.direction import Directed
from clados.drawing.layout.sheet import NOTE, Sheet, label_width
from clados.drawing.scale import count_label
from clados.drawing.svg import Box, element

ARROW = 15.0  # between two nodes of a column, an arrow long
PAD, HEAD = 14.0, 34.0  # inside a frame, and above what is in it
LEADING = 13.5  # from line to line of it


@dataclass(frozen=True)
class Extent:
    """How large a node is as it is laid out, for a flow upwards, and how far from its left the line of data runs."""

    width: float
    height: float
    axis: float


@dataclass(frozen=True)
class Ports:
    """Where data enter, below, and leave, above; ``tip``: whether what enters ends in an arrow's tip."""

    entry: Point
    exit: Point
    tip: bool = True


@dataclass(frozen=True)
class Drawable(Directed, ABC):
    """Something to be laid out."""

    @cached_property
    @abstractmethod
    def extent(self) -> Extent:
        """Its size."""

    @abstractmethod
    def draw(self, sheet: Sheet, left: float, top: float) -> Ports | None:
        """Lay it out on a sheet; None: no data enter, and a line through it goes on."""

    def reversed(self) -> Self:
        """The same where data go the other way."""
        return self

    @property
    def inside(self) -> "tuple[Drawable, ...]":
        """The nodes in it."""
        return ()

    @property
    def params(self) -> int:
        """The parameters of all that is in it."""
        return sum(each.params for each in self.inside)

    @property
    def folds(self) -> Mapping[str, str]:
        """What opens or closes when it, or a frame that it draws, is chosen: what that is called, by its key."""
        return {}


def walk(node: Drawable) -> Iterator[Drawable]:
    """A node and all inside it."""
    yield node
    for each in node.inside:
        yield from walk(each)


def share_label(params: int, total: int) -> str:
    """Parameters and their share of a total, as short as can be."""
    if not total:
        return count_label(params)
    share = 100 * params / total
    part = "<0.1 %" if 0 < share < 0.05 else f"{share:.1f} %"
    return f"{count_label(params)} · {part}"


@dataclass(frozen=True)
class Lettering(Drawable):
    """Lines of text without a box: what enters or leaves."""

    key: str
    lines: tuple[str, ...]
    bold: bool = True

    @cached_property
    def extent(self) -> Extent:
        width = max(label_width(line, 12, bold=self.bold and not i) for i, line in enumerate(self.lines)) + 4
        height = 15.0 * len(self.lines) + 3
        return Extent(width, height, width / 2) if self.direction == "up" else Extent(height, width + 8, height / 2)

    def draw(self, sheet: Sheet, left: float, top: float) -> Ports:
        axis, size = left + self.extent.axis, self.extent
        area = sheet.area(Box(left, top, size.width, size.height))
        drawn = [
            sheet.text(
                area.left + area.width / 2, area.top + 12 + 15 * i, line, size=12 - i, bold=self.bold and not i,
                anchor="middle", class_="faint" if i else None,
            )
            for i, line in enumerate(self.lines)
        ]  # fmt: skip
        sheet.put(self.key, " ".join(self.lines), drawn)
        sheet.anchors[self.key] = area
        return Ports((axis, top + size.height), (axis, top))


@dataclass(frozen=True)
class Wire(Drawable):
    """A piece of the line of data, with what it carries beside it."""

    label: str = ""
    height: float = 12.0
    side: str = "right"

    @cached_property
    def extent(self) -> Extent:
        width, height = label_width(self.label, NOTE) + 12 if self.label else 2.0, self.height
        if self.direction == "right" and self.label:
            width, height = LEADING + 5, width
        return Extent(width, height, 1.0 if self.side == "right" else width - 1)

    def draw(self, sheet: Sheet, left: float, top: float) -> None:
        if self.label:
            sheet.beside((left + self.extent.axis, top + self.extent.height / 2), self.label, self.side)


@dataclass(frozen=True)
class InColumn(Drawable):
    """Nodes one above the other, an arrow from each to the next; the first is lowest, or ``down`` highest."""

    items: tuple[Drawable, ...]
    key: str = ""
    gap: float = ARROW
    down: bool = False

    def turned(self) -> Self:
        """In a flow to the right all columns are read so, those too that go down in one upwards."""
        found = super().turned()
        return replace(found, down=False, items=tuple(each.reversed() for each in found.items)) if self.down else found

    @property
    def inside(self) -> tuple[Drawable, ...]:
        return self.items

    @cached_property
    def extent(self) -> Extent:
        each = [item.extent for item in self.items]
        axis = max(one.axis for one in each)
        width = axis + max(one.width - one.axis for one in each)
        return Extent(width, sum(one.height for one in each) + self.gap * (len(each) - 1), axis)

    def draw(self, sheet: Sheet, left: float, top: float) -> Ports | None:
        size, y = self.extent, top if self.down else top + self.extent.height
        found: list[Ports] = []
        for item in self.items:
            y -= 0 if self.down else item.extent.height
            ports = item.draw(sheet, left + size.axis - item.extent.axis, y)
            y += item.extent.height + self.gap if self.down else -self.gap
            if ports is None:
                continue
            ports = Ports(ports.exit, ports.entry, ports.tip) if self.down else ports
            if found:
                sheet.line(self.key, "data", (found[-1].exit, ports.entry), tip=ports.tip)
            found.append(ports)
        if not found:
            return None
        first, last = found[0], found[-1]
        if self.key:
            sheet.anchors[self.key] = sheet.area(Box(left + size.axis, top, 0, size.height))
            if not self.down:
                sheet.exits[self.key] = sheet.page(last.exit)
        return Ports(last.exit, first.entry, first.tip) if self.down else Ports(first.entry, last.exit, first.tip)


@dataclass(frozen=True)
class InRow(Drawable):
    """Nodes side by side; the line of data is that of ``main``."""

    items: tuple[Drawable, ...]
    gap: float = 44.0
    main: int = 0
    align: float = 1.0  # 0: their tops are in line, 1: their bottoms

    @property
    def inside(self) -> tuple[Drawable, ...]:
        return self.items

    @cached_property
    def extent(self) -> Extent:
        each = [item.extent for item in self.items]
        before = sum(one.width + self.gap for one in each[: self.main])
        width = sum(one.width for one in each) + self.gap * (len(each) - 1)
        return Extent(width, max(one.height for one in each), before + each[self.main].axis)

    def draw(self, sheet: Sheet, left: float, top: float) -> Ports | None:
        found = []
        for item in self.items:
            found.append(item.draw(sheet, left, top + self.align * (self.extent.height - item.extent.height)))
            left += item.extent.width + self.gap
        return found[self.main]


def frame_title_width(title: str) -> float:
    """Of a frame's title, with room before and after it."""
    return label_width(title, 13, bold=True) + 18


def counts_width(params: int) -> float:
    """Of what a frame says of its parameters, with room before and after it."""
    return label_width(f"{count_label(params)} · 100.0 %", NOTE) + 22


def draw_frame(
    sheet: Sheet, area: Box, key: str, title: str, about: str, params: int | None, *, note: str = "", fold: str = ""
) -> None:
    """A frame with its title and, where they are counted, the parameters in it; ``note`` stands below the title."""
    drawn = [
        element("rect", class_="frame", x=area.left, y=area.top, width=area.width, height=area.height, rx=9),
        sheet.text(area.left + 12, area.top + 19, title, size=13, bold=True),
    ]
    if note:
        drawn.append(sheet.text(area.left + 12, area.top + 19 + LEADING, note, size=NOTE, class_="faint"))
    if params is not None:
        counts = share_label(params, sheet.total)
        drawn.append(sheet.text(area.right - 12, area.top + 18, counts, size=NOTE, anchor="end", class_="faint"))
        about = f"{about}; {params:,} parameters"
    sheet.box(key, about, area, drawn, kind="frame", frame=True, fold=fold)


@dataclass(frozen=True)
class Framed(Drawable):
    """A frame around what belongs together or is repeated, with what it is and how many parameters it has."""

    key: str
    title: str
    about: str
    inner: Drawable
    note: str = ""  # below the title
    counted: bool = True
    fold: str = ""  # what opens, or closes, when it is chosen
    readers: tuple[
        str, ...
    ] = ()  # what arrows from elsewhere lead to that its boxes do not show: its edge stands for it

    @property
    def inside(self) -> tuple[Drawable, ...]:
        return (self.inner,)

    @property
    def folds(self) -> Mapping[str, str]:
        return {self.fold: self.title} if self.fold else {}

    @cached_property
    def _titles(self) -> float:
        return max(frame_title_width(self.title), label_width(self.note, NOTE) + 18)

    @property
    def _head(self) -> float:
        return HEAD + (LEADING if self.note else 0)

    @property
    def _lead(self) -> float:
        """Before what is in it, in a flow to the right: an arrow from above to its first box passes a long title."""
        return PAD + (16 if self.note else 0)

    @cached_property
    def extent(self) -> Extent:
        inner = self.inner.extent
        counts = counts_width(self.params) if self.counted else PAD
        if self.direction == "right":
            height = max(inner.height + self._lead + PAD, self._titles + counts)
            return Extent(self._head + inner.width + PAD, height, self._head + inner.axis)
        before = max(PAD + inner.axis, self._titles)
        after = max(PAD + inner.width - inner.axis, counts)
        return Extent(before + after, inner.height + self._head + PAD, before)

    def draw(self, sheet: Sheet, left: float, top: float) -> Ports | None:
        size, inner = self.extent, self.inner.extent
        area = sheet.area(Box(left, top, size.width, size.height))
        params = self.params if self.counted else None
        draw_frame(sheet, area, self.key, self.title, self.about, params, note=self.note, fold=self.fold)
        for i, each in enumerate(self.readers):  # the first below, the second above
            zone = Box(left, top + size.height * (0.55 - 0.5 * i), size.width, size.height * 0.4)
            sheet.anchors[f"{self.key}.{each}"] = sheet.area(zone)
        down = self._head if self.direction == "up" else size.height - self._lead - inner.height
        ports = self.inner.draw(sheet, left + size.axis - inner.axis, top + down)
        if ports is None:
            return None
        return Ports(ports.entry, ports.exit, ports.tip)
