"""A sheet: what is put on it (boxes, lines, labels), and where; from this its SVG is made, and this is tested."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise

from clados.drawing import svg
from clados.drawing.channels import Point
from clados.drawing.layout.direction import Direction
from clados.drawing.svg import Box, coordinate, element
from clados.drawing.wording import as_drawn, units

BOLD = 1.09  # by how much bold letters are wider
NOTE = 10.5  # size of small text
NOTE_LINE = 12.0  # from one line of it to the next
BADGE = 8.0  # radius of the sign on a marked box
_TIP, _ROUND = 6.5, 6.0  # length of an arrow's tip, radius of a line's corners


def label_width(text: str, size: float, *, bold: bool = False) -> float:
    """Width of a text in pixels, at most."""
    return svg.text_width(text, size) * (BOLD if bold else 1.0)


def title_width(name: str) -> float:
    """Width of a drawing's title, at most: the widest usual bold letters (DejaVu Sans) are 7 % wider than ``BOLD``."""
    return svg.text_width(name, 17) * 1.17


def broken_lines(text: str, width: float, size: float) -> list[str]:
    """A text as it is drawn in lines that are no wider, broken at blanks; a word that is wider stands alone."""
    lines, ems = [""], 0.0
    for word in as_drawn(text).split(" "):
        for i, unit in enumerate(units(word)):
            more = f" {unit}" if lines[-1] and not i else unit
            longer = svg.ems(more, ems)
            if lines[-1] and longer * size > width:
                lines.append(unit)
                ems = svg.ems(unit)
            else:
                lines[-1] += more
                ems = longer
    return lines


@dataclass(frozen=True)
class Placed:
    """Something that stands somewhere, by its key."""

    key: str
    box: Box


@dataclass(frozen=True)
class PlacedLine:
    """A line from point to point."""

    key: str
    points: tuple[Point, ...]


