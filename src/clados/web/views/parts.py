"""What several pages are made of: tables, values with their sources, pictures."""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from clados.catalog.card import Card, Value
from clados.catalog.schema import ATTRIBUTES, VALUE_KINDS
from clados.catalog.texts import attribute_text
from clados.html import Child, Html, el
from clados.web.language import Language

CURVE_SIZES = ((860, 380, "canvas roomy"), (360, 330, "canvas tight"))  # of a window's, of a phone's


def capital(text: str) -> str:
    """A text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def own(name: str) -> Html:
    """The name of a model, a size or a file at the head of a column, which keeps its small letters."""
    return el("span", name, class_="own")


def alert(say: Language, text: str) -> Html:
    """What is wrong, in the language of the page; screen readers say it at once."""
    return el("p", say.phrase(text), class_="mistake", role="alert")


def table(
    heads: Sequence[Child],
    rows: Iterable[Sequence[Child]],
    *,
    figures: Sequence[int] = (),
    name: str = "",
    label: str = "",
    told: bool = False,
) -> Html:
    """A table whose rows have their first cell as head, in a frame that scrolls.

    Args:
        figures: columns of numbers.
        name: of its class.
        label: what it is, for those who cannot see it.
        told: cells know the head of their column, which stands before them where a row is set as a card.
    """

    def kind(place: int) -> str | None:
        return "figure" if place in figures else None

    top = el("tr", (el("th", head, scope="col", class_=kind(i)) for i, head in enumerate(heads)))
    body = [
        el(
            "tr",
            el("th", row[0], scope="row"),
            (
                el("td", cell, class_=kind(i), data_label=capital(str(heads[i])) if told else None)
                for i, cell in enumerate(row[1:], 1)
            ),
        )
        for row in rows
    ]
    whole = el("table", el("thead", top), el("tbody", body), class_=name or None)
    return el("div", whole, class_="scroll", role="region", tabindex=0, aria_label=label or str(heads[0]))


def evidence(say: Language, value: Value) -> Html:
    """The kind of a value; what that means, source and note show where one points at it or the keyboard reaches it."""
    lines = [capital(say(VALUE_KINDS[value.kind])), value.source or None, value.note or None]
    if value.recalled:
        lines.append(say("from memory, not read again"))
    tip = el("span", (el("span", line) for line in lines if line), class_="told")
    text = say("per the survey") if value.per_survey else say(value.kind)
    known = {"unknown": "faint", "disputed": "wrong", "estimated": "amber"}.get(value.kind, "plain")
    return el("span", text, tip, class_=f"mark {known}", tabindex=0)


def linked(text: str) -> Html:
    """A text, its arXiv numbers and addresses as links."""
    found = re.compile(r"arXiv:(\d{4}\.\d{4,5})|https?://[^\s;,)\]]+")
    out: list[Child] = []
    end = 0
    for each in found.finditer(text):
        address = f"https://arxiv.org/abs/{each[1]}" if each[1] else each[0]
        out += [text[end : each.start()], el("a", each[0], href=address, rel="noreferrer")]
        end = each.end()
    return el("span", out, text[end:])


def value_text(say: Language, card: Card, name: str) -> str:
    """An attribute's value as people read it, terms of the catalogue in the language of the page."""
    value = card.values[name]
    if not value.known:
        return say("unknown")
    return (
        ", ".join(map(say, value.items)) if ATTRIBUTES[name].type in ("name", "names") else attribute_text(card, name)
    )


def assumed_said(say: Language, shape: str) -> str:
    """The fields of a size's shape, which are code, and which of them are assumed."""
    return re.sub(r"\b(assumed|unknown)\b", lambda found: say(found[0]), shape)


def with_code(text: str) -> list[Child]:
    """A text, what stands between backquotes as code."""
    return [el("code", part) if i % 2 else part for i, part in enumerate(text.split("`"))]


def data_block(data: Any) -> Html:
    """Plain data for a page's script: no script itself, and safe to stand in HTML."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return el("script", Html(text), type="application/json", id="data")


def picture(svg: str) -> tuple[Html, str]:
    """A drawing of `clados.drawing` as an element of a page, and its style, which stands in the page's head."""
    found = re.search(r"<style>(.*?)</style>", svg, re.DOTALL)
    style = found[1] if found else ""
    return Html(svg.replace(found[0], "", 1) if found else svg), style
