"""Where lines part and meet: residual paths, sums, branches side by side."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from clados.drawing.channels import Point
from clados.drawing.layout.nodes import ARROW, Drawable, Extent, Ports
from clados.drawing.layout.sheet import NOTE, Sheet, label_width
from clados.drawing.svg import element

Side = Literal["left", "right"]

R = 8.0  # radius of a sum
FOOT = 5.0  # from a node's lower edge to where lines part
LANE, TAP = 20.0, 17.0  # beside a branch, for the path around it; below it, where that path begins


def sum_at(sheet: Sheet, key: str, at: Point) -> None:
    """A circle in which lines meet."""
    x, y = sheet.page(at)
    arms = [(x - 4.5, y, x + 4.5, y), (x, y - 4.5, x, y + 4.5)]
    lines = [element("line", class_="flow", x1=a, y1=b, x2=c, y2=d) for a, b, c, d in arms]
    sheet.put(key, "sum", [element("circle", class_="sum", cx=x, cy=y, r=R), *lines])


@dataclass(frozen=True)
class Bypass(Drawable):
    """A branch and the path around it, which meet in a sum above it."""

    key: str
    branch: Drawable
    side: Side = "left"
    label: str = ""  # what the path is multiplied with

    @property
    def inside(self) -> tuple[Drawable, ...]:
        return (self.branch,)

    @property
    def _room(self) -> float:
        """After the sum, for the label: in a flow to the right it stands beside the line into the sum."""
        return label_width(self.label, NOTE) if self.label and self.direction == "right" else 0.0

    @cached_property
    def extent(self) -> Extent:
        inner = self.branch.extent
        height = inner.height + TAP + ARROW + 2 * R + self._room
        return Extent(inner.width + LANE, height, inner.axis + (LANE if self.side == "left" else 0))

    def draw(self, sheet: Sheet, left: float, top: float) -> Ports:
        size, inner = self.extent, self.branch.extent
        mirrored = self.side == "right"
        ports = self.branch.draw(
            sheet, left + (0 if mirrored else LANE), top + size.height - TAP - inner.height
        )  # fmt: skip
        axis, bottom, meets = left + size.axis, top + size.height, top + self._room + R
        lane = left + size.width - 5 if mirrored else left + 5
        exit_ = ports.exit if ports else (axis, bottom)
        tap = bottom - FOOT
        edge = axis + R if mirrored else axis - R
        sheet.line(self.key, "residual path", ((axis, tap), (lane, tap), (lane, meets), (edge, meets)))
        if self.label:
            sheet.over((edge, meets), self.label, self.side)
        sheet.line(self.key, "branch", (exit_, (axis, meets + R)))
        sum_at(sheet, f"{self.key}.sum", (axis, meets))
        entry = ports.entry if ports else (axis, bottom)
        return Ports(entry, (axis, meets - R), ports.tip if ports else True)


@dataclass(frozen=True)
class Add(Drawable):
    """A sum on the line of data, with what is added beside it."""

    key: str
    added: Drawable
    side: Side = "right"
    label: str = ""

    @property
    def inside(self) -> tuple[Drawable, ...]:
        return (self.added,)

    @cached_property
    def extent(self) -> Extent:
        beside = self.added.extent
        width = 2 * R + 24 + beside.width
        return Extent(width, max(2 * R, beside.height), R if self.side == "right" else width - R)

    def draw(self, sheet: Sheet, left: float, top: float) -> Ports:
        size, beside = self.extent, self.added.extent
        axis, middle = left + size.axis, top + size.height / 2
        at_right = self.side == "right"
        x = left + size.width - beside.width if at_right else left
        self.added.draw(sheet, x, middle - beside.height / 2)
        start, end = (x, axis + R) if at_right else (x + beside.width, axis - R)
        sheet.line(self.key, "added", ((start, middle), (end, middle)))
        sum_at(sheet, f"{self.key}.sum", (axis, middle))
        return Ports((axis, middle + R), (axis, middle - R))


@dataclass(frozen=True)
class Tap(Drawable):
    """What reads the line of data beside it; the line goes on."""

    key: str
    reader: Drawable
    side: Side = "left"

    @property
    def inside(self) -> tuple[Drawable, ...]:
        return (self.reader,)

    @cached_property
    def extent(self) -> Extent:
        beside = self.reader.extent
        width = R + 24 + beside.width
        return Extent(width, beside.height, width if self.side == "left" else 0)

    def draw(self, sheet: Sheet, left: float, top: float) -> Ports:
        size, at_right = self.extent, self.side == "right"
        axis, middle = left + size.axis, top + size.height / 2
        x = left + size.width - self.reader.extent.width if at_right else left
        self.reader.draw(sheet, x, top)
        edge = x if at_right else x + self.reader.extent.width
        sheet.line(self.key, "read", ((axis, middle), (edge, middle)))
        return Ports((axis, middle), (axis, middle), tip=False)


@dataclass(frozen=True)
class Fork(Drawable):
    """Branches side by side that read the same and meet in a sum; ``through``: the line goes on between them."""

    key: str
    left: Drawable
    right: Drawable
    through: bool = False
    gap: float = 30.0

    @property
    def inside(self) -> tuple[Drawable, ...]:
        return (self.left, self.right)

    @cached_property
    def extent(self) -> Extent:
        one, other = self.left.extent, self.right.extent
        height = max(one.height, other.height) + TAP + ARROW + 2 * R
        return Extent(one.width + self.gap + other.width, height, one.width + self.gap / 2)

    def draw(self, sheet: Sheet, left: float, top: float) -> Ports:
        size, one = self.extent, self.left.extent
        axis, bottom, meets = left + size.axis, top + size.height, top + R
        split = bottom - FOOT
        for node, x, edge in (
            (self.left, left, axis - R),
            (self.right, left + one.width + self.gap, axis + R),
        ):
            ports = node.draw(sheet, x, bottom - TAP - node.extent.height)
            if ports:
                start, end = ports.entry, ports.exit
                sheet.line(self.key, "branch", ((axis, split), (start[0], split), start), tip=ports.tip)
                sheet.line(self.key, "branch", (end, (end[0], meets), (edge, meets)))
        if self.through:
            sheet.line(self.key, "residual path", ((axis, split), (axis, meets + R)))
        sum_at(sheet, f"{self.key}.sum", (axis, meets))
        return Ports((axis, split), (axis, top), tip=False)


@dataclass(frozen=True)
class Meet(Drawable):
    """Columns side by side whose ends go into one node above them."""

    key: str
    columns: tuple[Drawable, ...]
    top: Drawable
    gap: float = 40.0

    @property
    def inside(self) -> tuple[Drawable, ...]:
        return (*self.columns, self.top)

    @cached_property
    def extent(self) -> Extent:
        each = [column.extent for column in self.columns]
        width = max(sum(one.width for one in each) + self.gap * (len(each) - 1), self.top.extent.width)
        return Extent(width, max(one.height for one in each) + 36 + self.top.extent.height, width / 2)

    def draw(self, sheet: Sheet, left: float, top: float) -> Ports | None:
        size, above = self.extent, self.top.extent
        x, turn = left, top + above.height + 16
        wall = self.top.draw(sheet, left + size.width / 2 - above.width / 2, top)
        for i, column in enumerate(self.columns):
            ports = column.draw(sheet, x, top + size.height - column.extent.height)
            end = left + size.width / 2 + above.width * ((i + 0.5) / len(self.columns) - 0.5)
            if ports:
                path = (ports.exit, (ports.exit[0], turn), (end, turn), (end, top + above.height))
                sheet.line(self.key, "data", path)
            x += column.extent.width + self.gap
        return Ports((left + size.axis, top + size.height), wall.exit) if wall else None


@dataclass(frozen=True)
class Spread(Drawable):
    """Several nodes side by side that read the same; where they end, they end."""

    key: str
    items: tuple[Drawable, ...]
    gap: float = 16.0

    @property
    def inside(self) -> tuple[Drawable, ...]:
        return self.items

    @cached_property
    def extent(self) -> Extent:
        each = [item.extent for item in self.items]
        width = sum(one.width for one in each) + self.gap * (len(each) - 1)
        if len(each) % 2:
            middle = len(each) // 2
            axis = sum(one.width + self.gap for one in each[:middle]) + each[middle].axis
        else:
            axis = sum(one.width + self.gap for one in each[: len(each) // 2]) - self.gap / 2
        return Extent(width, max(one.height for one in each) + TAP + ARROW, axis)

    def draw(self, sheet: Sheet, left: float, top: float) -> Ports:
        axis, bottom = left + self.extent.axis, top + self.extent.height
        split, x = bottom - FOOT, left
        for item in self.items:
            ports = item.draw(sheet, x, bottom - TAP - ARROW - item.extent.height)
            if ports:
                start = ports.entry
                sheet.line(self.key, "read", ((axis, split), (start[0], split), start), tip=ports.tip)
            x += item.extent.width + self.gap
        return Ports((axis, split), (axis, top), tip=False)
