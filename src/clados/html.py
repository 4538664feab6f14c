"""HTML as values: every text is escaped where it is put into an element; what is markup already is of type `Html`."""

import re
from collections.abc import Iterable
from html import escape

from clados.tables import escape_controls


class Html(str):
    """Markup. Any other text is escaped before it becomes a part of it."""

    __slots__ = ()


Child = str | int | None | Iterable["Child"]
_AttributeValue = str | int | bool | None
_FLOWS = {"dd", "li", "p", "span", "td"}  # elements whose text is broken into lines
_SMALL = re.compile(r"\d(?:\.\d+)?e-\d+")  # a browser would break it at its hyphen
_VOID = {"br", "col", "hr", "img", "input", "link", "meta"}


def el(name: str, /, *children: Child, **attributes: _AttributeValue) -> Html:
    """`<name ...>children</name>`; in names of attributes `_` stands for `-`, a trailing one goes (``class_``).

    True is an attribute without a value; None and False leave it out. A number such as 1e-12 stays in one line.

    >>> el("p", "2 < 3", el("br"), class_="note")
    '<p class="note">2 &lt; 3<br></p>'
    >>> el("td", "eps 1e-12")
    '<td>eps <span class="term">1e-12</span></td>'
    """
    written = "".join(_attribute(key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items())
    return Html(f"<{name}{written}>" + ("" if name in _VOID else f"{html_of(children, flows=name in _FLOWS)}</{name}>"))


def _attribute(name: str, value: _AttributeValue) -> str:
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{escape(escape_controls(str(value)))}"'


def html_of(children: Child, *, flows: bool = False) -> Html:
    """Children one after another: texts escaped, nothing for None; small numbers whole in text that ``flows``."""
    if children is None:
        return Html("")
    if isinstance(children, Html):
        return children
    if isinstance(children, str | int):
        text = escape(escape_controls(str(children)))
        return Html(_SMALL.sub(r'<span class="term">\g<0></span>', text) if flows else text)
    return Html("".join(html_of(each, flows=flows) for each in children))
