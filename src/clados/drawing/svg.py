"""SVG as text: elements, widths of text, boxes, the document and its style. The same input gives the same bytes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from clados.drawing.wording import as_drawn
from clados.errors import missing
from clados.files import write_text, write_whole
from clados.spec.errors import CladosError


class EmptyFigureError(CladosError, ValueError):
    """There is not a single model, number or row to be drawn."""


FONT = "system-ui, -apple-system, 'Segoe UI', 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif"

# Advance widths in em of a wide sans-serif (DejaVu Sans), so that narrower fonts of the reader's system fit as well.
_ADVANCES = {
    "'": 0.27,
    "ijl": 0.28,
    "IJ": 0.29,
    " ,.": 0.32,
    "/:;\\|": 0.34,
    "f-": 0.36,
    "()[]t": 0.39,
    "!r": 0.41,
    '"': 0.46,
    "*_`–·": 0.5,
    "sz?": 0.53,
    "cL": 0.56,
    "Fkvxy": 0.59,
    "PTYaoe": 0.62,
    "ESbdghnpqu$0123456789{}μ": 0.64,
    "KAV": 0.68,
    "BRXZC": 0.7,
    "UHN": 0.75,
    "DGOQ&": 0.79,
    "w#+<=>^~×": 0.84,
    "M": 0.9,
    "%mW@…": 1.0,
}
_WIDEST = 1.0


class _Widths(dict[str, float]):
    def __missing__(self, letter: str) -> float:
        return _WIDEST


_width = _Widths({letter: width for letters, width in _ADVANCES.items() for letter in letters}).__getitem__

# Light is the default and what is printed; dark follows the reader's system.
_STYLE = """
.clados text{font-family:%FONT;fill:#1f2328}
.clados .paper{fill:#ffffff}
.clados .hollow{fill:#ffffff}
.clados .faint{fill:#57606a}
.clados .rule{stroke:#d0d7de}
.clados .ink{stroke:#1f2328}
.clados .halo{stroke:#ffffff}
.clados .on-colour{fill:#1b1b1b}
.clados .on-dark{fill:#ffffff}
.clados .dim{opacity:.28}
.clados .pale{stroke:#dde2e7}
.clados .lit{stroke:#d1242f;stroke-width:2.6}
@media screen and (prefers-color-scheme:dark){
.clados text{fill:#e6edf3}
.clados .paper{fill:#0d1117}
.clados .hollow{fill:#0d1117}
.clados .faint{fill:#9198a1}
.clados .rule{stroke:#3d444d}
.clados .ink{stroke:#e6edf3}
.clados .halo{stroke:#0d1117}
.clados .pale{stroke:#262c34}
.clados .root{fill:#30363d;stroke:#e6edf3}
.clados .on-colour{fill:#1b1b1b}
.clados .on-dark{fill:#ffffff}
}""".replace("%FONT", FONT)


def escape(text: str) -> str:
    """`text` for use between tags and inside double quotes."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def coordinate(value: float) -> str:
    """A coordinate: at most two decimals, no trailing zeros, never `-0`."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def element(tag: str, /, *children: str, **attributes: str | float | None) -> str:
    """`<tag ...>children</tag>`; in names `_` stands for `-`, a trailing one goes (`class_`); None is left out."""
    written = []
    for name, value in attributes.items():
        if value is not None:
            text = value if isinstance(value, str) else coordinate(value)
            written.append(f' {name.rstrip("_").replace("_", "-")}="{escape(text)}"')
    body = "".join(children)
    return f"<{tag}{''.join(written)}>{body}</{tag}>" if body else f"<{tag}{''.join(written)}/>"


def title(*lines: str) -> str:
    """The tooltip of an element, which screen readers read too."""
    return element("title", escape("\n".join(map(as_drawn, lines))))


def label(x: float, y: float, text: str, /, *, size: float = 11, **attributes: str | float | None) -> str:
    """Text whose baseline starts at (`x`, `y`)."""
    return element("text", escape(as_drawn(text)), x=x, y=y, font_size=size, **attributes)


def text_width(text: str, size: float = 11) -> float:
    """Width in pixels as it is drawn, estimated: an upper bound for the usual sans-serif fonts."""
    return ems(as_drawn(text)) * size


def ems(letters: str, before: float = 0.0) -> float:
    """Width of letters as they are, behind others that are so wide, in sizes of the text."""
    return sum(map(_width, letters), before)


def crossing(
    sides: tuple[float, float, float, float], start: tuple[float, float], end: tuple[float, float]
) -> tuple[float, float] | None:
    """From which share of the line from `start` to `end` on it is inside, and up to which; None: nowhere.

    By Liang and Barsky's clipping; sides are left, top, right and bottom.
    """
    enter, leave = 0.0, 1.0
    for axis in (0, 1):
        low, high, begin = sides[axis], sides[axis + 2], start[axis]
        step = end[axis] - begin
        if step == 0:
            if not low < begin < high:
                return None
            continue
        near, far = (low - begin) / step, (high - begin) / step
        if near > far:
            near, far = far, near
        if near > enter:
            enter = near
        if far < leave:
            leave = far
        if enter >= leave:
            return None
    return enter, leave


@dataclass(frozen=True)
class Box:
    """An upright rectangle in pixels, y pointing down."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height

    @property
    def middle(self) -> float:
        """The y of the centre."""
        return self.top + self.height / 2

    def grown(self, by: float) -> "Box":
        """The box with a margin on every side."""
        return Box(self.left - by, self.top - by, self.width + 2 * by, self.height + 2 * by)

    def overlaps(self, other: "Box") -> bool:
        """Whether the two share more than an edge."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def crossed_by(self, start: tuple[float, float], end: tuple[float, float]) -> bool:
        """Whether the straight line from `start` to `end` passes through the inside."""
        return self.crossing(start, end) is not None

    def crossing(self, start: tuple[float, float], end: tuple[float, float]) -> tuple[float, float] | None:
        """As `crossing` says it of the box's sides."""
        return crossing((self.left, self.top, self.right, self.bottom), start, end)

    def json(self) -> list[float]:
        """Left, top, width, height."""
        return [round(value, 2) for value in (self.left, self.top, self.width, self.height)]


@dataclass(frozen=True)
class Figure:
    """A finished picture: its SVG text and the data it was drawn from."""

    svg: str
    data: Mapping[str, object]

    def _repr_svg_(self) -> str:
        return self.svg

    def save(self, path: Path) -> None:
        """Writes the SVG whole or not at all.

        Raises:
            OSError: when it cannot be written; what stood there stays.
        """
        write_text(path, self.svg)

    def png(self, zoom: float = 2.0) -> bytes:
        """The picture in pixels, ``zoom`` of them for each of the SVG's, on white paper.

        Raises:
            MissingPackageError: when resvg is not installed; says how it is.
        """
        try:
            import resvg_py
        except ModuleNotFoundError as error:
            raise missing(error) from error
        return resvg_py.svg_to_bytes(svg_string=self.svg, zoom=zoom)

    def save_png(self, path: Path, zoom: float = 2.0) -> None:
        """Writes the picture in pixels whole or not at all.

        Raises:
            MissingPackageError: when resvg is not installed; says how it is.
            OSError: when it cannot be written; what stood there stays.
        """
        made = self.png(zoom)
        write_whole(path, lambda part: part.write_bytes(made))

    def pdf(self) -> bytes:
        """The picture as a page of its own size, its text selectable.

        Raises:
            MissingPackageError: when typst is not installed; says how it is.
        """
        try:
            import typst
        except ModuleNotFoundError as error:
            raise missing(error) from error
        page = b'#set page(width: auto, height: auto, margin: 0pt)\n#image(bytes(sys.inputs.figure), format: "svg")\n'
        return typst.compile(page, sys_inputs={"figure": self.svg}, timestamp=0)

    def save_pdf(self, path: Path) -> None:
        """Writes the picture as PDF whole or not at all.

        Raises:
            MissingPackageError: when typst is not installed; says how it is.
            OSError: when it cannot be written; what stood there stays.
        """
        made = self.pdf()
        write_whole(path, lambda part: part.write_bytes(made))


def document(width: float, height: float, name: str, parts: Iterable[str], *, kind: str, style: str = "") -> str:
    """A whole SVG file that scales to its container; `name` is read out as its title."""
    head = f'<svg xmlns="http://www.w3.org/2000/svg" class="clados" data-figure="{escape(kind)}" role="img" '
    wide, high = coordinate(width), coordinate(height)
    head += f'viewBox="0 0 {wide} {high}" width="{wide}" height="{high}">'
    paper = element("rect", class_="paper", width=width, height=height)
    return "\n".join([head, title(name), f"<style>{_STYLE}{style}\n</style>", paper, *parts, "</svg>"]) + "\n"
