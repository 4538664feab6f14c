"""The card of a model: facts with their sources, drawing, counts, descent, recipe, proofs, errata, files."""

from collections.abc import Iterator

from clados.catalog.card import Card, CardSize
from clados.catalog.errata import errata_of_kind
from clados.catalog.pages import ERRATA
from clados.catalog.publications import described_in
from clados.catalog.sizes import size_named
from clados.catalog.structure import structure
from clados.drawing.drawings import draw
from clados.drawing.layout.direction import Direction, known_direction
from clados.html import Child, Html, el
from clados.web.evidence import kept_proofs
from clados.web.request import PageRequest
from clados.web.views.card_numbers import counts_section, ledger_section
from clados.web.views.descent import descent_section
from clados.web.views.facets import name_of
from clados.web.views.figures import FIGURE_SCRIPTS, zoomed
from clados.web.views.frame import Document, page
from clados.web.views.inside import inside
from clados.web.views.objective import objective_section
from clados.web.views.parts import evidence, linked, picture, table, value_text
from clados.web.views.recipe import recipe_section

_HEAD = ("date", "lab", "params", "license", "weights")  # what is said beside the name


def model_page(asked: PageRequest, card: Card) -> Document:
    """All that is known of a model; of a size that ``?size=`` names, else of the headline one.

    ``?direction=right`` draws it so that data flow to the right.

    Raises:
        InputError: for a size that was not published, with the nearest; for a direction that is none.
    """
    size = next((size_named(card, value) for name, value in asked.query if name == "size"), card.headline_size)
    drawn = _drawn(card, size)
    direction = known_direction(asked.one("direction", "up"))
    drawing = draw(f"{card.id}:{size.name}", direction=direction) if drawn and size else None
    svg, style = picture(drawing.svg) if drawing else (None, "")
    sections: list[tuple[str, str, Child]] = [
        ("facts", "Facts", _facts(asked, card)),
        ("errata", "Errata of the survey", _errata(asked, card)),
        ("drawing", "Drawing", _drawing(asked, card, size, direction, svg) if size else None),
        ("inside", "Parts", inside(asked, drawing.data) if drawing else None),
        ("objective", "Objective", objective_section(asked, card)),
        ("counts", "Sizes", counts_section(asked, card)),
        ("ledger", "Ledger", ledger_section(asked, card, size) if drawn and size else None),
        ("descent", "Descent", descent_section(asked, card)),
        ("recipe", "Recipe", recipe_section(asked, card, size)),
        ("proofs", "Proofs", _proofs(asked, card)),
        (
            "assumed",
            "Assumed",
            el("ul", (el("li", each) for each in card.assumed)) if card.assumed else None,
        ),
        ("described", "Described in", _described(card)),
    ]
    there = [(key, asked.say(title), content) for key, title, content in sections if content]
    contents = el(
        "nav",
        (el("a", title, href=f"#{key}") for key, title, _ in there),
        class_="contents",
        aria_label=asked.say("On this page"),
    )
    blocks = [el("section", el("h2", title), content, id=key) for key, title, content in there]
    body = (_title(asked, card), contents, blocks)
    scripts = (*(FIGURE_SCRIPTS if svg else ()), *(("live.js",) if asked.live else ()))
    return page(asked, card.name, *body, styles=[style] if style else (), scripts=scripts)


def _drawn(card: Card, size: CardSize | None) -> bool:
    from clados.catalog.card import declaration_of

    return size is not None and card.runnable and size.name in declaration_of(card).sizes


