"""The catalogue: facets with counts, chips, a table that is ordered and cut by columns. The address is its state."""

from collections.abc import Iterator, Sequence

from clados.catalog.card import Card
from clados.catalog.query import ordered
from clados.catalog.schema import ATTRIBUTES
from clados.errors import InputError
from clados.html import Child, Html, el
from clados.web.index import CardIds
from clados.web.request import PageRequest
from clados.web.state import COLUMNS, FIRST_COLUMNS, Listing
from clados.web.views import facets
from clados.web.views.frame import Document, page
from clados.web.views.parts import alert, capital, data_block, value_text

CATALOGUE_SCRIPTS = (
    *(
        f"vendor/d3-{name}.min.js"
        for name in ("dispatch", "selection", "drag", "color", "interpolate", "timer", "ease")
    ),
    *(f"vendor/d3-{name}.min.js" for name in ("transition", "brush")),
    "query.js",
    "ranges.js",
    "catalogue.js",
)


def catalogue_page(asked: PageRequest) -> Document:
    """The page of the whole catalogue, cut by what the address asks; a mistake of the address is said above it."""
    try:
        state = Listing.of(asked.query)
        passing = asked.index.passing(state)
        rows = ordered(asked.cards.values(), state.sort)
        mistake = None
    except InputError as error:
        state, passing, mistake = Listing(), {}, str(error)
        rows = ordered(asked.cards.values(), state.sort)
    shown = asked.index.met(passing)
    say = asked.say
    form = el(
        "form",
        el("input", type="hidden", name="sort", value=state.sort),
        facets.facets(asked, state, passing),
        el("section", _results(asked, state, rows, shown, mistake), class_="results"),
        id="catalogue",
        class_="catalogue",
        method="get",
        action="index.html",
        data_read=bool(asked.query),
    )
    compared = el("form", id="compare", method="get", action="compare.html")
    words = {each: say(each) for each in ("{shown} of {total} models", "Copied", "Remove the filter {name}")}
    data = {**asked.index.data(), "usual": FIRST_COLUMNS, "words": words}
    return page(
        asked,
        say("Catalogue"),
        _welcome(asked),
        form,
        compared,
        data_block(data),
        scripts=CATALOGUE_SCRIPTS,
        wide=True,
    )


def _welcome(asked: PageRequest) -> Html:
    say = asked.say
    theirs = sum(bool(card.survey) for card in asked.cards.values())
    runs = sum(card.runnable for card in asked.cards.values())
    said = say(
        "{total} models, the survey's {theirs} among them, each value with its source; {runs} build and run.",
        total=len(asked.cards),
        theirs=theirs,
        runs=runs,
    )
    return el("div", el("h1", say("The catalogue of Transformers")), el("p", said, class_="lead"), class_="welcome")


def _results(
    asked: PageRequest, state: Listing, rows: Sequence[Card], shown: CardIds, mistake: str | None
) -> Iterator[Child]:
    say = asked.say
    count = say("{shown} of {total} models", shown=len(shown), total=len(rows))
    yield alert(asked.say, mistake) if mistake else None
    yield el(
        "div",
        el("output", count, id="count", class_="count"),
        el("span", _chips(asked, state), id="chips", class_="chips"),
        class_="bar",
    )
    yield el(
        "div",
        _columns(asked, state),
        _copying(asked, state),
        el("button", say("Compare the ticked"), type="submit", form="compare", class_="quiet"),
        class_="bar tools",
    )
    yield el(
        "div", _table(asked, state, rows, shown), class_="scroll", role="region", tabindex=0, aria_label=say("Models")
    )
    yield el("p", say("No model is like that."), id="none", class_="none", hidden=bool(shown))


def _chips(asked: PageRequest, state: Listing) -> Iterator[Html]:
    """The filters that hold, each a link to the page without it."""
    for name, words in state.filters.items():
        label = facets.name_of(asked.say, name)
        text = label if words == "yes" else f"{label}: {facets.said_words(asked, state, name)}"
        yield el(
            "a",
            text,
            el("span", " ×", aria_hidden="true"),
            href=f"index.html?{state.without(name).url}",
            class_="chip",
            data_filter=name,
            aria_label=asked.say("Remove the filter {name}", name=text),
        )