@dataclass
class Sheet:
    """What is drawn so far. Frames lie below lines, lines below boxes.

    Nodes are laid out for a flow upwards; ``page``, ``area`` and ``line`` turn that for a flow to the right, in which
    ``origin`` is the point of the page that what is laid out begins at. All else is said in pixels of the page.

    Attributes:
        total: parameters of the whole, for shares.
        anchors: where what has a key stands, for arrows across.
        exits: where the line of data leaves a column's last node.
        icons: where on the page the picture in a box begins, at the left and above.
        marks: how a box differs from another drawing's, by its key: "+", "−" or "~".
    """

    total: int = 0
    marks: Mapping[str, str] = field(default_factory=dict)
    direction: Direction = "up"
    origin: Point = (0.0, 0.0)
    boxes: list[Placed] = field(default_factory=list)
    labels: list[Placed] = field(default_factory=list)
    lines: list[PlacedLine] = field(default_factory=list)
    badges: list[Placed] = field(default_factory=list)
    anchors: dict[str, Box] = field(default_factory=dict)
    exits: dict[str, Point] = field(default_factory=dict)
    icons: dict[str, Point] = field(default_factory=dict)
    _frames: list[str] = field(default_factory=list)
    _lines: list[str] = field(default_factory=list)
    _boxes: list[str] = field(default_factory=list)

    def page(self, point: Point) -> Point:
        """Where a point of the layout is on the page."""
        return point if self.direction == "up" else (self.origin[0] - point[1], self.origin[1] + point[0])

    def laid(self, point: Point) -> Point:
        """Where a point of the page is in the layout."""
        return point if self.direction == "up" else (point[1] - self.origin[1], self.origin[0] - point[0])

    def area(self, box: Box) -> Box:
        """Where a box of the layout is on the page."""
        return box if self.direction == "up" else _spanned(*map(self.page, _corners(box)))

    def laid_area(self, box: Box) -> Box:
        """Where a box of the page is in the layout."""
        return box if self.direction == "up" else _spanned(*map(self.laid, _corners(box)))

    def anchor(self, key: str) -> Box | None:
        """Where what has a key stands in the layout; None: nothing has it."""
        found = self.anchors.get(key)
        return None if found is None else self.laid_area(found)

    @contextmanager
    def upright(self) -> Iterator[None]:
        """What is drawn within is laid out on the page itself."""
        kept, self.direction = self.direction, "up"
        try:
            yield
        finally:
            self.direction = kept

    def text(
        self, x: float, y: float, text: str, *, size: float = 11, bold: bool = False, anchor: str = "start",
        class_: str | None = None,
    ) -> str:  # fmt: skip
        """A label, known to the sheet; put it into a group by yourself."""
        width = label_width(text, size, bold=bold)
        left = x - {"start": 0.0, "middle": width / 2, "end": width}[anchor]
        self.labels.append(Placed(text, Box(left, y - 0.8 * size, width, size)))
        return svg.label(
            x, y, text, size=size, font_weight="600" if bold else None,
            text_anchor=None if anchor == "start" else anchor, class_=class_,
        )  # fmt: skip

    def label(self, x: float, y: float, text: str, *, size: float = 11, anchor: str = "start", key: str = "") -> None:
        """A label that stands by itself."""
        drawn = self.text(x, y, text, size=size, anchor=anchor, class_="faint")
        self._boxes.append(element("g", svg.title(text), drawn, data_label=key or text))

    def beside(self, point: Point, text: str, side: str, *, away: float = 8.0, key: str = "") -> None:
        """A label at the left or right of a point of the layout; in a flow to the right above it or below."""
        x, y = self.page(point)
        if self.direction == "up":
            x += away if side == "right" else -away
            self.label(x, y + 4, text, size=NOTE, anchor="start" if side == "right" else "end", key=key)
        else:
            self.label(x, y + (14 if side == "right" else -6), text, size=NOTE, anchor="middle", key=key)

    def over(self, point: Point, text: str, side: str = "") -> None:
        """A label over a line of the layout that runs across: at a point, left or right of it, or centred."""
        x, y = self.page(point)
        if self.direction == "up":
            anchor = {"left": "end", "right": "start"}.get(side, "middle")
            self.label(x + {"left": -8, "right": 8}.get(side, 0), y - 5, text, size=NOTE, anchor=anchor)
        else:  # the line runs down the page
            self.label(x + 6, y + {"left": -6, "right": 14}.get(side, 4), text, size=NOTE)

    def box(
        self, key: str, about: str, area: Box, drawn: Iterable[str], *, kind: str, frame: bool = False, fold: str = ""
    ) -> None:
        """A box or a frame with what is in it; ``fold``: what opens or closes when it is chosen."""
        self.boxes.append(Placed(key, area))
        self.anchors[key] = area
        group = element("g", svg.title(about), *drawn, data_box=key, data_kind=kind, data_fold=fold or None)
        (self._frames if frame else self._boxes).append(group)

    def marked(self, key: str, area: Box) -> list[str]:
        """What marks a box of this key, where it stands: a thick edge, and its sign at the corner."""
        sign = self.marks.get(key)
        if not sign:
            return []
        self.badges.append(Placed(key, Box(area.left - BADGE, area.top - BADGE, 2 * BADGE, 2 * BADGE)))
        return mark(sign, area)

    def put(self, key: str, about: str, drawn: Iterable[str]) -> None:
        """Something above the lines that is no box: a sum, an icon."""
        self._boxes.append(element("g", svg.title(about), *drawn, data_mark=key))

    def line(
        self, key: str, about: str, points: Sequence[Point], *, tip: bool = True, dashed: bool = False, kind: str = ""
    ) -> None:
        """A line through points of the layout, its corners round, with a tip at its end; coloured as a kind of part."""
        points = [*map(self.page, points)]
        points = [point for i, point in enumerate(points) if not i or point != points[i - 1]]
        if len(points) < 2:
            return
        self.lines.append(PlacedLine(key, tuple(points)))
        (x0, y0), (x, y) = points[-2], points[-1]
        length = max(abs(x - x0), abs(y - y0)) or 1.0
        ux, uy = (x - x0) / length, (y - y0) / length
        ends = [*points[:-1], (x - ux * _TIP, y - uy * _TIP)] if tip else points
        stroke, fill = (f"flow l-{kind}", f"tip t-{kind}") if kind else ("flow", "tip")
        drawn = [element("path", class_=stroke, d=_path(ends), stroke_dasharray="4 3" if dashed else None)]
        if tip:
            px, py = -uy * 3.4, ux * 3.4
            bx, by = x - ux * _TIP * 1.15, y - uy * _TIP * 1.15
            corners = ((x, y), (bx + px, by + py), (bx - px, by - py))
            drawn.append(element("polygon", class_=fill, points=polygon(corners)))
        self._lines.append(element("g", svg.title(about), *drawn, data_line=key))

    def drawn(self) -> list[str]:
        """All of it, the lowest first."""
        return [*self._frames, *self._lines, *self._boxes]


