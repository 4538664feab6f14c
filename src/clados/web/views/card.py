"""The card of a model: facts with their sources, drawing, counts, descent, recipe, proofs, errata, files."""

from clados.catalog.card import Card
from clados.catalog.errata import errata_of_kind
from clados.catalog.pages import ERRATA
from clados.catalog.publications import described_in
from clados.catalog.schema import ATTRIBUTES
from clados.catalog.sizes import size_named
from clados.catalog.structure import headline_declared
from clados.drawing.layout.direction import known_direction
from clados.html import Html, el
from clados.web.evidence import kept_proofs
from clados.web.request import PageRequest
from clados.web.views.card_numbers import counts_section
from clados.web.views.card_sizes import CardSection, laid_out, size_sections
from clados.web.views.descent import descent_section
from clados.web.views.facets import name_of
from clados.web.views.frame import Document, page
from clados.web.views.objective import objective_section
from clados.web.views.parts import evidence, linked, table, value_text
from clados.web.views.recipe import recipe_section

_HEAD = ("date", "lab", "params", "license", "weights")  # what is said beside the name


def model_page(asked: PageRequest, card: Card) -> Document:
    """All that is known of a model; of a size that ``?size=`` names, else of the headline one.

    ``?direction=right`` draws it so that data flow to the right, ``?open=stack.blocks`` with that fold opened.

    Raises:
        InputError: for a size that was not published, with the nearest; for a direction or a fold that is none.
    """
    size = next((size_named(card, value) for name, value in asked.query if name == "size"), card.headline_size)
    shown = size_sections(asked, card, size, known_direction(asked.one("direction", "up")))
    sections = (
        CardSection("facts", "Facts", _facts(asked, card)),
        CardSection("errata", "Errata of the survey", _errata(asked, card)),
        shown.drawing,
        shown.parts,
        CardSection("objective", "Objective", objective_section(asked, card)),
        CardSection("counts", "Sizes", counts_section(asked, card)),
        shown.ledger,
        CardSection("descent", "Descent", descent_section(asked, card)),
        CardSection("recipe", "Recipe", recipe_section(asked, card, size)),
        CardSection("proofs", "Proofs", _proofs(asked, card)),
        CardSection(
            "assumed",
            "Assumed",
            el("ul", (el("li", each) for each in card.assumed)) if card.assumed else None,
        ),
        CardSection("described", "Described in", _described(card)),
    )
    scripts = (*shown.scripts, *(("live.js",) if asked.live else ()))
    body = (_title(asked, card), *laid_out(asked, sections))
    return page(asked, card.name, *body, styles=shown.styles, scripts=scripts)


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
    files = [("json", "JSON"), ("bib", "BibTeX"), *([("svg", "SVG")] if headline_declared(card) else [])]
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
        called = el("span", name_of(asked.say, name), title=asked.say(ATTRIBUTES[name].meaning))
        rows.append([called, [shown, " ", marked], evidence(asked.say, value)])
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
                    el("p", say("The survey has"), " ", has),
                    el("p", row.fact, " ", el("span", linked(source), class_="source")),
                    class_="erratum",
                )
            )
    return shown


def _proofs(asked: PageRequest, card: Card) -> Html | None:
    rows = [
        [
            asked.say.phrase(each.name),
            el("span", asked.say(each.status), class_=f"badge {each.status}"),
            asked.say.phrase(each.evidence),
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
