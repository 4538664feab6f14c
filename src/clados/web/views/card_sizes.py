"""What of a card depends on its size and on the direction of its drawing: drawing, structure, parts, ledger."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlencode

from clados.catalog.card import Card, CardSize, declaration_of
from clados.catalog.counts import named_model
from clados.catalog.structure import structure
from clados.drawing.architecture.opened import ALL
from clados.drawing.drawings import Drawing, draw
from clados.drawing.layout.direction import Direction, known_direction
from clados.html import Child, Html, el
from clados.web.addresses import size_at, size_folder
from clados.web.request import PageRequest
from clados.web.views.card_numbers import ledger_section
from clados.web.views.figures import FIGURE_SCRIPTS, zoomed
from clados.web.views.frame import Document, page
from clados.web.views.inside import inside
from clados.web.views.parts import own, picture, table

_DIRECTIONS: Mapping[Direction, str] = {"up": "Upwards", "right": "To the right"}


class CardSection(NamedTuple):
    """A part of a page that its contents lead to."""

    key: str
    title: str
    content: Child


class SizeSections(NamedTuple):
    """What is shown of a size: its drawing, its parts, its ledger, and the style and scripts that the drawing needs."""

    drawing: CardSection
    parts: CardSection
    ledger: CardSection
    styles: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()


def is_declared(card: Card, size: CardSize) -> bool:
    """Whether a size of a card can be drawn and counted."""
    return card.runnable and size.name in declaration_of(card).sizes


def size_sections(asked: PageRequest, card: Card, size: CardSize | None, direction: Direction) -> SizeSections:
    """Drawing, parts and ledger of a size, empty for what is not declared; ``?open=`` names the drawing's opened folds.

    Raises:
        InputError: for a fold that the drawing does not have.
    """
    declared, opened = size and is_declared(card, size), tuple(asked.all("open"))
    named = named_model(f"{card.id}:{size.name}") if size and declared else None
    drawing = draw(named, direction=direction, opened=opened) if named else None
    svg, style = picture(drawing.svg) if drawing else (None, "")
    return SizeSections(
        CardSection("drawing", "Drawing", _shown(asked, card, size, direction, drawing, svg) if size else None),
        CardSection("inside", "Parts", inside(asked, drawing.data) if drawing else None),
        CardSection("ledger", "Ledger", ledger_section(asked, card, size) if drawing and size else None),
        (style,) if drawing else (),
        FIGURE_SCRIPTS if drawing else (),
    )


def size_page(asked: PageRequest, card: Card, folder: str, direction: str) -> Document:
    """These alone, as a site of files has them, where nothing answers ``?size=``.

    Raises:
        InputError: for a folder that is none of a size, with the nearest; for a direction that is none.
    """
    size = size_at(card, folder)
    found = size_sections(asked, card, size, known_direction(direction))
    title = f"{card.name} · {size.name}"
    whole = el("a", asked.say("All of {model}", model=card.name), href=f"{asked.up}cards/{card.id}.html")
    head = el("div", el("h1", title), el("p", whole, class_="lead"), class_="welcome")
    body = laid_out(asked, (found.drawing, found.parts, found.ledger))
    return page(asked, title, head, *body, styles=found.styles, scripts=found.scripts)


def laid_out(asked: PageRequest, sections: Iterable[CardSection]) -> tuple[Html, list[Html]]:
    """The contents, and the sections that hold anything."""
    there = [(key, asked.say(title), content) for key, title, content in sections if content]
    links = [el("a", title, href=f"#{key}") for key, title, _ in there]
    contents = el("nav", links, class_="contents", aria_label=asked.say("On this page"))
    return contents, [el("section", el("h2", title), content, id=key) for key, title, content in there]


def _shown(
    asked: PageRequest, card: Card, size: CardSize, direction: Direction, drawing: Drawing | None, svg: Html | None
) -> Iterator[Child]:
    """The other sizes and directions, the drawing and its folds, and the structure in words."""
    if len(card.sizes) > 1:
        sizes = [(each.name, _place(asked, card, each, direction), each is size) for each in card.sizes]
        yield _choice(asked.say("Size"), sizes)
    if svg is None or drawing is None:
        model = f"{card.id}:{size.name}"
        yield el("p", asked.say("{model} is not declared: nothing can be drawn or counted.", model=model))
        return
    opened = asked.all("open")
    yield _choice(
        asked.say("Data flow"),
        (
            (asked.say(name), _place(asked, card, size, each, opened), each == direction)
            for each, name in _DIRECTIONS.items()
        ),
    )
    if drawing.data["folds"] and (asked.live or size is card.headline_size):
        folds = drawing.data["folds"].items()
        links = [_fold(asked, card, size, direction, *each) for each in folds]
        yield el("p", el("span", asked.say("Layer by layer")), links, class_="sizes")
    yield zoomed(asked, svg, long=direction == "right")
    built = structure(card, size.name)
    heads = [asked.say("structure"), own(f"{card.id}:{size.name}")]
    yield table(heads, ([asked.say.phrase(each) for each in row] for row in built.rows.items()), name="words")


def _choice(title: str, links: Iterable[tuple[str, str, bool]]) -> Html:
    """Links to what else may be shown, after what they are; the one that is shown is marked."""
    shown = [el("a", name, href=place, aria_current="true" if now else None) for name, place, now in links]
    return el("p", el("span", title), shown, class_="sizes")


def _fold(asked: PageRequest, card: Card, size: CardSize, direction: Direction, key: str, title: str) -> Html:
    """The link that opens a fold, or closes it; among files, it leads to the drawing with all of them opened."""
    title = asked.say.phrase(title)
    said = asked.say("{fold}: layer by layer", fold=title)
    if not asked.live:
        return el("a", title, href=f"{asked.up}cards/{card.id}/opened.svg", aria_label=said, data_fold=key)
    opened = asked.all("open")
    rest = [each for each in opened if each not in (key, ALL) and each.rpartition(".")[0] != key]
    place = _place(asked, card, size, direction, rest if rest != opened else [*opened, key])
    current = "true" if rest != opened else None
    return el("a", title, href=place, aria_label=said, aria_current=current, data_fold=key)


def _place(asked: PageRequest, card: Card, size: CardSize, direction: Direction, opened: Sequence[str] = ()) -> str:
    """Where a size is drawn in a direction: a question to the server, or a page of its own among files."""
    whole = f"{asked.up}cards/{card.id}"
    if asked.live:
        more = [("size", size.name), ("direction", direction), *(("open", each) for each in opened)]
        return f"{whole}.html?{urlencode(more)}#drawing"
    direction = direction if is_declared(card, size) else "up"
    if size is card.headline_size and direction == "up":
        return f"{whole}.html#drawing"
    return f"{whole}/{size_folder(size)}/{direction}.html"


def size_places(card: Card) -> Iterator[str]:
    """The paths of a card's pages of a size and a direction, without what the card itself shows."""
    for size in card.sizes:
        for direction in _DIRECTIONS if is_declared(card, size) else ("up",):
            if size is not card.headline_size or direction != "up":
                yield f"cards/{card.id}/{size_folder(size)}/{direction}.html"
