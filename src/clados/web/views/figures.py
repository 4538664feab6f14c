"""The family tree and the timelines: the drawings of `clados.drawing`, to be zoomed, searched and read as lists."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

from clados.drawing.svg import EmptyFigureError, Figure
from clados.html import Child, Html, el
from clados.web.index import TIMELINE_RANGES
from clados.web.request import PageRequest
from clados.web.views.facets import name_of, range_field
from clados.web.views.frame import Document, page
from clados.web.views.parts import data_block, picture, table

FIGURE_SCRIPTS = (
    *(
        f"vendor/d3-{name}.min.js"
        for name in ("dispatch", "selection", "drag", "color", "interpolate", "timer", "ease")
    ),
    *(f"vendor/d3-{name}.min.js" for name in ("transition", "zoom")),
    "figure.js",
)
_RANGE_SCRIPTS = ("vendor/d3-brush.min.js", "query.js", "ranges.js", "timeline.js")
_TIMELINES = {
    "timeline.html": "by parameters",
    "timeline-family.html": "by family",
    "timeline-tokens.html": "by training tokens",
    "timeline-flops.html": "by training compute",
    "recent.html": "early 2023",
}


def tree_page(asked: PageRequest) -> Document:
    """Who descends from whom, over the years."""
    figure = asked.index.figures["tree", asked.say.code]
    listed = el("details", el("summary", asked.say("As a list")), _listed(asked, figure.data), class_="listed")
    lead = asked.say("Point at a model to light its line of descent; click it to open its card.")
    return _figure_page(asked, "The family tree", lead, figure, listed)


def timeline_page(asked: PageRequest) -> Document:
    """The models by date: over their parameters, in the lanes of their families, or the recent ones."""
    links = [
        el("a", asked.say(name), href=path, aria_current="page" if path == asked.path else None)
        for path, name in _TIMELINES.items()
    ]
    lead = el("span", links, class_="sizes")
    try:
        figure = asked.index.figures[asked.path.removesuffix(".html"), asked.say.code]
    except EmptyFigureError as error:  # of a catalogue of few models
        head = el("div", el("h1", asked.say("Timeline")), el("p", lead, class_="lead"), class_="welcome")
        return page(asked, asked.say("Timeline"), head, el("p", asked.say.phrase(str(error))), wide=True)
    nodes = _nodes(figure.data)
    rows = [_row(asked, each) for each in nodes]
    heads = [
        asked.say(each) for each in ("date", "name", "params", *["FLOPs"] * any("flops" in each for each in nodes))
    ]
    listed = el("details", el("summary", asked.say("As a list")), table(heads, rows, figures=(2, 3)), class_="listed")
    ids = {each["id"] for each in nodes} & {*asked.cards}
    data = {**asked.index.ranges(ids), "said": asked.say("{shown} of {total} models")}
    more = (listed, data_block(data))
    return _figure_page(asked, "Timeline", lead, figure, *more, above=_ranges(asked, ids), scripts=_RANGE_SCRIPTS)


def _ranges(asked: PageRequest, ids: Collection[str]) -> Html:
    """Brushes over the dates and the parameters of what is drawn, which the script shows when it can follow them."""
    fields = (
        el("div", el("b", name_of(asked.say, name)), *range_field(asked, name, "", frozenset(ids)))
        for name in TIMELINE_RANGES
    )
    said = el("p", el("output", class_="count"), " ", _to_catalogue(asked), class_="actions")
    return el("form", fields, said, id="ranges", class_="ranges", hidden=True, action=asked.path)


def _to_catalogue(asked: PageRequest) -> Html:
    return el("a", asked.say("See them in the catalogue"), href="index.html", id="in-catalogue")


def _figure_page(
    asked: PageRequest,
    title: str,
    lead: Child,
    figure: Figure,
    *below: Html,
    above: Html | None = None,
    scripts: tuple[str, ...] = (),
) -> Document:
    svg, style = picture(figure.svg)
    say = asked.say
    head = el("div", el("h1", say(title)), el("p", lead, class_="lead"), class_="welcome")
    body = (head, above, zoomed(asked, svg, cards="cards/"), *below)
    return page(asked, say(title), *body, styles=[style], scripts=(*FIGURE_SCRIPTS, *scripts), wide=True)


def zoomed(asked: PageRequest, svg: Html, cards: str | None = None, *, long: bool = False) -> Html:
    """A drawing that the script lets one zoom; where ``cards`` is their folder, with models that are found and open.

    A ``long`` one keeps its size, and its frame scrolls.
    """
    words = {"zoom_in": "Zoom in", "zoom_out": "Zoom out", "show_all": "Show all"}
    if cards:
        words |= {"find_a_model": "Find a model", "hint": "Drag to move, turn the wheel or pinch to zoom"}
    said = {f"data_{name}": asked.say(word) for name, word in words.items()}
    place = "canvas wide" if cards else "canvas long" if long else "canvas"
    return el("figure", svg, class_=place, data_zoom="wheel" if cards else "", data_cards=cards, **said)


def _nodes(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = [*data["nodes"], *data.get("unknown", ()), *data.get("sparse", ())]
    return sorted(nodes, key=lambda node: (node["date"], node["id"]))


def _row(asked: PageRequest, node: Mapping[str, Any]) -> list[Child]:
    name = el("a", node["name"], href=f"cards/{node['id']}.html") if node["id"] in asked.cards else node["name"]
    named = [name, f" {node['size']}"] if "size" in node else name
    flops = [f"{node['flops']:.3g}" if node["flops"] else "–"] if "flops" in node else []
    return [node["date"], named, f"{node['params']:,}" if node["params"] else asked.say("unknown"), *flops]


def _listed(asked: PageRequest, data: Mapping[str, Any]) -> Html:
    """Each model once, below its first parent, with what changed."""
    first: dict[str, tuple[str, str]] = {}
    for edge in data["edges"]:
        first.setdefault(edge["child"], (edge["parent"], asked.say.phrase(edge["change"])))
    below: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for node in _nodes(data):
        below[first.get(node["id"], ("", ""))[0]].append(node)
    return _branch("", below, {child: change for child, (_, change) in first.items()})


def _branch(parent: str, below: Mapping[str, list[dict[str, Any]]], changes: Mapping[str, str]) -> Html:
    return el(
        "ul",
        (
            el(
                "li",
                el("a", node["name"], href=f"cards/{node['id']}.html"),
                f" {node['date'][:7]} ",
                el("span", changes.get(node["id"], ""), class_="source") if changes.get(node["id"]) else None,
                _branch(node["id"], below, changes) if below.get(node["id"]) else None,
            )
            for node in below.get(parent, ())
        ),
    )
