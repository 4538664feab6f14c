"""The timelines: models by date in the lanes of their families, or by date and number of parameters."""

import math
from collections.abc import Collection, Mapping, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from clados.drawing import frame, svg
from clados.drawing.labels import PlacedLabel, Spot, labels_with_room
from clados.drawing.lanes import Lane, Span, lanes
from clados.drawing.palette import Ink, ink
from clados.drawing.records import Node, by_date
from clados.drawing.scale import Scale, count_label, powers, years
from clados.drawing.svg import Box, EmptyFigureError, Figure, element
from clados.drawing.terminal import OneLine, TerminalBar

_RADIUS = 4.5
_PITCH = 17.0
_LANE_GAP = 12.0
_HEIGHT = 786.0  # of the timeline by parameters, while the models are few
_MANY = 110  # models; beyond, it grows with their number
_BAR = 42  # columns of the longest bar on a terminal


def by_family(
    nodes: Sequence[Node], colours: Mapping[str, str], *, name: str, highlight: Collection[str] = ()
) -> Figure:
    """A point at each model's date, in the lane of its family, labelled to its right.

    Raises:
        EmptyFigureError: no nodes.
    """
    left = frame.MARGIN + frame.LABEL_WIDTH + 16
    scale = _even_years(nodes, left)
    spans = [
        Span(node, scale(node.when) - _RADIUS, scale(node.when) + 9 + svg.text_width(node.name, frame.NAME_SIZE))
        for node in nodes
    ]
    lane_list, row = lanes(spans, frame.FAMILY_ORDER, 8)
    inks = {node.group: ink(node.group, colours) for node in nodes}
    y_of, bands, bottom = _rows_of(lane_list)
    points = {node.id: (scale(node.when), y_of[row[node.id]]) for node in nodes}
    placed = {
        node.id: PlacedLabel(
            Box(points[node.id][0] + 9, points[node.id][1] - 7, svg.text_width(node.name, frame.NAME_SIZE), 14),
            points[node.id],
        )
        for node in nodes
    }
    parts = [*frame.figure_heading(name), *frame.axis(scale, frame.TOP, bottom)]
    parts += [frame.band(group, box, inks[group]) for group, box in bands]
    parts += _marks(nodes, points, placed, inks, highlight)
    parts.append(frame.openness_legend(frame.MARGIN, bottom + 24, lines=()))
    data = {"nodes": _rows(nodes, points, placed), "lanes": [{"group": g, "box": box.json()} for g, box in bands]}
    return Figure(svg.document(frame.WIDTH, bottom + 40, name, parts, kind="timeline-family"), data)


def _rows_of(lane_list: Sequence[Lane]) -> tuple[dict[int, float], list[tuple[str, Box]], float]:
    """The y of each row, the box of each lane, and where the last one ends."""
    y_of: dict[int, float] = {}
    bands: list[tuple[str, Box]] = []
    y = frame.TOP + _LANE_GAP
    for lane in lane_list:
        bands.append(
            (lane.group, Box(frame.MARGIN, y - _PITCH / 2 - 1, frame.WIDTH - 2 * frame.MARGIN, lane.rows * _PITCH + 2))
        )
        for number in range(lane.rows):
            y_of[lane.first + number] = y + number * _PITCH
        y += lane.rows * _PITCH + _LANE_GAP / 2
    return y_of, bands, y


def by_params(
    nodes: Sequence[Node],
    colours: Mapping[str, str],
    *,
    name: str,
    highlight: Collection[str] = (),
    across: Scale | None = None,
) -> Figure:
    """A point at each model's date and parameter count (log axis); models of unknown size are listed below.

    So are the names for which a crowd leaves no room; their points stay.

    Raises:
        EmptyFigureError: no model has a known size.
    """
    nodes = by_date(nodes)
    known = [node for node in nodes if node.params]
    unknown = [node for node in nodes if not node.params]
    if not known:
        raise EmptyFigureError("nothing to draw: no model has a known number of parameters")
    left, bottom = 64.0, frame.TOP + _HEIGHT * max(1.0, len(known) / _MANY)
    across = across or _even_years(nodes, left + 10)
    up = powers([node.params for node in known if node.params], bottom, frame.TOP + 6)
    points = {node.id: (across(node.when), up(math.log10(node.params))) for node in known if node.params}
    spots = [Spot(node.id, *points[node.id], svg.text_width(node.name, frame.NAME_SIZE) + 2, 13) for node in known]
    bounds = Box(left + 2, frame.TOP, frame.WIDTH - left - 6, bottom - frame.TOP)
    placed = labels_with_room(spots, bounds, _RADIUS)
    inks = {node.group: ink(node.group, colours) for node in nodes}
    parts = [*frame.figure_heading(name), *frame.axis(across, frame.TOP, bottom), *_powers(up, left, bottom)]
    parts += _marks(known, points, placed, inks, highlight)
    crowded = [node for node in known if node.id not in placed]
    unnamed, below = _listed("No room for their names above:", crowded, bottom + 26, marked=True)
    listed, below = _listed("Size not published:", unknown, below)
    parts += [
        *unnamed,
        *listed,
        frame.group_legend(inks, below),
        frame.openness_legend(frame.MARGIN, below + 24, lines=()),
    ]
    data = {"nodes": _rows(known, points, placed), "unknown": [node.json() for node in unknown]}
    return Figure(svg.document(frame.WIDTH, below + 40, name, parts, kind="timeline-params"), data)