def _corners(box: Box) -> tuple[Point, Point]:
    return (box.left, box.top), (box.right, box.bottom)


def _spanned(one: Point, other: Point) -> Box:
    left, top = min(one[0], other[0]), min(one[1], other[1])
    return Box(left, top, abs(one[0] - other[0]), abs(one[1] - other[1]))


MARKED_EDGES = {
    "+": ("added", None),
    "−": ("removed", "7 4"),
    "~": ("changed", "2 3"),
}  # their class, and the edge's dashes


def mark(sign: str, area: Box) -> list[str]:
    """A thick edge, by whose dashes marks differ too, and the sign at the corner."""
    name, dashes = MARKED_EDGES[sign]
    x, y = area.left, area.top
    edge = element(
        "rect", class_=f"mark-{name}", x=x - 2, y=y - 2, width=area.width + 4, height=area.height + 4, rx=8,
        stroke_dasharray=dashes,
    )  # fmt: skip
    signs = {"+": f"M{x - 4.5} {y}h9M{x} {y - 4.5}v9", "−": f"M{x - 4.5} {y}h9"}
    wave = f"M{x - 4.5} {y + 1}q2.25 -5 4.5 -1t4.5 -1"
    disc = element("circle", class_=f"badge-{name}", cx=x, cy=y, r=BADGE)
    return [edge, disc, element("path", class_="sign", d=signs.get(sign, wave))]


def polygon(points: Iterable[Point]) -> str:
    """Points of a polygon."""
    return " ".join(f"{coordinate(x)},{coordinate(y)}" for x, y in points)


def _path(points: Sequence[Point]) -> str:
    """A path with round corners."""
    parts = [f"M{coordinate(points[0][0])} {coordinate(points[0][1])}"]
    for i, ((x0, y0), (x1, y1)) in enumerate(pairwise(points)):
        length = max(abs(x1 - x0), abs(y1 - y0)) or 1.0
        ux, uy = (x1 - x0) / length, (y1 - y0) / length
        last = i + 2 == len(points)
        radius = 0.0 if last else min(_ROUND, length / 2, _reach(points[i + 1], points[i + 2]) / 2)
        parts.append(f"L{coordinate(x1 - ux * radius)} {coordinate(y1 - uy * radius)}")
        if not last:
            x2, y2 = points[i + 2]
            reach = _reach(points[i + 1], points[i + 2]) or 1.0
            bend = x1 + (x2 - x1) / reach * radius, y1 + (y2 - y1) / reach * radius
            parts.append(f"Q{coordinate(x1)} {coordinate(y1)} {coordinate(bend[0])} {coordinate(bend[1])}")
    return "".join(parts)


def _reach(start: Point, end: Point) -> float:
    return max(abs(end[0] - start[0]), abs(end[1] - start[1]))
