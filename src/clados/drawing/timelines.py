"""The timelines: models by date in the lanes of their families, or by date and number of parameters."""

import math
from collections.abc import Collection, Mapping, Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from clados.drawing import frame, svg
from clados.drawing.labels import PlacedLabel
from clados.drawing.lanes import Lane, Span, lanes
from clados.drawing.palette import Ink, ink
from clados.drawing.records import Node, by_date
from clados.drawing.scale import Scale, count_label, years
from clados.drawing.svg import Box, EmptyFigureError, Figure, element
from clados.drawing.terminal import OneLine, TerminalBar

RADIUS = 4.5
_PITCH = 17.0
_LANE_GAP = 12.0
_BAR = 42  # columns of the longest bar on a terminal


def by_family(
    nodes: Sequence[Node], colours: Mapping[str, str], *, name: str, highlight: Collection[str] = ()
) -> Figure:
    """A point at each model's date, in the lane of its family, labelled to its right.

    Raises:
        EmptyFigureError: no nodes.
    """
    left = frame.MARGIN + frame.LABEL_WIDTH + 16
    scale = even_years(nodes, left)
    spans = [
        Span(node, scale(node.when) - RADIUS, scale(node.when) + 9 + svg.text_width(node.name, frame.NAME_SIZE))
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
    names = [each.box for each in placed.values()]
    parts = [*frame.figure_heading(name), *frame.axis(scale, frame.TOP, bottom, names)]
    parts += [frame.band(group, box, inks[group]) for group, box in bands]
    parts += marks(nodes, points, placed, inks, highlight)
    parts.append(frame.openness_legend(frame.MARGIN, bottom + 24, lines=()))
    data = {"nodes": node_rows(nodes, points, placed), "lanes": [{"group": g, "box": box.json()} for g, box in bands]}
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


def even_years(nodes: Sequence[Node], left: float) -> Scale:
    """Years of the same width from ``left`` on, so that the last names still have room.

    Raises:
        EmptyFigureError: no nodes.
    """
    if not nodes:
        raise EmptyFigureError("nothing to draw: no models")
    latest = max(node.when for node in nodes)
    tail = max(svg.text_width(node.name, frame.NAME_SIZE) for node in nodes if node.when > latest - 0.25)
    return years([node.when for node in nodes], left, frame.WIDTH - frame.MARGIN - tail - 14, even=True)


def marks(
    nodes: Sequence[Node],
    points: Mapping[str, tuple[float, float]],
    placed: Mapping[str, PlacedLabel],
    inks: Mapping[str, Ink],
    highlight: Collection[str],
    more: Mapping[str, str] = {},
) -> list[str]:
    """Leaders first, then points, then labels, so that no line covers a word; ``more``: what titles say beside."""
    leaders, found = list[str](), list[str]()
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
        found.append(_mark(node, x, y, colour, where.box if where else None, highlight, more.get(node.id, "")))
    return leaders + found


def _mark(node: Node, x: float, y: float, colour: Ink, box: Box | None, highlight: Collection[str], more: str) -> str:
    text = ""
    if box:
        weight = "600" if node.id in highlight else None
        middle = box.middle + frame.NAME_SIZE * 0.36
        text = svg.label(box.left, middle, node.name, size=frame.NAME_SIZE, font_weight=weight)
    shape = {"cx": x, "cy": y, "r": RADIUS}
    return frame.node_mark(node, "circle", shape, text, colour, highlight, stroke=1.4, more=more)


def listed_below(heading: str, nodes: Sequence[Node], top: float, *, marked: bool = False) -> tuple[list[str], float]:
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


def node_rows(
    nodes: Sequence[Node], points: Mapping[str, tuple[float, float]], placed: Mapping[str, PlacedLabel]
) -> list[dict[str, object]]:
    """The models in order of date as they are exported, each with its point and the box of its name."""
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
