"""Two to four models side by side, and what changed from the first to each of the others."""

from collections.abc import Iterator

from clados.catalog.compare import compare
from clados.catalog.counts import card_and_size
from clados.catalog.differences import Differences, diff, figures_of
from clados.catalog.structure import headline_declared
from clados.drawing.drawings import draw
from clados.errors import InputError
from clados.html import Child, Html, el
from clados.web.request import PageRequest
from clados.web.views.descent import drawn_beside, meaning_of_both
from clados.web.views.figures import FIGURE_SCRIPTS, zoomed
from clados.web.views.frame import Document, page
from clados.web.views.parts import data_block, picture, table

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
    head = el("div", el("h1", title), el("p", say("Two to four models side by side."), class_="lead"), class_="welcome")
    body: list[Child] = [head, _form(asked, names, only=only)]
    styles: list[str] = []
    if len(cards) > 1:
        pairs = [(names[0], other) for other, card in zip(names[1:], cards[1:]) if headline_declared(card)]
        found = [diff(*pair) for pair in pairs] if headline_declared(cards[0]) else []
        beside = [picture(draw(*pair).svg) for pair in pairs] if found else []
        alone = (
            [] if found else [picture(draw(name).svg) for name, card in zip(names, cards) if headline_declared(card)]
        )
        styles = [*dict.fromkeys(style for _, style in (*beside, *alone))]
        for each, (svg, _) in zip(found, beside):
            body += [*_changed(asked, each), zoomed(asked, svg)]
        if alone:
            drawings = (el("figure", svg, class_="canvas") for svg, _ in alone)
            body += [el("h2", say("Drawing")), el("div", drawings, class_="side")]
        body += [el("h2", say("Side by side")), _table(asked, [card.id for card in cards], only=only)]
    else:
        body += [_examples(asked), None if asked.live else _data(asked)]
    scripts = (FIGURE_SCRIPTS if styles else ()) if asked.live else ("compare.js",)
    return page(asked, title, *body, styles=styles, scripts=scripts, wide=True)


def _examples(asked: PageRequest) -> Html:
    there = [each for each in _EXAMPLES if all(name in asked.cards for name in each)]
    links = [el("li", el("a", " · ".join(each), href=f"compare.html?models={','.join(each)}")) for each in there]
    return el("div", el("h2", asked.say("Such as")), el("ul", links), id="examples")


def _data(asked: PageRequest) -> Html:
    """What a page in a file needs to compare any models by itself."""
    cards = [*asked.cards.values()]
    found = compare(*cards).as_dict()
    rows = {
        name: {card: text for card, text in row.items() if text != "-"} for name, row in found.items() if name != "name"
    }
    say = asked.say
    return data_block(
        {
            "names": {card.id: card.name for card in cards},
            "rows": rows,
            "words": {name: say(name.replace("_", " ")) for name in rows},
            "label": say("Side by side"),
            "beside": {card.id: parents for card in cards if (parents := drawn_beside(asked.cards, card))},
            "top": asked.top,
            "from": say("From {old} to {new}", old="{old}", new="{new}"),
            "drawn": meaning_of_both(asked),
            "undrawn": say("Files hold the drawings of models beside their parents; a server draws any two."),
        }
    )


def _form(asked: PageRequest, names: list[str], *, only: bool) -> Html:
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
    return el("form", fields, known, box, button, method="get", action="compare.html", class_="compared")


def _changed(asked: PageRequest, found: Differences) -> Iterator[Html]:
    say = asked.say
    yield el("h2", say("From {old} to {new}", old=found.old, new=found.new))
    architecture = [*dict.fromkeys(each.sentence for each in found.changes)] or [say("they are built the same")]
    training = [*dict.fromkeys(each.sentence for each in found.training)]
    rows: list[list[Child]] = [[name, *figures_of(pair)] for name, pair in found.parameters.items()]
    blocks = [el("div", el("h3", say("In structure")), el("ul", (el("li", each) for each in architecture)))]
    if training:
        blocks.append(el("div", el("h3", say("In training")), el("ul", (el("li", each) for each in training))))
    sides = (found.old, found.new, say("difference"))
    tables = [table([say("In parameters"), *sides], rows, figures=(1, 2, 3))]
    if found.costs:
        costs: list[list[Child]] = [[say(name), *figures_of(pair)] for name, pair in found.costs.items()]
        tables.append(table([say("For each token"), *sides], costs, figures=(1, 2, 3)))
    yield el("div", blocks, tables, class_="changes")


def _table(asked: PageRequest, ids: list[str], *, only: bool) -> Html:
    found = compare(*ids, differing=only)
    rows: list[list[Child]] = [
        [
            [
                asked.say(name.replace("_", " ")),
                el("span", " ≠", class_="differs", title=asked.say("they differ")) if len({*row}) > 1 else None,
            ],
            *row,
        ]
        for name, row in found.rows.items()
    ]
    return table(
        ["", *(el("a", asked.cards[each].name, href=f"cards/{each}.html") for each in ids)],
        rows,
        name="sides",
        label=asked.say("Side by side"),
    )
