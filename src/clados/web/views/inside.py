"""The boxes of a drawing as folds that open: what each part holds, down to what holds nothing more."""

from collections.abc import Iterator
from typing import Any

from clados.html import Child, Html, el
from clados.web.request import PageRequest


def inside(asked: PageRequest, data: dict[str, Any]) -> Html:
    """Each box of a drawing's outline, closed; the script opens the one whose box in the drawing is chosen."""
    hint = asked.say("What is inside: open a part here, or choose its box in the drawing.")
    return el("div", el("p", hint, class_="lead"), _held(asked, data["inside"], ""), class_="inside", data_inside=True)


def _held(asked: PageRequest, parts: list[dict[str, Any]], place: str) -> Html:
    return el("ul", (el("li", _part(asked, each, f"{place}.{each['name']}".lstrip("."))) for each in parts))


def _part(asked: PageRequest, part: dict[str, Any], place: str) -> Html:
    line = [*_line(asked, part)]
    if not part["inside"]:
        return el("span", line, data_part=place, tabindex=-1)
    return el("details", el("summary", line), _held(asked, part["inside"], place), data_part=place, data_key=place)


def _line(asked: PageRequest, part: dict[str, Any]) -> Iterator[Child]:
    yield el("b", asked.say.phrase(part["name"] + f" × {part['times']}" * (part["times"] > 1)))
    if part["part"]:
        yield " "
        yield el("code", part["part"])
    yield el("span", f"{part['params']:,}", class_="number")
