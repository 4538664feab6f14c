"""The facets of the catalogue: for each attribute what one may choose, and how many models each choice leaves."""

from collections.abc import Iterator, Mapping, Sequence

from clados.catalog.schema import ATTRIBUTES
from clados.catalog.texts import short_count
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
    chosen = _chosen(state, name)
    other = ",".join(word for word in chosen if word not in asked.index.choices[name])
    content = (
        *_bars(asked, name, asked.index.met(passing, but=name)),
        *_choices(asked, state, passing, name),
        _written(asked, name, other),
    )
    shown = el("span", said_words(asked, state, name), class_="chosen")
    summary = el("summary", name_of(asked.say, name), shown, title=asked.say(ATTRIBUTES[name].meaning))
    return el("details", summary, content, class_="facet", data_facet=name, open=name in _OPEN or any(chosen))


def said_words(asked: PageRequest, state: Listing, name: str) -> str:
    """What a filter asks for, as its choices are written."""
    there = asked.index.choices.get(name, ())
    return ", ".join(_label(asked.say, name, word) if word in there else word for word in _chosen(state, name))


def _label(say: Language, name: str, word: str) -> str:
    return name_of(say, name) if name in FLAGS else say(word.replace("?", ","))


def _choices(asked: PageRequest, state: Listing, passing: Mapping[str, CardIds], name: str) -> Iterator[Child]:
    words = [*asked.index.choices[name]]
    rows = [_choice(asked, state, passing, name, word) for word in words]
    if rows:
        yield el("div", rows[:_MANY], class_="choices")
    if len(rows) > _MANY:
        more = el("summary", asked.say("{number} more", number=len(rows) - _MANY))
        picked = any(word in _chosen(state, name) for word in words[_MANY:])
        yield el("details", more, el("div", rows[_MANY:], class_="choices"), class_="more", open=picked)


def _chosen(state: Listing, name: str) -> list[str]:
    """The words of a filter; what it leaves out is a single one, as no box stands for it."""
    words = state.filters.get(name, "")
    return [words] if words.startswith("!") else words.split(",")


def _choice(asked: PageRequest, state: Listing, passing: Mapping[str, CardIds], name: str, word: str) -> Html:
    left = len(asked.index.met(passing, but=name) & asked.index.choices[name][word])
    box = el("input", type="checkbox", name=name, value=word, checked=word in _chosen(state, name))
    label = _label(asked.say, name, word)
    number = el("span", left, class_="number", data_number=True)
    return el("label", box, el("span", label, class_="word"), number, class_="choice" if left else "choice empty")


def range_field(asked: PageRequest, name: str, said: str, left: CardIds) -> Iterator[Html]:
    """A range, with its histogram of the models that are left."""
    yield from _bars(asked, name, left)
    yield _written(asked, name, said)


def _bars(asked: PageRequest, name: str, left: CardIds) -> Iterator[Html]:
    if bins := asked.index.bins.get(name):
        yield _histogram(asked, bins, left, name)
        yield _ends(bins, name)


def _written(asked: PageRequest, name: str, said: str) -> Html:
    """What is asked for besides the choices: a range or a text; of names, out of sight, a wildcard or what is not."""
    if ATTRIBUTES[name].type in ("name", "names"):
        return el("input", type="hidden", name=name, value=said)
    example = _EXAMPLES.get(name)
    return el(
        "input",
        type="text",
        name=name,
        value=said,
        placeholder=asked.say("as in {example}", example=example) if example else asked.say("contains"),
        aria_label=name_of(asked.say, name),
        autocomplete="off",
        spellcheck="false",
    )


def _ends(bins: Sequence[Bin], name: str) -> Html:
    """Where a histogram begins and where it ends."""
    ends = bins[0].span.partition("..")[0], bins[-1].span.partition("..")[2]
    shown = ends if name == "date" else [short_count(int(each)) for each in ends]
    return el("p", (el("span", each) for each in shown), class_="ends")


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
