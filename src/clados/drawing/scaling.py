"""Parameters over training tokens: every size of which both are published, with lines of equal compute."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rich.table import Table

from clados.catalog.card import Card, CardSize
from clados.catalog.uncertainty import Uncertainty, uncertainty
from clados.drawing import frame, svg
from clados.drawing.labels import PlacedLabel, Spot, labels_with_room
from clados.drawing.palette import Ink, ink
from clados.drawing.records import Node, of_cards, published_count
from clados.drawing.scale import Scale, count_label, power_label, powers
from clados.drawing.svg import Box, EmptyFigureError, Figure, element
from clados.drawing.terminal import OneLine
from clados.drawing.uncertain import as_data, bars_at, legends, noticeable

_LEFT, _RIGHT, _BOTTOM = 64.0, frame.WIDTH - 140, 800.0
_AIR = 4.0  # before and behind a name
_SMALL, _LARGE = 3.2, 4.5  # radius of a point; of the size that is meant when none is named
_A_PARAMETER = 20  # tokens for which compute is spent best (arXiv:2203.15556, table 3: 67 billion ask for 1.5 trillion)
_OPERATIONS = 6  # of a parameter and a token, forward and backward (arXiv:2001.08361, section 2.1)

_Point = tuple[float, float]


@dataclass(frozen=True)
class TrainedSize:
    """A published size with what it was trained on.

    Attributes:
        headline: whether it is meant when no size is named.
        sparse: whether a token takes only a part of the parameters.
        bars: between which numbers its parameters lie, by its name, where they are not known so well as to be a point.
    """

    node: Node
    name: str
    params: int
    tokens: int
    headline: bool
    sparse: bool
    bars: Mapping[str, Uncertainty]

    @property
    def flops(self) -> float:
        """Of the training, by the usual estimate of dense models."""
        return float(_OPERATIONS) * self.params * self.tokens

    @property
    def key(self) -> str:
        return f"{self.node.id}:{self.name}"

    def json(self) -> dict[str, object]:
        """The record as it is exported."""
        flops = None if self.sparse else self.flops
        own = {"size": self.name, "params": self.params, "tokens": self.tokens, "flops": flops}
        return {**self.node.json(), **own, "uncertain": as_data(self.bars)}


def trained_sizes(cards: Iterable[Card]) -> list[TrainedSize]:
    """All sizes whose parameters and training tokens are published, by date and number of parameters."""
    shown = list(cards)
    nodes = {node.id: node for node in of_cards(shown)}
    found = [
        TrainedSize(nodes[card.id], size.name, params, tokens, size.headline, "experts" in size.shape, _bars(size))
        for card in shown
        for size in card.sizes
        if card.id in nodes and (params := published_count(size))
        if size.tokens and isinstance(tokens := size.tokens.value, int)
    ]
    return sorted(found, key=lambda each: (each.node.when, each.node.id, each.params))


def _bars(size: CardSize) -> Mapping[str, Uncertainty]:
    found = uncertainty(size)
    return noticeable([(size.name, found)] if found else [])


def by_tokens(
    sizes: Sequence[TrainedSize], colours: Mapping[str, str], *, name: str, highlight: Collection[str] = ()
) -> Figure:
    """A point a dense size, those of a model joined; the lines of equal compute, and of 20 tokens a parameter.

    Raises:
        EmptyFigureError: no dense model has a known number of parameters and tokens.
    """
    dense = [each for each in sizes if not each.sparse]
    if not dense:
        raise EmptyFigureError("nothing to draw: of no dense model are parameters and training tokens known")
    across = powers([each.tokens for each in dense], _LEFT, _RIGHT)
    ends = [end for each in dense for found in each.bars.values() for end in (found.low, found.high)]
    up = powers([*(each.params for each in dense), *ends], _BOTTOM, frame.TOP + 6)
    points = {each.key: (across(math.log10(each.tokens)), up(math.log10(each.params))) for each in dense}
    named = {each.node.id: each for each in sorted(dense, key=lambda each: (each.headline, each.params))}
    spots = [
        Spot(each.key, *points[each.key], svg.text_width(each.node.name, frame.NAME_SIZE) + 2 * _AIR, 13)
        for each in named.values()
    ]
    small = [points[each.key] for each in dense if named[each.node.id] != each]
    joined = _joined(dense, points)
    lines = _guides(across, up)
    area = Box(_LEFT + 2, frame.TOP, _RIGHT - _LEFT, _BOTTOM - frame.TOP)
    pieces = [*(line for _, line in lines), *(piece for line in joined.values() for piece in pairwise(line))]
    bars = [bar for each in dense for bar in bars_at(each.node, each.bars, points[each.key][0], up)]
    pieces += [line for bar in bars for line in bar.segments]
    placed = labels_with_room(spots, area, _LARGE, small, pieces)
    inks = {each.node.group: ink(each.node.group, colours) for each in dense}
    parts = [*frame.figure_heading(name), *_axes(across, up), *_drawn(lines)]
    groups = {each.node.id: each.node.group for each in dense}
    parts += [
        element("path", d=_path(line), fill="none", stroke=inks[groups[model]].line, stroke_width=1, data_joined=model)
        for model, line in joined.items()
    ]
    parts += [bar.drawn(inks[bar.node.group], highlight) for bar in bars]
    parts += [_mark(each, points[each.key], inks[each.node.group], placed.get(each.key), highlight) for each in dense]
    below = _BOTTOM + 52
    legend, end = legends([each.node for each in dense], inks, below + 40, bars=bool(bars))
    parts += [*_notes(sizes, below), *legend]
    data = {"nodes": [{**each.json(), "point": [round(x, 2) for x in points[each.key]]} for each in dense]}
    sparse = [each.json() for each in sizes if each.sparse]
    return Figure(svg.document(frame.WIDTH, end, name, parts, kind="timeline-tokens"), {**data, "sparse": sparse})


def _joined(sizes: Iterable[TrainedSize], points: Mapping[str, _Point]) -> dict[str, list[_Point]]:
    """The points of each model that has several, from the smallest to the largest."""
    found: dict[str, list[_Point]] = {}
    for each in sizes:
        found.setdefault(each.node.id, []).append(points[each.key])
    return {model: line for model, line in found.items() if len(line) > 1}


def _guides(across: Scale, up: Scale) -> list[tuple[str, tuple[_Point, _Point]]]:
    """What each line says, and its ends: equal compute, a power of ten of operations each, and the best use of it."""
    (left, right), (low, high) = (across.knots[0], across.knots[-1]), (up.knots[0], up.knots[-1])
    base = math.log10(_OPERATIONS)
    found = []
    for power in range(math.ceil(right + low + base), math.floor(right + high + base) + 1):
        total = power - base
        ends = max(left, total - high), min(right, total - low)
        text = f"{power_label(10.0**power)} FLOPs"
        found.append((text, tuple((across(x), up(total - x)) for x in ends)))
    slope = math.log10(_A_PARAMETER)
    ends = max(left, low + slope), min(right, high + slope)
    if ends[0] < ends[1]:
        found.append((f"{_A_PARAMETER} tokens a parameter", tuple((across(x), up(x - slope)) for x in ends)))
    return found  # type: ignore[return-value]


def _drawn(lines: Sequence[tuple[str, tuple[_Point, _Point]]]) -> list[str]:
    """The lines, with what they say at their right ends, one text never on another."""
    parts: list[str] = []
    taken: list[float] = []
    for text, ((x0, y0), (x1, y1)) in lines:
        compute = text.endswith("FLOPs")
        parts.append(
            element(
                "line",
                class_="rule" if compute else "ink",
                x1=x0, y1=y0, x2=x1, y2=y1,
                stroke_width=1,
                stroke_dasharray=None if compute else "6 4",
                opacity=None if compute else "0.55",
                data_guide=text,
            )
        )  # fmt: skip
        y = y1 + 4
        while any(abs(y - other) < 13 for other in taken):
            y += 2
        taken.append(y)
        parts.append(svg.label(x1 + 6, y, text, size=10.5, class_="faint"))
    return parts


def _axes(across: Scale, up: Scale) -> list[str]:
    parts = [_edge(_LEFT, _RIGHT, _BOTTOM, _BOTTOM), _edge(_LEFT, _LEFT, frame.TOP, _BOTTOM)]
    for value, text in up.ticks:
        parts.append(svg.label(_LEFT - 6, up(value) + 4, text, size=12, class_="faint", text_anchor="end"))
    for value, text in across.ticks:
        x = across(value)
        parts.append(_edge(x, x, _BOTTOM, _BOTTOM + 5))
        parts.append(svg.label(x, _BOTTOM + 18, text, size=12, class_="faint", text_anchor="middle"))
    parts.append(svg.label(frame.MARGIN, frame.TOP - 12, "parameters", class_="faint"))
    parts.append(svg.label(_RIGHT, _BOTTOM + 32, "training tokens", class_="faint", text_anchor="end"))
    return parts


def _edge(x1: float, x2: float, y1: float, y2: float) -> str:
    return element("line", class_="rule", x1=x1, x2=x2, y1=y1, y2=y2, stroke_width=1.4)


def _path(points: Iterable[_Point]) -> str:
    return "M" + "L".join(f"{svg.coordinate(x)} {svg.coordinate(y)}" for x, y in points)


def _mark(each: TrainedSize, point: _Point, colour: Ink, where: PlacedLabel | None, highlight: Collection[str]) -> str:
    weight = "600" if each.node.id in highlight else None
    middle = where.box.middle + frame.NAME_SIZE * 0.36 if where else 0.0
    text = (
        svg.label(where.box.left + _AIR, middle, each.node.name, size=frame.NAME_SIZE, font_weight=weight)
        if where
        else ""
    )
    leader = ""
    if where and where.leader:
        (x, y), (x2, y2) = point, where.leader
        leader = element("line", x1=x, y1=y, x2=x2, y2=y2, stroke=colour.line, stroke_width=0.8, data_leader=each.key)
    what = (
        f"{each.node.name} {each.name}, {each.node.date}: {count_label(each.params)} parameters, "
        f"{count_label(each.tokens)} tokens, {each.tokens / each.params:,.3g} a parameter, about {each.flops:.2g} FLOPs"
    )
    node = each.node
    mark = element(
        "circle",
        class_="lit" if node.id in highlight else None,
        cx=point[0],
        cy=point[1],
        r=_LARGE if each.headline else _SMALL,
        fill=colour.fill if node.openness in ("open", "limited") else "none",
        fill_opacity=0.35 if node.openness == "limited" else None,
        stroke=colour.line,
        stroke_width=1.4,
    )
    paper = element("circle", class_="hollow", cx=point[0], cy=point[1], r=_LARGE if each.headline else _SMALL)
    dim = "dim" if highlight and node.id not in highlight else None
    return element("g", svg.title(what), leader, paper, mark, text, class_=dim, data_id=node.id, data_size=each.name)


def _notes(sizes: Iterable[TrainedSize], top: float) -> list[str]:
    sparse = ", ".join(f"{each.node.name} {each.name}" for each in sizes if each.sparse)
    text = f"Lines of equal compute: {_OPERATIONS} operations a parameter and token (arXiv:2001.08361); "
    text += f"dashed: {_A_PARAMETER} tokens a parameter (arXiv:2203.15556). Sizes of a model are joined."
    more = f" A token takes a part of the parameters, so not here: {sparse}." if sparse else ""
    return [svg.label(frame.MARGIN, top, text, class_="faint"), svg.label(frame.MARGIN, top + 16, more, class_="faint")]


def tokens_for_terminal(sizes: Sequence[TrainedSize]) -> Table:
    """The sizes for the terminal, in order of date."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("date", "model", "size", "parameters", "tokens", "tokens a parameter", "FLOPs, 6 N D"):
        table.add_column(OneLine(heading), justify="left" if heading in ("date", "model", "size") else "right")
    for each in sizes:
        ratio, flops = f"{each.tokens / each.params:,.3g}", "sparse" if each.sparse else f"{each.flops:.2e}"
        row = (each.node.date, each.node.name, each.name, count_label(each.params), count_label(each.tokens))
        table.add_row(*(OneLine(text) for text in (*row, ratio, flops)))
    return table
