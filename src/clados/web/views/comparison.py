"""Two to four models side by side, and what changed from the first to each of the others."""

from collections.abc import Iterator, Sequence

from clados.catalog.card import Card
from clados.catalog.compare import compare
from clados.catalog.counts import card_and_size
from clados.catalog.differences import Differences, diff, figures_of, said_once
from clados.catalog.structure import headline_declared
from clados.drawing.drawings import draw
from clados.errors import InputError
from clados.html import Child, Html, el
from clados.web.request import PageRequest
from clados.web.views.comparison_files import cell_text, comparison_files, row_name
from clados.web.views.figures import FIGURE_SCRIPTS, zoomed
from clados.web.views.frame import Document, page
from clados.web.views.parts import own, picture, table

_MOST = 4
_EXAMPLES = (("bert", "roberta"), ("gpt-2", "llama"), ("t5", "bart", "pegasus"), ("transformer", "bert", "gpt", "t5"))


def comparison_page(asked: PageRequest) -> Document:
    """The models that the address names, ``models=bert,roberta``; what it may name where it names none.

    Raises:
        NoModelError, InputError: for an unknown model, with the nearest, and for more than four.
    """
    say = asked.say
    names = asked.all("models") if asked.live else []  # in a file the script reads the address
    if len(names) > _MOST:
        raise InputError(say("{number} models are too many: two to four are compared.", number=len(names)))
    cards = [card_and_size(name)[0] for name in names]
    title = " · ".join(card.name for card in cards) or say("Compare")
    only = any(name == "differing" for name, _ in asked.query)
    lead = el("p", say("Two to four models side by side."), class_="lead")
    head = el("div", el("div", el("h1", title), data_region="title"), lead, class_="welcome")
    if asked.live:
        found, styles = _compared(asked, names, cards, only=only) if len(cards) > 1 else ([_examples(asked)], [])
        body = (head, _form(asked, names, only=only), el("div", found, data_region="result"))
        return page(asked, title, *body, styles=styles, scripts=FIGURE_SCRIPTS if styles else (), wide=True)
    files = comparison_files(asked)
    form = _form(asked, names, only=only, live="address" if files.python else None)
    whole = (head, form, files.note, el("div", _examples(asked), data_region="result"), files.data)
    return page(asked, title, *whole, styles=files.styles, scripts=files.scripts, wide=True, python=files.python)


def _compared(
    asked: PageRequest, names: Sequence[str], cards: Sequence[Card], *, only: bool
) -> tuple[list[Child], list[str]]:
    """What changed from the first model to each other, drawings and attributes; and the styles of the drawings."""
    body: list[Child] = []
    pairs = [(names[0], other) for other, card in zip(names[1:], cards[1:]) if headline_declared(card)]
    found = [diff(*pair) for pair in pairs] if headline_declared(cards[0]) else []
    beside = [picture(draw(*pair).svg) for pair in pairs] if found else []
    alone = [] if found else [picture(draw(name).svg) for name, card in zip(names, cards) if headline_declared(card)]
    for each, (svg, _) in zip(found, beside):
        body += [*_changed(asked, each), zoomed(asked, svg)]
    if alone:
        drawings = (el("figure", svg, class_="canvas") for svg, _ in alone)
        body += [el("h2", asked.say("Drawing")), el("div", drawings, class_="side")]
    body += [el("h2", asked.say("Side by side")), _table(asked, names, cards, only=only)]
    return body, [*dict.fromkeys(style for _, style in (*beside, *alone))]


def _examples(asked: PageRequest) -> Html:
    there = [each for each in _EXAMPLES if all(name in asked.cards for name in each)]
    links = [el("li", el("a", " · ".join(each), href=f"compare.html?models={','.join(each)}")) for each in there]
    return el("div", el("h2", asked.say("For example")), el("ul", links), id="examples")


def _form(asked: PageRequest, names: Sequence[str], *, only: bool, live: str | None = None) -> Html:
    """Four fields for models; ``live`` where Python in the page answers it."""
    fields = [
        el(
            "input",
            type="text",
            name="models",
            list="known",
            value=names[i] if i < len(names) else "",
            aria_label=asked.say("Model {number}", number=i + 1),
            placeholder=asked.say("Model {number}", number=i + 1),
        )
        for i in range(_MOST)
    ]
    known = el("datalist", (el("option", card.name, value=card.id) for card in asked.cards.values()), id="known")
    box = el(
        "label",
        el("input", type="checkbox", name="differing", value="yes", checked=only),
        asked.say("only what differs"),
    )
    button = el("button", asked.say("Compare"), type="submit")
    return el(
        "form", fields, known, box, button, method="get", action="compare.html", class_="compared", data_live=live
    )


def _changed(asked: PageRequest, found: Differences) -> Iterator[Html]:
    say = asked.say
    yield el("h2", say("From {old} to {new}", old=found.old, new=found.new))
    architecture = said_once(found.changes) or [say("they are built the same")]
    training = said_once(found.training)
    rows: list[list[Child]] = [[say.phrase(name), *figures_of(pair)] for name, pair in found.parameters.items()]
    blocks = [el("div", el("h3", say("In structure")), el("ul", (el("li", say.phrase(each)) for each in architecture)))]
    if training:
        changed = (el("li", say.phrase(each)) for each in training)
        blocks.append(el("div", el("h3", say("In training")), el("ul", changed)))
    sides = (own(found.old), own(found.new), say("difference"))
    tables = [table([say("In parameters"), *sides], rows, figures=(1, 2, 3), name="words")]
    if found.costs:
        costs: list[list[Child]] = [[say(name), *figures_of(pair)] for name, pair in found.costs.items()]
        tables.append(table([say("For each token"), *sides], costs, figures=(1, 2, 3), name="words"))
    yield el("div", blocks, tables, class_="changes")


def _table(asked: PageRequest, names: Sequence[str], cards: Sequence[Card], *, only: bool) -> Html:
    found = compare(*names, differing=only)
    rows: list[list[Child]] = [
        [
            [
                row_name(asked, name),
                el("span", " ≠", class_="differs", title=asked.say("they differ")) if len({*row}) > 1 else None,
            ],
            *(cell_text(asked.say, card, name, text) for card, text in zip(cards, row)),
        ]
        for name, row in found.rows.items()
        if name != "name"  # which its head says
    ]
    sizes = (model.partition(":")[2] for model in found.models)
    heads = (
        [el("a", card.name, href=f"cards/{card.id}.html"), f" {size}" if size else None]
        for card, size in zip(cards, sizes)
    )
    return table(["", *heads], rows, name="sides", label=asked.say("Side by side"))
