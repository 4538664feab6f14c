"""Tokens as boxes that break into lines, and squares that show numbers: what models see, write and attend to."""

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any

from clados.html import Child, Html, el
from clados.names import shown_token
from clados.tables import columns as columns_of, wrapped
from clados.web.language import Language
from clados.web.views.parts import table

TOKEN_MARKS = {  # what a token may be, as `clados.objectives.view` calls it, and what the legend says of it
    "hidden": "hidden, to be predicted",
    "replaced": "replaced by another, to be predicted",
    "kept": "left as it is, to be predicted",
    "sentinel": "stands for a removed span",
    "special": "mark of the vocabulary",
}
_SQUARE, _LETTER = 18, 6.7  # pixels of a square, and of a letter of the names beside it
_LINE, _LEAD = 44, 14  # letters of a line of a text beside squares, and its height


def token_row(say: Language, title: str, pieces: Sequence[Any]) -> Html:
    """A row of tokens under its name; below a token what has to be predicted from it."""
    boxes = [_box(each) for each in pieces]
    return el("div", el("h3", say(title)), el("p", boxes, class_="tokens"), class_="row")


def _box(piece: Any) -> Html:
    wanted = el("b", shown_token(piece.predicts)) if piece.predicts else None
    return el("span", el("span", shown_token(piece.token)), wanted, class_=f"token {piece.mark}")


def legend(say: Language, pieces: Sequence[Any]) -> Html | None:
    """The colours that occur."""
    there = {each.mark for each in pieces}
    used = [mark for mark in TOKEN_MARKS if mark in there]
    boxes = [el("span", el("span", "", class_=f"token {mark} swatch"), " ", say(TOKEN_MARKS[mark])) for mark in used]
    return el("p", boxes, class_="legend") if used else None


def squares(
    label: str,
    rows: Sequence[str],
    columns: Sequence[str],
    values: Sequence[Sequence[float]],
    *,
    numbered: bool = False,
) -> Html:
    """A square for each row and column, as dark as its number from 0 to 1; the numbers stand in their titles.

    Args:
        numbered: columns have the numbers of the rows, for names that are texts.
    """
    lines = [
        wrapped(f"{i}. {each}" if numbered else each, _LINE if numbered else None) for i, each in enumerate(rows, 1)
    ]
    heads = [str(i) for i, _ in enumerate(columns, 1)] if numbered else columns
    left, top = 8 + _wide(line for each in lines for line in each), 8 + _wide(heads)
    below = [top + each for each in accumulate((max(_SQUARE, _LEAD * len(each) + 5) for each in lines), initial=0.0)]
    names: list[Child] = [_name(each, left - 5, below[i] + 13) for i, each in enumerate(lines)]
    names += [_head(each, left + i * _SQUARE, top - 5, turned=not numbered) for i, each in enumerate(heads)]
    cells = [
        el(
            "rect",
            el("title", f"{rows[i]} → {columns[j]}: {number:.2f}"),
            x=_at(left + j * _SQUARE),
            y=_at(below[i]),
            width=_SQUARE - 1,
            height=_SQUARE - 1,
            fill_opacity=f"{0.06 + 0.94 * min(max(number, 0), 1):.3f}",
        )
        for i, row in enumerate(values)
        for j, number in enumerate(row)
    ]
    wide, high = left + _SQUARE * len(columns) + 4, below[-1] + 4
    size = {"viewBox": f"0 0 {_at(wide)} {_at(high)}", "width": _at(wide), "height": _at(high)}
    drawn = el("svg", names, cells, class_="squares", role="img", aria_label=label, **size)
    return el("div", drawn, class_="scroll plain", role="region", tabindex=0, aria_label=label)


def _wide(names: Iterable[str]) -> float:
    return _LETTER * max(map(columns_of, names), default=0)


def _head(name: str, x: float, y: float, *, turned: bool) -> Html:
    if not turned:
        return el("text", name, x=_at(x + _SQUARE / 2), y=_at(y), text_anchor="middle")
    return el("text", name, x=_at(x + 13), y=_at(y), transform=f"rotate(-90 {_at(x + 13)} {_at(y)})")


def _name(lines: Sequence[str], x: float, y: float) -> Html:
    spans = [el("tspan", line, x=_at(x), y=_at(y + _LEAD * i)) for i, line in enumerate(lines)]
    return el("text", spans, text_anchor="end")


def _at(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def seen_by(say: Language, names: Sequence[str], attends: dict[str, Any]) -> list[Html]:
    """Who may look at whom, where that is neither all at all nor each at what came before."""
    titles = {"reads": say("who sees whom"), "predicts": say("whom each sees that is asked for")}
    found, shown = list[Html](), [*map(shown_token, names)]
    for what, each in attends.items():
        rows = [shown[place] for place in each.places]
        values = [[*map(float, row)] for row in each.sees]
        found += [el("h3", titles[what]), squares(titles[what], rows, shown, values)]
    return found


def chances(say: Language, rows: Sequence[tuple[str, float]], label: str) -> Html:
    """Texts with their probabilities, as bars and as figures."""
    lines: list[list[Child]] = [
        [el("code", text), el("meter", value=f"{chance:.4f}"), percent(chance)] for text, chance in rows
    ]
    heads = [say("token"), "", say("probability")]
    return table(heads, lines, figures=(2,), name="chances", label=label)


def percent(chance: float) -> str:
    """A probability in hundredths, those that are small with their first digit.

    >>> percent(0.345), percent(0.00031)
    ('34.5 %', '0.03 %')
    """
    hundredths = 100 * chance
    return f"{hundredths:.1f} %" if hundredths >= 1 or not chance else f"{hundredths:.2g} %"
