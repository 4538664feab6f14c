"""Where a model comes from, what changed against each parent, and what came of it."""

from collections.abc import Iterator

from clados.catalog.card import Card, ParentLink, children
from clados.catalog.changes import compared_parents
from clados.catalog.differences import diff, said_once
from clados.html import Child, Html, el
from clados.web.request import PageRequest
from clados.web.views.parts import linked


def descent_section(asked: PageRequest, card: Card) -> list[Child] | None:
    """Parents with their changes, then children; nothing for a model that has neither."""
    say = asked.say
    came = children(asked.cards, card.id)
    if not card.lineage and not came:
        return None
    parents = [el("div", _parent(asked, card, each), class_="parent") for each in _parents(card)]
    links = [el("a", each.name, href=f"{each.id}.html") for each in came]
    below = [el("h3", say("Descendants")), el("p", links, class_="links")] if links else []
    return [*parents, *below]


def _parents(card: Card) -> list[list[ParentLink]]:
    rows: dict[str, list[ParentLink]] = {}
    for each in card.lineage:
        rows.setdefault(each.id, []).append(each)
    return [*rows.values()]


def _parent(asked: PageRequest, card: Card, rows: list[ParentLink]) -> Iterator[Child]:
    say = asked.say
    parent = next((card for card in asked.cards.values() if card.id == rows[0].id), None)
    name: Child = el("a", parent.name, href=f"{parent.id}.html") if parent else rows[0].id
    kinds = [el("span", say(row.kind), class_="badge") for row in rows]
    yield el("h3", say("from"), " ", name, " ", kinds)
    yield el(
        "ul",
        (
            el("li", row.change or say("nothing said"), " ", el("span", linked(row.source), class_="source"))
            for row in rows
        ),
    )
    if parent and rows[0].id in compared_parents(asked.cards, card):
        yield _changes(asked, parent, card)


def meaning_of_both(asked: PageRequest) -> str:
    """What a drawing of two models shows, for those who cannot see it."""
    return asked.say("Both drawings in line: what is added, removed and changed")


def _changes(asked: PageRequest, parent: Card, card: Card) -> Html:
    found = diff(parent.id, card.id)
    said = said_once((*found.changes, *found.training))
    head = asked.say(
        "{number} differences between the declarations of {old} and {new}",
        number=len(said),
        old=found.old,
        new=found.new,
    )
    drawn = el(
        "img",
        src=f"{asked.up}cards/{card.id}/from-{parent.id}.svg",
        loading="lazy",
        alt=meaning_of_both(asked),
    )
    picture = el("figure", drawn, class_="canvas beside", tabindex=0)
    return el("details", el("summary", head), el("ul", (el("li", asked.say.phrase(each)) for each in said)), picture)
