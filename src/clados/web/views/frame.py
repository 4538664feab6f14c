"""What all pages have around them: head, navigation, page_languages, foot."""

from collections.abc import Sequence
from typing import NamedTuple

from clados.catalog.card import Card
from clados.html import Child, Html, el
from clados.version import __version__
from clados.web.language import page_languages
from clados.web.policy import page_policy
from clados.web.request import PageRequest


class Place(NamedTuple):
    """A page of the navigation, and how the paths of the pages below it begin."""

    path: str
    name: str
    below: tuple[str, ...] = ()

    def current(self, path: str) -> str | None:
        """What it is to the page at a path: that page, what leads to it, or neither."""
        return "page" if path == self.path else "true" if path.startswith(self.below) else None


NAVIGATION = (
    Place("index.html", "Catalogue", ("cards/",)),
    Place("tree.html", "Tree"),
    Place("timeline.html", "Timeline", ("timeline-", "recent.")),
    Place("compare.html", "Compare"),
    Place("designer.html", "Designer"),
    Place("learn.html", "Learn", ("learn/",)),
)
_PLAYGROUND = Place("playground.html", "Playground")  # of a server
_RUNS = Place("runs.html", "Runs")  # of one that was given a folder of them


class Document(NamedTuple):
    """A whole page, and the Content-Security-Policy that allows what it brings along."""

    html: Html
    policy: str


def page(
    asked: PageRequest,
    title: str,
    *content: Child,
    scripts: Sequence[str] = (),
    styles: Sequence[str] = (),
    wide: bool = False,
    images: bool = False,
    python: bool = False,
) -> Document:
    """A whole document.

    Args:
        title: of the window.
        content: what stands in the middle.
        scripts: files of ``static`` that are run when all is there, in order.
        styles: of the pictures that stand in it.
        wide: whether it takes all the room there is.
        images: whether images stand in it, and not behind an address.
        python: whether it runs Python in the browser.
    """
    policy = page_policy(styles, images=images, python=python)
    head = el(
        "head",
        el("meta", charset="utf-8"),
        None if asked.live else el("meta", http_equiv="Content-Security-Policy", content=policy),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("title", f"{title} · Clados"),
        el("link", rel="icon", href=f"{asked.top}static/icon.svg"),
        el("link", rel="stylesheet", href=f"{asked.top}static/page.css"),
        [el("style", Html(each)) for each in styles],
        [el("script", defer=True, src=f"{asked.top}static/{each}") for each in scripts],
    )
    body = el(
        "body",
        el("a", asked.say("Skip to the content"), href="#content", class_="skip"),
        _header(asked),
        el("main", content, id="content", class_="wide" if wide else None, tabindex=-1),
        _footer(asked),
    )
    return Document(Html("<!doctype html>\n" + el("html", head, body, lang=asked.say.code)), policy)


def _header(asked: PageRequest) -> Html:
    links = [
        el(
            "a",
            asked.say(place.name),
            href=asked.up + place.path,
            aria_current=place.current(asked.path),
        )
        for place in (*NAVIGATION, *((_PLAYGROUND,) if asked.live else ()), *((_RUNS,) if asked.site.runs else ()))
    ]
    others = [
        el(
            "a",
            each.name,
            href=f"{asked.top}{each.folder}{asked.path}{asked.written() if asked.live else ''}",
            lang=each.code,
            data_language=each.code,
        )
        for each in page_languages().values()
        if each != asked.say
    ]
    brand = el("a", "Clados", href=f"{asked.up}index.html", class_="brand")
    return el("header", brand, el("nav", links, aria_label=asked.say("Pages")), el("span", others, class_="tongues"))


def _footer(asked: PageRequest) -> Html:
    text = asked.say(
        "Clados {version}: every fact with its source, every picture drawn from data.", version=__version__
    )
    return el("footer", el("p", text))


def not_found(asked: PageRequest, message: str, near: Sequence[Card]) -> Document:
    """The page of what is not there, with the nearest models."""
    say = asked.say
    links = [el("li", el("a", each.name, href=f"{asked.up}cards/{each.id}.html")) for each in near]
    return page(
        asked,
        say("Not found"),
        el("div", el("h1", say("Not found")), data_region="title"),
        el("div", el("p", say.phrase(message)), data_region="result"),
        [el("p", say("The nearest model")), el("ul", links)] if links else None,
        el("p", el("a", say("All models"), href=f"{asked.up}index.html")),
    )
