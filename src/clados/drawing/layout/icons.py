"""Small pictures in boxes and on lines: a matrix of what sees what, slopes, experts, the lines of q, k and v."""

from collections.abc import Sequence
from dataclasses import dataclass

from clados.drawing import svg
from clados.drawing.layout.kinds import box_bands
from clados.drawing.layout.parts import Foot, Icon
from clados.drawing.layout.sheet import NOTE, NOTE_LINE, Sheet, label_width
from clados.drawing.svg import Box, coordinate, element

CELL = 5.0
BETWEEN = 7.0  # two matrices
_EXPERT = 20.0  # from an expert to the one below it, in a flow to the right
PRONG = 62.0  # from prong to prong
_NAMED = 21.0  # of a prong, between the box and what turns it
MatrixCells = tuple[tuple[float, ...], ...]  # of rows, from the first query down: how much each key is seen, 0 to 1


@dataclass(frozen=True)
class Matrices(Icon):
    """Matrices side by side: queries go down, keys to the right; filled is seen."""

    each: tuple[MatrixCells, ...]
    captions: tuple[str, ...] = ()

    @property
    def below(self) -> bool:  # type: ignore[override]
        return len(self.each) > 1

    @property
    def width(self) -> float:  # type: ignore[override]
        return sum(CELL * len(cells[0]) for cells in self.each) + BETWEEN * (len(self.each) - 1)

    @property
    def height(self) -> float:  # type: ignore[override]
        return max(CELL * len(cells) for cells in self.each) + 4

    def draw(self, sheet: Sheet, left: float, top: float) -> list[str]:
        drawn = []
        for i, cells in enumerate(self.each):
            width, height = CELL * len(cells[0]), CELL * len(cells)
            frame = element("rect", class_="grid", x=left, y=top, width=width, height=height)
            about = self.captions[i] if i < len(self.captions) else "who sees whom"
            inside = [*filled_cells(cells, left, top, CELL, class_="cell"), _lattice(cells, left, top)]
            drawn.append(element("g", svg.title(f"queries down, keys across: {about}"), frame, *inside))
            left += width + BETWEEN
        return drawn


def _lattice(cells: MatrixCells, left: float, top: float) -> str:
    """The lines between the cells."""
    width, height = coordinate(CELL * len(cells[0])), coordinate(CELL * len(cells))
    down = "".join(f"M{coordinate(left + CELL * j)} {coordinate(top)}v{height}" for j in range(1, len(cells[0])))
    across = "".join(f"M{coordinate(left)} {coordinate(top + CELL * i)}h{width}" for i in range(1, len(cells)))
    return element("path", class_="lattice", d=down + across)


def filled_cells(
    cells: MatrixCells, left: float, top: float, side: float, *, class_: str | None = None, fill: str | None = None
) -> list[str]:
    """A path for each strength; cells of `side` pixels that stand beside each other are one rectangle."""
    runs: dict[float, list[str]] = {}
    for i, row in enumerate(cells):
        start = 0
        for j in range(1, len(row) + 1):
            if j == len(row) or row[j] != row[start]:
                if row[start]:
                    x, y = coordinate(left + side * start), coordinate(top + side * i)
                    width = coordinate(side * (j - start))
                    runs.setdefault(row[start], []).append(f"M{x} {y}h{width}v{coordinate(side)}h-{width}z")
                start = j
    return [
        element("path", class_=class_, d="".join(run), fill=fill, fill_opacity=None if strength == 1 else strength)
        for strength, run in sorted(runs.items())
    ]


@dataclass(frozen=True)
class Slopes(Icon):
    """Lines that fall with distance, each head's steeper than the last."""

    width: float = 44.0
    height: float = 30.0

    def draw(self, sheet: Sheet, left: float, top: float) -> list[str]:
        ends = [(left + self.width, top + 26 * share) for share in (0.15, 0.35, 0.65, 1.0)]
        return [element("line", class_="flow", x1=left, y1=top + 3, x2=x, y2=y + 3) for x, y in ends]


