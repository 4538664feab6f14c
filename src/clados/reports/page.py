"""A page that needs nothing else, neither network nor script, and what reports have in common."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from clados.html import Child, Html, el


def page_style(name: str) -> str:
    """A style of the package: ``report``, or ``guesses``, which stands in other pages, too."""
    return Path(__file__).with_name(f"{name}.css").read_text(encoding="utf-8")


def whole_page(title: str, *content: Child) -> str:
    """A report as one HTML file: light and dark by the reader's system, for a wide window and a phone, and on paper."""
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("title", f"{title} · Clados"),
        el("style", Html(page_style("report") + page_style("guesses"))),
    )
    return f"<!doctype html>\n{el('html', head, el('body', el('main', content)), lang='en')}\n"


def number_tiles(numbers: Iterable[tuple[str, str, str]]) -> Html:
    """Numbers that are seen first: what each is, the number itself, and a note to it."""
    return el(
        "div",
        (
            el("div", el("span", name), el("b", number), el("small", note) if note else None, class_="tile")
            for name, number, note in numbers
        ),
        class_="tiles",
    )


def duration(seconds: float) -> str:
    """A time in minutes and seconds, its numbers in one line with their units.

    >>> duration(1730).split()
    ['28', 'min', '50', 's']
    """
    whole = round(seconds)
    told = f"{seconds:.1f} s" if seconds < 60 else f"{whole // 60} min {whole % 60} s"
    return told.replace(" ", "\u00a0")


def fact_list(known: Mapping[str, Child]) -> Html:
    """What is known, under its names."""
    return el("dl", (el("div", el("dt", name), el("dd", value)) for name, value in known.items()), class_="facts")


def card_grid(made: Sequence[Child]) -> Html:
    """Cards side by side, as many as there is room for."""
    return el("div", (el("article", each) for each in made), class_="cards") if made else Html("")


def report_table(label: str, heads: Sequence[str], rows: Iterable[Sequence[Child]]) -> Html:
    """A table in a frame that scrolls by itself; cells that are no text first are set right."""
    top = el("tr", (el("th", each, scope="col") for each in heads))
    body = [el("tr", (el("td", each) for each in row)) for row in rows]
    whole = el("table", el("thead", top), el("tbody", body))
    return el("div", whole, class_="scroll", role="region", tabindex=0, aria_label=label)
