"""Models by date and an amount on a log axis: parameters, or training compute, of every published size."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from rich.table import Table

from clados.catalog.card import Card
from clados.catalog.structure import training_compute
from clados.catalog.uncertainty import Uncertainty, compute_uncertainty
from clados.drawing import frame, svg
from clados.drawing.labels import Spot, labels_with_room
from clados.drawing.palette import Ink, ink
from clados.drawing.records import Node, by_date, of_cards
from clados.drawing.scale import Scale, count_label, power_label, powers
from clados.drawing.svg import Box, EmptyFigureError, Figure, element
from clados.drawing.terminal import OneLine
from clados.drawing.timelines import RADIUS, even_years, listed_below, marks, node_rows
from clados.drawing.uncertain import FLOPS_BARS, PARAMS_BARS, BarWords, as_data, bars_at, legends, noticeable

_HEIGHT = 960.0  # while the models are few
_MANY = 110  # models; beyond, it grows with their number
_LEFT = 64.0
_SMALL = 2.2  # radius of the point of a size that is not meant when none is named

_Point = tuple[float, float]


@dataclass(frozen=True)
class Amounts:
    """What goes up of a model.

    Attributes:
        main: of the size that is meant when none is named, else of the largest; None if unknown.
        sizes: of each size of which it is published, by its name.
        bars: between which numbers it lies, by the size's name, of those that are not known so well as to be a point.
    """

    node: Node
    main: float | None
    sizes: tuple[tuple[str, float], ...]
    bars: Mapping[str, Uncertainty] = field(default_factory=dict)

    @property
    def others(self) -> dict[float, str]:
        """The amounts beside the main one, each with its sizes."""
        found: dict[float, str] = {}
        for name, amount in self.sizes:
            if amount != self.main:
                found[amount] = f"{found[amount]}, {name}" if amount in found else name
        return found


@dataclass(frozen=True)
class _Kind:
    """What the amounts are: the drawing's ``data-figure`` word, their name, how one is said and stands at a tick."""

    figure: str
    name: str
    said: Callable[[float], str]
    tick: Callable[[float], str]
    unknown: str
    bars: BarWords


_PARAMS = _Kind("timeline-params", "parameters", count_label, count_label, "Size not published:", PARAMS_BARS)
_FLOPS = _Kind("timeline-flops", "FLOPs", "{:.3g}".format, power_label, "", FLOPS_BARS)


def by_params(
    nodes: Sequence[Node],
    colours: Mapping[str, str],
    *,
    name: str,
    highlight: Collection[str] = (),
    across: Scale | None = None,
) -> Figure:
    """A point at each model's date and parameter count (log axis), its other sizes below and above it on a line.

    A bar stands where a size is not known better. Models of unknown size are listed below. So are the names for which a
    crowd leaves no room; their points stay.

    Raises:
        EmptyFigureError: no model has a known size.
    """
    rows = [Amounts(node, node.params, node.sizes, noticeable(node.uncertain)) for node in nodes]
    return _drawn(rows, _PARAMS, colours, name, highlight, across)


def by_flops(
    rows: Sequence[Amounts], colours: Mapping[str, str], *, name: str, highlight: Collection[str] = ()
) -> Figure:
    """The same of the floating-point operations of training, of the models of which they are known.

    A bar stands where those that are published and those by the tokens differ.

    Raises:
        EmptyFigureError: of no model they are.
    """
    return _drawn(rows, _FLOPS, colours, name, highlight)


def training_amounts(cards: Iterable[Card]) -> list[Amounts]:
    """Floating-point operations of each size's training, as published or by its tokens; models without are left out."""
    shown = list(cards)
    nodes = {node.id: node for node in of_cards(shown)}
    found = []
    for card in shown:
        sizes = {
            size.name: float(flops.items[0])
            for size in card.sizes
            if (flops := training_compute(card, size)) and flops.known
        }
        if sizes and card.id in nodes:
            headline = card.headline_size.name if card.headline_size else ""
            main = sizes.get(headline, max(sizes.values()))
            bars = noticeable((each.name, both) for each in card.sizes if (both := compute_uncertainty(card, each)))
            found.append(Amounts(nodes[card.id], main, (*sizes.items(),), bars))
    return sorted(found, key=lambda each: (each.node.when, each.node.id))