@dataclass(frozen=True)
class ExpertRow(Icon):
    """Experts side by side, in a flow to the right one below the other; those that a token meets are marked."""

    count: int
    top: int
    below: bool = True

    @property
    def width(self) -> float:  # type: ignore[override]
        return 216.0 if self.direction == "up" else 40.0

    @property
    def height(self) -> float:  # type: ignore[override]
        return 26.0 if self.direction == "up" else 7 * _EXPERT

    @property
    def names(self) -> list[str]:
        """The number of each that is drawn."""
        return [str(i + 1) for i in range(self.count)] if self.count <= 7 else [*"12345", "…", str(self.count)]

    @property
    def met(self) -> set[int]:
        """Which of those that are drawn a token meets."""
        real = [i for i, name in enumerate(self.names) if name != "…"]
        apart = sorted(real, key=lambda i: (i not in (1, 4), i))  # two that do not stand side by side come first
        return set(apart[: self.top])

    def places(self, left: float, top: float) -> list[Box]:
        """Where each stands in the picture."""
        first, step = (7 - len(self.names)) / 2 + 0.5, 216.0 / 7
        middles = [first + i for i in range(len(self.names))]
        if self.direction == "up":
            return [Box(left + at * step - (step - 7) / 2, top + 4, step - 7, 20) for at in middles]
        return [Box(left, top + at * _EXPERT - 8, self.width, 16) for at in middles]

    def draw(self, sheet: Sheet, left: float, top: float) -> list[str]:
        drawn = []
        for i, (name, area) in enumerate(zip(self.names, self.places(left, top))):
            hit = i in self.met
            if name != "…":
                drawn.append(_expert(area, hit))
            x, y = area.left + area.width / 2, area.middle + 4
            drawn.append(sheet.text(x, y, name, size=10 if len(name) < 3 else 8, anchor="middle", bold=hit))
        return drawn


def _expert(area: Box, hit: bool) -> str:
    return element(
        "rect", class_="k-feed-forward" if hit else "k-state", x=area.left, y=area.top, width=area.width,
        height=area.height, rx=4, stroke_width=2.4 if hit else 1,
    )  # fmt: skip


@dataclass(frozen=True)
class Prongs(Foot):
    """The three lines of queries, keys and values to a box; perhaps what turns some of them."""

    names: Sequence[str] = ("q", "k", "v")
    turns: str = ""  # what the first two go through
    shapes: Sequence[str] = ()  # what each carries
    room: float = PRONG  # beside each of them, in a flow upwards

    @property
    def kinds(self) -> tuple[str, ...]:  # type: ignore[override]
        return ("position",) if self.turns else ()

    @property
    def _step(self) -> float:
        """From line to line."""
        return PRONG if self.direction == "up" else 26.0

    @property
    def _pill(self) -> tuple[float, float]:
        """Width and height of what turns, as it is laid out."""
        room = label_width(self.turns, NOTE) + 24
        return (max(room, self._step + 30), 18.0) if self.direction == "up" else (self._step + 18, room)

    @property
    def _labels(self) -> list[tuple[str, ...]]:
        """What stands beside each line; in two lines of text where that is wider than the room."""
        every = [(name, *self.shapes[i : i + 1]) for i, name in enumerate(self.names)]
        whole = [" ".join(each) for each in every]
        if self.direction == "up" and any(label_width(each, NOTE) > self.room - 9 for each in whole):
            return every
        return [(each,) for each in whole]

    @property
    def _named(self) -> float:
        """From the box to what turns, or to the end of the labels."""
        if self.direction == "up":
            return _NAMED + NOTE_LINE * (max(map(len, self._labels)) - 1)
        return max(_NAMED, 10 + max(label_width(each, NOTE) for (each,) in self._labels))

    @property
    def height(self) -> float:  # type: ignore[override]
        return self._named + self._pill[1] + 11 if self.turns else self._named + 3

    @property
    def width(self) -> float:  # type: ignore[override]
        return self._step * (len(self.names) - 1) + 20

    def draw(self, sheet: Sheet, key: str, axis: float, top: float) -> None:
        low, shift = top + self.height, (len(self.names) - 1) / 2
        pill = top + self._named
        for i, (name, label) in enumerate(zip(self.names, self._labels)):
            x = axis + (i - shift) * self._step
            if self.turns and i < 2:
                sheet.line(f"{key}.{name}", name, ((axis, low), (x, low), (x, pill + self._pill[1])), tip=False)
                sheet.line(f"{key}.{name}", name, ((x, pill), (x, top)))
            else:
                sheet.line(f"{key}.{name}", name, ((axis, low), (x, low), (x, top)))
            first = top + (11 if self.direction == "up" else (self._named + 4) / 2)
            for line, said in enumerate(label):
                sheet.beside((x, first + line * NOTE_LINE), said, "right", away=5, key=f"{key}.{name}")
        if self.turns:
            self._turned(sheet, key, axis + (0.5 - shift) * self._step, pill)

    def _turned(self, sheet: Sheet, key: str, middle: float, top: float) -> None:
        width, height = self._pill
        area = sheet.area(Box(middle - width / 2, top, width, height))
        pill = element("rect", class_="k-position", x=area.left, y=area.top, width=area.width, height=area.height, rx=9)
        dots = box_bands("position", Box(area.left + 4, area.middle - 6, area.width - 8, 12))
        label = sheet.text(area.left + area.width / 2 + 3, area.middle + 4, self.turns, size=NOTE, anchor="middle")
        sheet.put(f"{key}.turned", f"queries and keys are rotated: {self.turns}", [pill, *dots, label])