_TERMS = ("architecture",)  # columns of short terms


def _columns(asked: PageRequest, state: Listing) -> Html:
    boxes = [
        el(
            "label",
            el("input", type="checkbox", name="columns", value=name, checked=name in state.columns),
            el("span", facets.name_of(asked.say, name)),
        )
        for name in COLUMNS
    ]
    button = el("button", asked.say("Apply"), type="submit", class_="apply")
    return el("details", el("summary", asked.say("Columns")), el("div", boxes, button, class_="menu"), class_="drop")


def _copying(asked: PageRequest, state: Listing) -> Html:
    """The same question on the command line and in Python, to be copied."""
    lines = [
        el(
            "p",
            el("code", text, id=f"as-{kind}"),
            el("button", asked.say(f"Copy as {name}"), type="button", data_copy=f"as-{kind}", hidden=True),
        )
        for kind, name, text in (("cli", "CLI", state.command()), ("python", "Python", state.python()))
    ]
    return el(
        "details",
        el("summary", asked.say("As a command")),
        el("div", lines, class_="menu copying"),
        class_="drop",
    )


def _table(asked: PageRequest, state: Listing, rows: Sequence[Card], shown: CardIds) -> Html:
    say = asked.say
    heads = [_head(asked, state, name) for name in COLUMNS]
    body = [_row(asked, state, card, hidden=card.id not in shown) for card in rows]
    tick = el("th", el("span", say("Compare"), class_="unseen"), scope="col", class_="tick")
    return el(
        "table",
        el("caption", say("Models"), class_="unseen"),
        el("thead", el("tr", tick, heads)),
        el("tbody", body),
        class_="models",
    )


def _head(asked: PageRequest, state: Listing, name: str) -> Html:
    way = {name: "ascending", f"-{name}": "descending"}.get(state.sort)
    turned = f"-{name}" if state.sort == name else name
    meaning = asked.say(ATTRIBUTES[name].meaning) if name in ATTRIBUTES else None
    button = el("button", facets.name_of(asked.say, name), type="submit", name="sort", value=turned, title=meaning)
    wide = "prose" if name in ATTRIBUTES and ATTRIBUTES[name].type == "prose" else None
    return el("th", button, scope="col", aria_sort=way, data_column=name, hidden=name not in state.columns, class_=wide)


def _row(asked: PageRequest, state: Listing, card: Card, *, hidden: bool) -> Html:
    name = asked.say("Compare {name}", name=card.name)
    tick = el("input", type="checkbox", name="models", value=card.id, form="compare", aria_label=name)
    cells = [
        el(
            "td",
            _value(asked, card, each),
            data_column=each,
            data_label=capital(facets.name_of(asked.say, each)),
            hidden=each not in state.columns,
            class_=_kind(card, each),
        )
        for each in ATTRIBUTES
    ]
    facts = None if card.runnable else el("span", asked.say("facts only"), class_="badge")
    link = el("a", card.name, href=f"cards/{card.id}.html")
    first = el("th", link, " ", facts, scope="row", data_column="name", hidden="name" not in state.columns)
    return el("tr", el("td", tick, class_="tick"), first, cells, data_id=card.id, hidden=hidden)


def _value(asked: PageRequest, card: Card, name: str) -> Child:
    """An attribute's value; of a column of short terms each in one piece, also those with a hyphen."""
    value = card.values[name]
    if not value.known or name not in _TERMS:
        return value_text(asked.say, card, name)
    terms = [el("span", asked.say(str(each)), class_="term") for each in value.items]
    return [part for each in terms for part in (", ", each)][1:]


def _kind(card: Card, name: str) -> str | None:
    kinds = ["figure"] if ATTRIBUTES[name].type in ("count", "counts", "date") else []
    kinds += ["unknown"] if not card.values[name].known else []
    kinds += ["prose"] if ATTRIBUTES[name].type == "prose" else []
    return " ".join(kinds) or None