def _even_years(nodes: Sequence[Node], left: float) -> Scale:
    if not nodes:
        raise EmptyFigureError("nothing to draw: no models")
    latest = max(node.when for node in nodes)
    tail = max(svg.text_width(node.name, frame.NAME_SIZE) for node in nodes if node.when > latest - 0.25)
    return years([node.when for node in nodes], left, frame.WIDTH - frame.MARGIN - tail - 14, even=True)


def _powers(up: Scale, left: float, bottom: float) -> list[str]:
    parts = [
        element("line", class_="rule", x1=left, x2=frame.WIDTH - frame.MARGIN, y1=bottom, y2=bottom, stroke_width=1.4)
    ]
    for value, text in up.ticks:
        y = up(value)
        parts.append(element("line", class_="rule", x1=left, x2=frame.WIDTH - frame.MARGIN, y1=y, y2=y, stroke_width=1))
        parts.append(svg.label(left - 6, y + 4, text, size=12, class_="faint", text_anchor="end", data_tick=text))
    parts.append(svg.label(frame.MARGIN, frame.TOP - 8, "parameters", class_="faint"))
    return parts


def _marks(
    nodes: Sequence[Node],
    points: Mapping[str, tuple[float, float]],
    placed: Mapping[str, PlacedLabel],
    inks: Mapping[str, Ink],
    highlight: Collection[str],
) -> list[str]:
    """Leaders first, then points, then labels, so that no line covers a word."""
    leaders, marks = [], []
    for node in by_date(nodes):
        x, y = points[node.id]
        colour, where = inks[node.group], placed.get(node.id)
        if where and where.leader:
            end = where.leader
            leaders.append(
                element(
                    "line", x1=x, y1=y, x2=end[0], y2=end[1], stroke=colour.line, stroke_width=0.8, data_leader=node.id
                )
            )
        marks.append(_mark(node, x, y, colour, where.box if where else None, highlight))
    return leaders + marks


def _mark(node: Node, x: float, y: float, colour: Ink, box: Box | None, highlight: Collection[str]) -> str:
    text = ""
    if box:
        weight = "600" if node.id in highlight else None
        middle = box.middle + frame.NAME_SIZE * 0.36
        text = svg.label(box.left, middle, node.name, size=frame.NAME_SIZE, font_weight=weight)
    shape = {"cx": x, "cy": y, "r": _RADIUS}
    return frame.node_mark(node, "circle", shape, text, colour, highlight, stroke=1.4)


def _listed(heading: str, nodes: Sequence[Node], top: float, *, marked: bool = False) -> tuple[list[str], float]:
    """The models as lines of text below a picture, `marked` ones being in it; and where the next thing may start."""
    if not nodes:
        return [], top
    parts = [svg.label(frame.MARGIN, top, heading, font_weight="600")]
    x, y = frame.MARGIN + svg.text_width(heading) * 1.12 + 14, top  # bold is wider
    for node in by_date(nodes):
        text = f"{node.name} ({node.date[:7]})"
        width = svg.text_width(text)
        if x + width > frame.WIDTH - frame.MARGIN:
            x, y = frame.MARGIN, y + 17
        own = {} if marked else {"data_id": node.id, "data_group": node.group}
        parts.append(element("g", svg.title(frame.described(node)), svg.label(x, y, text), **own))
        x += width + 16
    return parts, y + 24


def _rows(
    nodes: Sequence[Node], points: Mapping[str, tuple[float, float]], placed: Mapping[str, PlacedLabel]
) -> list[dict[str, object]]:
    return [
        {
            **node.json(),
            "point": [round(value, 2) for value in points[node.id]],
            "box": where.box.json() if where else None,
            "leader": bool(where and where.leader),
        }
        for node in by_date(nodes)
        for where in [placed.get(node.id)]
    ]


def timeline_for_terminal(nodes: Sequence[Node], colours: Mapping[str, str], y: str) -> Table:
    """The timeline for the terminal: a line a model in order of date; a column a family, or a bar on the log axis."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("date", "model", "family", "parameters", *(["1M to 10T, log"] if y == "params" else [])):
        figures = heading in ("date", "parameters")  # always whole
        table.add_column(OneLine(heading), justify="right" if heading == "parameters" else "left", no_wrap=figures)
    year = ""
    ordered = by_date(nodes)
    if y == "family":
        rank = {group: place for place, group in enumerate(frame.FAMILY_ORDER)}
        ordered = sorted(ordered, key=lambda node: (rank.get(node.group, len(rank)), node.group))
    for node in ordered:
        break_at = node.date[:4] if y == "params" else node.group
        if year and break_at != year:
            table.add_section()
        year = break_at
        style = ink(node.group, colours).fill if node.group != "Transformer" else ""
        mark = frame.OPENNESS_MARKS.get(node.openness, "○")
        cells: list[RenderableType] = [
            node.date,
            OneLine(Text.assemble((f"{mark} ", style), node.name)),
            OneLine(Text(node.group, style=style)),
            count_label(node.params) if node.params else "unknown",
        ]
        if y == "params":
            share = (math.log10(node.params) - 6) / 7 if node.params else 0
            cells.append(
                TerminalBar(share, style, _BAR) if node.params else OneLine(Text("size not published", style="dim"))
            )
        table.add_row(*cells)
    return table