def _drawn(
    rows: Sequence[Amounts],
    kind: _Kind,
    colours: Mapping[str, str],
    name: str,
    highlight: Collection[str],
    across: Scale | None = None,
) -> Figure:
    by_id = {each.node.id: each for each in rows}
    known = {each.node.id: each.main for each in rows if each.main}
    nodes = by_date(each.node for each in rows)
    drawn, unknown = [n for n in nodes if n.id in known], [n for n in nodes if n.id not in known]
    if not known:
        raise EmptyFigureError(f"nothing to draw: no model has a known number of {kind.name}")
    bottom = frame.TOP + _HEIGHT * max(1.0, len(known) / _MANY)
    across = across or even_years(nodes, _LEFT + 10)
    every = [*known.values(), *(amount for each in known for amount in by_id[each].others)]
    every += [end for each in known for found in by_id[each].bars.values() for end in (found.low, found.high)]
    up = powers(every, bottom, frame.TOP + 6, kind.tick)
    points = {node.id: (across(node.when), up(math.log10(known[node.id]))) for node in drawn}
    lines = {
        node.id: sorted([points[node.id][1], *(up(math.log10(amount)) for amount in by_id[node.id].others)])
        for node in drawn
        if by_id[node.id].others
    }
    spots = [Spot(node.id, *points[node.id], svg.text_width(node.name, frame.NAME_SIZE) + 2, 13) for node in drawn]
    bounds = Box(_LEFT + 2, frame.TOP, frame.WIDTH - _LEFT - 6, bottom - frame.TOP)
    small = [(points[each][0], y) for each, ys in lines.items() for y in ys if y != points[each][1]]
    bars = [bar for node in drawn for bar in bars_at(node, by_id[node.id].bars, points[node.id][0], up, kind.bars)]
    joined = [((points[each][0], ys[0]), (points[each][0], ys[-1])) for each, ys in lines.items()]
    placed = labels_with_room(spots, bounds, RADIUS, small, [line for bar in bars for line in bar.segments], joined)
    inks = {node.group: ink(node.group, colours) for node in nodes}
    names = [label.box for label in placed.values()]
    parts = [*frame.figure_heading(name), *frame.axis(across, frame.TOP, bottom, names)]
    parts += _powers(up, kind.name, bottom, names)
    parts += [
        _joined(by_id[each], kind, line, up, inks[by_id[each].node.group], names, highlight)
        for each, line in zip(lines, joined)
    ]
    parts += [bar.drawn(inks[bar.node.group], highlight) for bar in bars]
    more = {} if kind is _PARAMS else {each: f", {kind.said(amount)} {kind.name}" for each, amount in known.items()}
    parts += marks(drawn, points, placed, inks, highlight, more)
    crowded = [node for node in drawn if node.id not in placed]
    unnamed, below = listed_below("No room for their names above:", crowded, bottom + 26, marked=True)
    listed, below = listed_below(kind.unknown, unknown, below)
    legend, end = legends(nodes, inks, below, bars=bool(bars), words=kind.bars)
    data = {
        "nodes": [_row(by_id[str(row["id"])], kind, row) for row in node_rows(drawn, points, placed)],
        "unknown": [node.json() for node in unknown],
    }
    parts += [*unnamed, *listed, *legend]
    return Figure(svg.document(frame.WIDTH, end, name, parts, kind=kind.figure), data)


def _row(amounts: Amounts, kind: _Kind, row: dict[str, object]) -> dict[str, object]:
    own = {} if kind is _PARAMS else {"flops": amounts.main}
    return {**row, **own, "uncertain": as_data(amounts.bars), "sizes": dict(amounts.sizes)}


def _joined(
    amounts: Amounts,
    kind: _Kind,
    line: tuple[_Point, _Point],
    up: Scale,
    colour: Ink,
    labels: Sequence[Box],
    highlight: Collection[str],
) -> str:
    """The line through all sizes of a model, and the points of those beside the main one."""
    node = amounts.node
    parts = frame.lines_around(*line, labels, stroke=colour.line, stroke_width=0.8, opacity="0.6")
    for amount, names in amounts.others.items():
        told = svg.title(f"{node.name} {names}, {node.date}: {kind.said(amount)} {kind.name}")
        at = {"cx": line[0][0], "cy": up(math.log10(amount)), "r": _SMALL}
        parts.append(element("circle", told, **at, fill=colour.line))
    dim = "dim" if highlight and node.id not in highlight else None
    said = svg.title(f"{node.name}: {len(amounts.others) + 1} sizes")
    return element("g", said, *parts, class_=dim, data_joined=node.id)


def _powers(up: Scale, name: str, bottom: float, labels: Sequence[Box]) -> list[str]:
    """A line and a label for each tick of the axis that goes up, and the axis across."""
    left, right = _LEFT, frame.WIDTH - frame.MARGIN
    parts = [element("line", class_="rule", x1=left, x2=right, y1=bottom, y2=bottom, stroke_width=1.4)]
    for value, text in up.ticks:
        y = up(value)
        parts += frame.lines_around((left, y), (right, y), labels, class_="rule", stroke_width=1)
        parts.append(svg.label(_LEFT - 6, y + 4, text, size=12, class_="faint", text_anchor="end", data_tick=text))
    parts.append(svg.label(frame.MARGIN, frame.TOP - 25, name, class_="faint"))
    return parts


def flops_for_terminal(rows: Sequence[Amounts]) -> Table:
    """The sizes of which the training's operations are known for the terminal, in order of date."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("date", "model", "size", "FLOPs"):
        table.add_column(OneLine(heading), justify="right" if heading == "FLOPs" else "left")
    for each in rows:
        for name, amount in each.sizes:
            table.add_row(*map(OneLine, (each.node.date, each.node.name, name, f"{amount:.3g}")))
    return table
