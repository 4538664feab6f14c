"""Rows of tokens as boxes, coloured by what they are; below a token what has to be predicted from it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from clados.drawing import svg
from clados.drawing.chart import SERIES
from clados.drawing.svg import EmptyFigureError, Figure, element
from clados.names import shown_token

SIZE, LINE, GAP, PADDING = 12.0, 24.0, 5.0, 6.0
SMALL, SQUARE = 9.0, 11.0  # letters beside a grid, and its squares
EDGE, TOP = 16.0, 44.0

# What a token may be, with its colour and what the legend calls it; plain text has neither.
_MARKS = {
    "hidden": (SERIES[1], "hidden, to be predicted"),
    "replaced": (SERIES[5], "replaced by another, to be predicted"),
    "kept": (SERIES[2], "left as it is, to be predicted"),
    "sentinel": (SERIES[0], "stands for a removed span"),
    "special": ("#7d8590", "mark of the vocabulary"),
}


class Token(NamedTuple):
    """A token, what it is (a key of ``_MARKS``, or text), and the token to be predicted from it, if any."""

    text: str
    mark: str = "text"
    predicts: str = ""

    @property
    def shown(self) -> "Token":
        """As people read it."""
        return self._replace(text=shown_token(self.text), predicts=shown_token(self.predicts))


class SeenGrid(NamedTuple):
    """Who sees whom: the names of all positions and, for each that looks, 1 or 0 for each that it may see."""

    names: Sequence[str]
    rows: Mapping[int, Sequence[int]]


def tokens(
    rows: Mapping[str, Sequence[Token]], looks: Mapping[str, SeenGrid] | None = None, *, name: str, width: float = 860
) -> Figure:
    """The rows under their names, each broken into as many lines as it needs; below them who may look at whom.

    Raises:
        EmptyFigureError: there is no token.
    """
    if not any(rows.values()):
        raise EmptyFigureError("nothing to draw: no tokens")
    parts, y = [svg.label(EDGE, 26, name, size=15, font_weight="600")], TOP
    for row, each in rows.items():
        parts.append(svg.label(EDGE, y + SIZE, row, class_="faint"))
        drawn, y = _row([token.shown for token in each], y + LINE, width)
        parts += drawn
    used = [mark for mark in _MARKS if any(token.mark == mark for each in rows.values() for token in each)]
    drawn, y = _legend(used, y + SIZE, width)
    parts += drawn
    data: dict[str, object] = {row: [token._asdict() for token in each] for row, each in rows.items()}
    for said, grid in (looks or {}).items():
        drawn, y, across = _grid(said, grid, y + LINE)
        parts, width = [*parts, *drawn], max(width, across)
        data[said] = {str(place): list(row) for place, row in grid.rows.items()}
    return Figure(svg.document(width, y + EDGE, name, parts, kind="tokens"), data)


def _grid(said: str, grid: SeenGrid, y: float) -> tuple[list[str], float, float]:
    """Squares, a row for each position that looks, from this height on; the height below them, and their right end."""
    names = [*map(shown_token, grid.names)]
    left = EDGE + max(svg.text_width(each, SMALL) for each in names) + PADDING
    parts, y = [svg.label(EDGE, y, said, class_="faint")], y + PADDING
    for number, (place, row) in enumerate(grid.rows.items()):
        top = y + number * SQUARE
        parts.append(svg.label(left - PADDING, top + SMALL, names[place], size=SMALL, text_anchor="end"))
        for column, seen in enumerate(row):
            shape = element(
                "rect",
                svg.title(f"{names[place]} {'sees' if seen else 'does not see'} {names[column]}"),
                x=left + column * SQUARE,
                y=top,
                width=SQUARE - 1,
                height=SQUARE - 1,
                fill=SERIES[0],
                fill_opacity=1 if seen else 0.12,
            )
            parts.append(shape)
    return parts, y + len(grid.rows) * SQUARE, left + len(names) * SQUARE + EDGE


def _row(each: Sequence[Token], y: float, width: float) -> tuple[list[str], float]:
    """The boxes of a row from this height on, and the height below them."""
    step = LINE + GAP + (LINE if any(token.predicts for token in each) else 0)
    parts, x = list[str](), EDGE
    for token in each:
        wide = max(svg.text_width(text, SIZE) for text in (token.text, token.predicts)) + 2 * PADDING
        if x + wide > width - EDGE and x > EDGE:
            x, y = EDGE, y + step
        parts.append(_box(token, x, y, wide))
        x += wide + GAP
    return parts, y + step


def _box(token: Token, x: float, y: float, wide: float) -> str:
    colour = _MARKS[token.mark][0] if token.mark in _MARKS else None
    middle = x + wide / 2
    said = f"{token.text}: predicts {token.predicts}" if token.predicts else token.text
    frame = element(
        "rect",
        x=x,
        y=y,
        width=wide,
        height=LINE,
        rx=4,
        stroke=colour or "#7d8590",
        fill=colour or "none",
        fill_opacity=0.25 if colour else None,
    )
    text = svg.label(middle, y + LINE / 2 + SIZE * 0.36, token.text, size=SIZE, text_anchor="middle")
    parts = [svg.title(said), frame, text]
    if token.predicts:
        parts.append(
            svg.label(middle, y + LINE + SIZE + 3, token.predicts, size=SIZE, text_anchor="middle", font_weight="600")
        )
    return element("g", *parts, data_mark=token.mark)


def _legend(marks: Sequence[str], y: float, width: float) -> tuple[list[str], float]:
    parts, x = list[str](), EDGE
    for mark in marks:
        colour, said = _MARKS[mark]
        wide = 16 + svg.text_width(said, SIZE) + 18
        if x + wide > width - EDGE and x > EDGE:
            x, y = EDGE, y + 18
        parts += [element("rect", x=x, y=y - 9, width=10, height=10, rx=2, fill=colour), svg.label(x + 16, y, said)]
        x += wide
    return parts, y
