"""Tokens as boxes that break into lines, and squares that show numbers: what models see, write and attend to."""

from collections.abc import Sequence
from typing import Any

from clados.html import Child, Html, el
from clados.names import shown_token
from clados.web.language import Language
from clados.web.views.parts import table

TOKEN_MARKS = {  # what a token may be, as `clados.objectives.view` calls it, and what the legend says of it
    "hidden": "hidden, to be predicted",
    "replaced": "replaced by another, to be predicted",
    "kept": "left as it is, to be predicted",
    "sentinel": "stands for a removed span",
    "special": "mark of the vocabulary",
}
_SQUARE, _LETTER, _SIZE, _MOST = 18, 6.6, 11, 28


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


def squares(label: str, rows: Sequence[str], columns: Sequence[str], values: Sequence[Sequence[float]]) -> Html:
    """A square for each row and column, as dark as its number from 0 to 1; the numbers stand in their titles."""
    left = 8 + _LETTER * max(len(_short(each)) for each in rows)
    top = 8 + _LETTER * max(len(_short(each)) for each in columns)
    wide, high = left + _SQUARE * len(columns) + 4, top + _SQUARE * len(rows) + 4
    names: list[Child] = [
        el("text", _short(each), x=_at(left - 5), y=_at(top + i * _SQUARE + 13), text_anchor="end")
        for i, each in enumerate(rows)
    ]
    for i, each in enumerate(columns):
        x = left + i * _SQUARE + 13
        names.append(
            el("text", _short(each), x=_at(x), y=_at(top - 5), transform=f"rotate(-90 {_at(x)} {_at(top - 5)})")
        )
    cells = [
        el(
            "rect",
            el("title", f"{rows[i]} → {columns[j]}: {number:.2f}"),
            x=_at(left + j * _SQUARE),
            y=_at(top + i * _SQUARE),
            width=_SQUARE - 1,
            height=_SQUARE - 1,
            fill_opacity=f"{0.06 + 0.94 * min(max(number, 0), 1):.3f}",
        )
        for i, row in enumerate(values)
        for j, number in enumerate(row)
    ]
    size = {"viewBox": f"0 0 {_at(wide)} {_at(high)}", "width": _at(wide), "height": _at(high)}
    drawn = el("svg", names, cells, class_="squares", role="img", aria_label=label, **size)
    return el("div", drawn, class_="scroll plain", role="region", tabindex=0, aria_label=label)


def _short(text: str) -> str:
    return text if len(text) <= _MOST else text[: _MOST - 1] + "…"


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