def _title(asked: PageRequest, card: Card) -> Html:
    say = asked.say
    where = say("survey {section}", section=card.survey) if card.survey else say("not among the survey's 77")
    runs = (
        el("span", say("builds and runs"), class_="badge runs")
        if card.runnable
        else el("span", say("facts only"), class_="badge")
    )
    head = [
        el("span", el("b", name_of(say, name)), " ", value_text(asked.say, card, name))
        for name in _HEAD
        if card.values[name].known
    ]
    files = [("json", "JSON"), ("bib", "BibTeX"), *([("svg", "SVG")] if _drawn(card, card.headline_size) else [])]
    links = [el("a", name, href=f"{card.id}.{kind}", download=True) for kind, name in files]
    return el(
        "div",
        el("p", el("code", card.id), " · ", where, " ", runs, class_="lead"),
        el("h1", card.name),
        el("p", head, class_="headline"),
        el("p", el("span", say("Files")), links, class_="files"),
        class_="welcome",
    )


def _facts(asked: PageRequest, card: Card) -> Html:
    wrong = {row.attribute for row in errata_of_kind(card.errata, "wrong")}
    rows = []
    for name, value in card.values.items():
        text = value_text(asked.say, card, name)
        shown = (
            linked(text)
            if name in ("link", "reference")
            else el("span", text, class_=None if value.known else "unknown")
        )
        marked = el("a", asked.say("erratum"), href="#errata", class_="badge wrong") if name in wrong else None
        rows.append([name_of(asked.say, name), [shown, " ", marked], evidence(asked.say, value)])
    heads = [asked.say(each) for each in ("attribute", "value", "evidence")]
    return table(heads, rows, name="facts")


def _errata(asked: PageRequest, card: Card) -> list[Html]:
    """What the survey's row says, to the letter, and what a source says instead."""
    say, shown = asked.say, []
    for kind, title in ERRATA.items():
        for row in errata_of_kind(card.errata, kind):
            has = el("q", row.survey) if row.survey else say("nothing")
            source = row.source if row.checked else say("not yet checked")
            shown.append(
                el(
                    "div",
                    el(
                        "p",
                        el("span", say(title), class_=f"badge {'wrong' if kind == 'wrong' else 'amber'}"),
                        " ",
                        el("b", name_of(say, row.attribute)),
                    ),
                    el("p", say("the survey has"), " ", has),
                    el("p", row.fact, " ", el("span", linked(source), class_="source")),
                    class_="erratum",
                )
            )
    return shown


def _drawing(asked: PageRequest, card: Card, size: CardSize, direction: Direction, svg: Html | None) -> Iterator[Child]:
    turned = f"&direction={direction}" if direction != "up" else ""
    if asked.live and len(card.sizes) > 1:
        links = [
            el("a", each.name, href=f"?size={each.name}{turned}#drawing", aria_current="true" if each is size else None)
            for each in card.sizes
        ]
        yield el("p", links, class_="sizes")
    if svg is None:
        yield el(
            "p", asked.say("{model} is not declared: nothing can be drawn or counted.", model=f"{card.id}:{size.name}")
        )
        return
    if asked.live:
        links = [
            el(
                "a",
                asked.say(name),
                href=f"?size={size.name}&direction={each}#drawing",
                aria_current="true" if each == direction else None,
            )
            for each, name in (("up", "Upwards"), ("right", "To the right"))
        ]
        yield el("p", links, class_="sizes")
    yield zoomed(asked, svg, long=direction == "right")
    built = structure(card, size.name)
    yield table([asked.say("structure"), f"{card.id}:{size.name}"], [[name, text] for name, text in built.rows.items()])


def _proofs(asked: PageRequest, card: Card) -> Html | None:
    rows = [
        [
            each.name,
            el("span", asked.say(each.status), class_=f"badge {each.status}"),
            each.evidence,
            el("span", each.day, title=each.versions),
        ]
        for each in kept_proofs(card.id)
    ]
    heads = [asked.say(each) for each in ("proof", "status", "evidence", "day")]
    return table(heads, rows, name="proofs") if rows else None


def _described(card: Card) -> Html:
    return el(
        "ul",
        (
            el(
                "li",
                str(each),
                " ",
                el("a", each.reference, href=each.link, rel="noreferrer") if each.link else each.reference,
            )
            for each in described_in(card)
        ),
    )
