"""The facets of the catalogue: for each attribute what one may choose, and how many models each choice leaves."""

from collections.abc import Iterator, Mapping, Sequence

from clados.catalog.schema import ATTRIBUTES
from clados.html import Child, Html, el
from clados.web.index import Bin, CardIds
from clados.web.language import Language
from clados.web.request import PageRequest
from clados.web.state import FLAGS, Listing

_OPEN = ("runnable", "survey", "family", "architecture", "date", "params")  # facets that are unfolded at first
_MANY = 8  # choices that are shown at once
_WIDTH, _HEIGHT = 240, 44  # of a histogram
_FLAGS = {"runnable": "builds and runs", "survey": "in the survey"}
_EXAMPLES = {"date": "2019..2021-06", "params": "100M..1B", "vocab": "30k..50k"}


def name_of(say: Language, name: str) -> str:
    """An attribute's name as people read it."""
    return say(_FLAGS.get(name, name.replace("_", " ")))


def facets(asked: PageRequest, state: Listing, passing: Mapping[str, CardIds]) -> Html:
    """All facets, in a part of the page that folds where there is little room."""
    say = asked.say
    text = el(
        "label",
        el("span", say("Search")),
        el("input", type="search", name="text", value=state.filters.get("text", ""), placeholder=say("any words")),
        class_="search",
    )
    name = el("input", type="hidden", name="name", value=state.filters.get("name", ""))
    buttons = el(
        "p",
        el("button", say("Apply"), type="submit", class_="apply"),
        el("a", say("Clear all"), href="index.html", id="clear"),
        class_="actions",
    )
    flags = el("div", (_choice(asked, state, passing, each, "yes") for each in FLAGS), class_="flags")
    rest = [_facet(asked, state, passing, each) for each in ATTRIBUTES]
    folded = el("details", el("summary", say("Filters")), flags, rest, buttons, class_="filters", open=True)
    return el("section", text, name, folded, class_="facets", aria_label=say("Filters"))


def _facet(asked: PageRequest, state: Listing, passing: Mapping[str, CardIds], name: str) -> Html:
    chosen = state.filters.get(name)
    content: Iterator[Child] | Html
    if name in asked.index.choices:
        content = _choices(asked, state, passing, name)
    else:
        content = range_field(asked, name, state.filters.get(name, ""), asked.index.met(passing, but=name))
    summary = el("summary", name_of(asked.say, name), el("span", chosen or "", class_="chosen"))
    return el("details", summary, content, class_="facet", data_facet=name, open=name in _OPEN or bool(chosen))


def _choices(asked: PageRequest, state: Listing, passing: Mapping[str, CardIds], name: str) -> Iterator[Child]:
    words = [*asked.index.choices[name]]
    rows = [_choice(asked, state, passing, name, word) for word in words]
    yield el("div", rows[:_MANY], class_="choices")
    if len(rows) > _MANY:
        more = el("summary", asked.say("{number} more", number=len(rows) - _MANY))
        picked = any(word in _chosen(state, name) for word in words[_MANY:])
        yield el("details", more, el("div", rows[_MANY:], class_="choices"), class_="more", open=picked)
    if other := [word for word in _chosen(state, name) if word not in words]:  # a wildcard, or what is not to be
        yield el("input", type="hidden", name=name, value=",".join(other), data_other=True)


def _chosen(state: Listing, name: str) -> list[str]:
    return state.filters.get(name, "").split(",")


def _choice(asked: PageRequest, state: Listing, passing: Mapping[str, CardIds], name: str, word: str) -> Html:
    left = len(asked.index.met(passing, but=name) & asked.index.choices[name][word])
    box = el("input", type="checkbox", name=name, value=word, checked=word in _chosen(state, name))
    label = name_of(asked.say, name) if name in FLAGS else asked.say(word.replace("?", ","))
    number = el("span", left, class_="number", data_number=True)
    return el("label", box, el("span", label, class_="word"), number, class_="choice" if left else "choice empty")


def range_field(asked: PageRequest, name: str, said: str, left: CardIds) -> Iterator[Child]:
    """A range with its histogram of the models that are left, or a text to be looked for."""
    label = name_of(asked.say, name)
    if bins := asked.index.bins.get(name):
        yield _histogram(asked, bins, left, name)
    example = _EXAMPLES.get(name)
    yield el(
        "input",
        type="text",
        name=name,
        value=said,
        placeholder=asked.say("as in {example}", example=example) if example else asked.say("contains"),
        aria_label=label,
        autocomplete="off",
        spellcheck="false",
    )


def _histogram(asked: PageRequest, bins: Sequence[Bin], left: CardIds, name: str) -> Html:
    """How many models are in each span; the script lets one brush over it."""
    counts = [len(each.ids & left) for each in bins]
    most = max(*counts, 1)
    wide = _WIDTH / len(bins)
    bars = [
        el(
            "rect",
            el("title", f"{each.span.replace('..', '–')}: {count}"),
            x=f"{i * wide + 0.5:.2f}",
            y=f"{_HEIGHT - _HEIGHT * count / most:.2f}",
            width=f"{wide - 1:.2f}",
            height=f"{_HEIGHT * count / most:.2f}",
            data_bin=i,
        )
        for i, (each, count) in enumerate(zip(bins, counts))
    ]
    return el(
        "svg",
        bars,
        el("g", class_="brush"),
        class_="histogram",
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        preserveAspectRatio="none",
        role="img",
        aria_label=asked.say("Models by {name}", name=name_of(asked.say, name)),
        data_histogram=name,
    )
