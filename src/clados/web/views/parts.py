"""What several pages are made of: tables, values with their sources, pictures."""

import re
from collections.abc import Iterable, Sequence

from clados.catalog.card import Value
from clados.web.html import Child, Html, el
from clados.web.language import Language


def table(
    heads: Sequence[Child],
    rows: Iterable[Sequence[Child]],
    *,
    figures: Sequence[int] = (),
    name: str = "",
    label: str = "",
) -> Html:
    """A table whose rows have their first cell as head, in a frame that scrolls.

    Args:
        figures: columns of numbers.
        name: of its class.
        label: what it is, for those who cannot see it.
    """

    def kind(place: int) -> str | None:
        return "figure" if place in figures else None

    top = el("tr", (el("th", head, scope="col", class_=kind(i)) for i, head in enumerate(heads)))
    body = [
        el("tr", el("th", row[0], scope="row"), (el("td", cell, class_=kind(i)) for i, cell in enumerate(row[1:], 1)))
        for row in rows
    ]
    whole = el("table", el("thead", top), el("tbody", body), class_=name or None)
    return el("div", whole, class_="scroll", role="region", tabindex=0, aria_label=label or str(heads[0]))


def evidence(say: Language, value: Value) -> Html:
    """The kind of a value; its source and note show where one points at it or reaches it by the keyboard."""
    lines = [value.source or None, value.note or None]
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


def picture(svg: str) -> tuple[Html, str]:
    """A drawing of `clados.drawing` as an element of a page, and its style, which stands in the page's head."""
    found = re.search(r"<style>(.*?)</style>", svg, re.DOTALL)
    style = found[1] if found else ""
    return Html(svg.replace(found[0], "", 1) if found else svg), style
