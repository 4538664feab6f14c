"""The family tree: years from left to right, a lane a family, edges that say what changed."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.text import Text
from rich.tree import Tree as RichTree

from clados.drawing import frame, svg
from clados.drawing.channels import Channels, Point
from clados.drawing.columns import Corner
from clados.drawing.lanes import Lane, Span, lanes
from clados.drawing.layout.sheet import broken_lines, label_width
from clados.drawing.palette import Ink, ink
from clados.drawing.records import LINES, ROOT, Node, ParentEdge, by_date, parent_edges
from clados.drawing.route import EdgeRouter, Net
from clados.drawing.scale import Scale, count_label, years
from clados.drawing.svg import Box, EmptyFigureError, Figure, element
from clados.drawing.terminal import OneLine

_HEIGHT = 17.0  # of a box
_BETWEEN = 10.0  # two rows of a lane, at least
_LANE_GAP = 23.0  # between two lanes, at least
_BAND = 8.0  # a lane's tint beyond its boxes
_CLEAR = 3.0  # between a line and the boxes above and below it
_GAP = 20.0  # between two boxes of a row
_ROOM = 24.0  # left of the time axis, for edges
_PADDING = 6.0
_LEGEND = 44.0
_CHANGE = 15.0  # height of a line that says what changed


@dataclass(frozen=True)
class _Layout:
    """Where everything is, in pixels."""

    width: float
    height: float
    scale: Scale
    lanes: Sequence[Lane]
    bands: Mapping[str, Box]
    boxes: Mapping[str, Box]
    paths: Mapping[tuple[str, str], Sequence[Point]]  # parent, child


def layout(nodes: Sequence[Node], *, scale: Scale | None = None, order: Sequence[str] = frame.FAMILY_ORDER) -> _Layout:
    """Places the boxes and routes the edges; no box overlaps another, no edge crosses a box.

    Raises:
        EmptyFigureError: no nodes.
    """
    if not nodes:
        raise EmptyFigureError("nothing to draw: no models")
    left = frame.MARGIN + frame.LABEL_WIDTH + _ROOM
    if scale is None:
        latest = max(nodes, key=lambda node: node.when)
        tail = max(node.width(frame.NAME_SIZE, _PADDING) for node in nodes if node.when > latest.when - 0.2)
        scale = years([node.when for node in nodes], left, frame.WIDTH - frame.MARGIN - tail - _PADDING)
    spans = [Span(node, x := scale(node.when), x + node.width(frame.NAME_SIZE, _PADDING)) for node in nodes]
    rows_of, row = lanes(spans, order, _GAP)
    channels = Channels(_routes(nodes, spans, row, left))
    middles = _middles(rows_of, channels)
    tops = [middle - _HEIGHT / 2 for middle in middles[1::2]]
    boxes = {span.node.id: Box(span.left, tops[row[span.node.id]], span.right - span.left, _HEIGHT) for span in spans}
    bands = {lane.group: _band(tops[lane.first], tops[lane.first + lane.rows - 1] + _HEIGHT) for lane in rows_of}
    lines = channels.lines(middles)
    paths = {
        (parent.id, node.id): lines[f"{parent.id} {edge.line}", node.id] for parent, node, edge in parent_edges(nodes)
    }
    bottom = tops[-1] + _HEIGHT + _LANE_GAP + channels.height(len(tops))
    return _Layout(frame.WIDTH, bottom + _LEGEND, scale, rows_of, bands, boxes, paths)


def _band(top: float, bottom: float) -> Box:
    return Box(frame.MARGIN, top - _BAND, frame.WIDTH - 2 * frame.MARGIN, bottom - top + 2 * _BAND)


def _middles(rows_of: Sequence[Lane], channels: Channels) -> list[float]:
    """The middle of each level: channel, row, channel, row ... channel. A channel is as high as its lines need."""
    starts = {lane.first for lane in rows_of} | {rows_of[-1].first + rows_of[-1].rows}
    middles: list[float] = []
    y = frame.TOP
    for channel in range(max(starts) + 1):
        high = max(_LANE_GAP if channel in starts else _BETWEEN, channels.height(channel) + 2 * _CLEAR)
        middles += [y + high / 2, y + high + _HEIGHT / 2]
        y += high + _HEIGHT
    return middles[:-1]


def _routes(
    nodes: Sequence[Node], spans: Sequence[Span], row: Mapping[str, int], left: float
) -> dict[tuple[str, str], Sequence[Corner]]:
    """The way of every edge, a net for each parent and kind; the small nets first, as they have the least choice."""
    rows: list[list[tuple[str, float, float]]] = [[] for _ in range(max(row.values()) + 1)]
    for span in sorted(spans, key=lambda span: span.left):
        rows[row[span.node.id]].append((span.node.id, span.left, span.right))
    router = EdgeRouter(rows, left - _ROOM, frame.WIDTH - frame.MARGIN, _HEIGHT)
    nets: dict[tuple[str, str], dict[str, bool]] = defaultdict(dict)
    for parent, child, edge in parent_edges(nodes):
        nets[parent.id, edge.line][child.id] = edge == child.parents[0]
    ways: dict[tuple[str, str], Sequence[Corner]] = {}
    for net in router.in_order(Net(f"{parent} {line}", parent, children) for (parent, line), children in nets.items()):
        ways |= {(net.name, child): way for child, way in router.route(net).items()}
    return ways


@dataclass(frozen=True)
class DrawnTree:
    """A tree without its heading: its size in pixels, its elements, its data."""

    width: float
    height: float
    parts: Sequence[str]
    data: Mapping[str, object]


def draw_tree(
    nodes: Sequence[Node],
    colours: Mapping[str, str],
    *,
    name: str,
    highlight: Collection[str] = (),
    scale: Scale | None = None,
    order: Sequence[str] = frame.FAMILY_ORDER,
    kind: str = "family-tree",
) -> Figure:
    """The tree as SVG and as data.

    Args:
        nodes: the models; parents that are not among them are left out.
        colours: group to `#rrggbb`.
        name: the heading.
        highlight: ids that are highlighted; all others are dimmed, and what changed on their way is said below.
        scale: the time axis, years by default.
        order: groups from top to bottom.
        kind: the `data-figure` word.
    """
    drawn = tree_parts(nodes, colours, highlight=highlight, scale=scale, order=order)
    parts = [*frame.figure_heading(name), *drawn.parts]
    return Figure(svg.document(drawn.width, drawn.height, name, parts, kind=kind), drawn.data)


def tree_parts(
    nodes: Sequence[Node],
    colours: Mapping[str, str],
    *,
    highlight: Collection[str] = (),
    scale: Scale | None = None,
    order: Sequence[str] = frame.FAMILY_ORDER,
) -> DrawnTree:
    """What `draw_tree` draws below its heading; arguments as there."""
    nodes = by_date(nodes)
    plan = layout(nodes, scale=scale, order=order)
    inks = {node.group: ink(node.group, colours) for node in nodes}
    parts = frame.axis(plan.scale, frame.TOP, plan.height - _LEGEND)
    parts += [frame.band(lane.group, plan.bands[lane.group], inks[lane.group]) for lane in plan.lanes]
    bright = _line_of_descent(nodes, highlight)
    parts += _edges(nodes, plan, inks, bright)
    parts += [node_box(node, plan.boxes[node.id], inks[node.group], highlight) for node in nodes]
    edges = parent_edges(nodes)
    lines, further = {edge.line for *_, edge in edges}, any(edge != child.parents[0] for _, child, edge in edges)
    parts.append(frame.openness_legend(frame.MARGIN, plan.height - 16, lines=lines, further=further))
    changes = [*_changes(nodes, bright, plan.height + 8)] if highlight else []
    height = plan.height + _CHANGE * len(changes) + (16 if changes else 0)
    return DrawnTree(plan.width, height, [*parts, *changes], _data(nodes, plan))


def _data(nodes: Sequence[Node], plan: _Layout) -> dict[str, object]:
    return {
        "nodes": [{**node.json(), "box": plan.boxes[node.id].json()} for node in nodes],
        "edges": [
            {
                "parent": parent.id,
                "child": child.id,
                "kinds": list(edge.kinds),
                "change": edge.said,
                "structure": edge.structure,
                "survey": edge.survey,
                "path": [[round(x, 2), round(y, 2)] for x, y in plan.paths[parent.id, child.id]],
            }
            for parent, child, edge in parent_edges(nodes)
        ],
        "lanes": [{"group": lane.group, "box": plan.bands[lane.group].json()} for lane in plan.lanes],
    }


def _line_of_descent(nodes: Sequence[Node], highlight: Collection[str]) -> set[str]:
    """The highlighted models and all from which they descend; all models where none is highlighted."""
    parents = {node.id: [parent.id for parent in node.parents] for node in nodes}
    found: set[str] = set()
    rest = list(highlight or parents)
    while rest:
        if (each := rest.pop()) not in found:
            found.add(each)
            rest += parents.get(each, [])
    return found


def _edges(nodes: Sequence[Node], plan: _Layout, inks: Mapping[str, Ink], bright: Collection[str]) -> list[str]:
    """The edges; all but those to bright models are pale and lie below."""
    return [
        _edge(parent, child, edge, plan, inks, bright=child.id in bright)
        for parent, child, edge in sorted(parent_edges(nodes), key=lambda each: each[1].id in bright)
    ]


def _changes(nodes: Sequence[Node], bright: Collection[str], y: float) -> Iterator[str]:
    """What changed on each edge to a bright model, a line of text each, as they follow in time."""
    changed = [each for each in parent_edges(nodes) if each[1].id in bright and each[2].said]
    names = [f"{parent.name} → {child.name}" for parent, child, _ in changed]
    left = frame.MARGIN + max((label_width(name, 11, bold=True) for name in names), default=0.0) + _GAP
    for name, (parent, child, edge) in zip(names, changed):
        for i, text in enumerate(broken_lines(edge.said, frame.WIDTH - frame.MARGIN - left, 11)):
            y += _CHANGE
            named = [] if i else [svg.label(frame.MARGIN, y, name, font_weight="600")]
            said = [*named, svg.label(left, y, text)]
            yield element("g", svg.title(edge.said), *said, data_change=f"{parent.id} {child.id}")


def _edge(parent: Node, child: Node, edge: ParentEdge, plan: _Layout, inks: Mapping[str, Ink], *, bright: bool) -> str:
    points = plan.paths[parent.id, child.id]
    kinds = " and ".join(edge.kinds) or "only in the survey's figure"
    what = f"{parent.name} → {child.name} ({kinds})" + (f": {edge.said}" if edge.said else "")
    return element(
        "path",
        svg.title(what, *[edge.structure] * bool(edge.structure)),
        class_=None if bright else "pale",
        data_parent=parent.id,
        data_child=child.id,
        data_kinds=" ".join(edge.kinds),
        data_survey="yes" if edge.survey else None,
        d=rounded(points, 4),
        fill="none",
        stroke=inks[parent.group].line if edge.kinds else "#8c959f",
        stroke_width=frame.FIRST if edge == child.parents[0] else frame.FURTHER,
        stroke_dasharray=LINES[edge.line][1],
    )


def rounded(points: Sequence[Point], radius: float) -> str:
    """Path data of the polyline, its corners rounded by up to `radius`."""
    n = svg.coordinate
    data = f"M{n(points[0][0])} {n(points[0][1])}"
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        start, end = (_toward(corner, other, radius) for other in (before, after))
        data += f"L{n(start[0])} {n(start[1])}Q{n(corner[0])} {n(corner[1])} {n(end[0])} {n(end[1])}"
    return data + f"L{n(points[-1][0])} {n(points[-1][1])}"


def _toward(corner: Point, other: Point, radius: float) -> Point:
    length = abs(other[0] - corner[0]) + abs(other[1] - corner[1])  # the pieces run along the axes
    share = min(radius, length / 2) / length
    return corner[0] + (other[0] - corner[0]) * share, corner[1] + (other[1] - corner[1]) * share


def node_box(node: Node, box: Box, colour: Ink, highlight: Collection[str]) -> str:
    """A model as a box: filled when open, tinted when limited, hollow otherwise."""
    text = svg.label(
        box.left + box.width / 2,
        box.middle + frame.NAME_SIZE * 0.36,
        node.name,
        size=frame.NAME_SIZE,
        text_anchor="middle",
        class_=colour.text if node.openness == "open" else None,
        font_weight="600" if node.id in highlight else None,
    )
    shape = {"x": box.left, "y": box.top, "width": box.width, "height": box.height, "rx": 5.0}
    return frame.node_mark(node, "rect", shape, text, colour, highlight, stroke=1.2)


def tree_for_terminal(
    nodes: Sequence[Node], colours: Mapping[str, str], highlight: Collection[str] = (), *, name: str = "Family tree"
) -> RichTree:
    """The tree for the terminal. Each model stands once, under its first parent; its line names the others."""
    known = {node.id: node for node in nodes}
    children: dict[str, list[Node]] = defaultdict(list)
    for node in by_date(nodes):
        parents = [parent.id for parent in node.parents if parent.id in known]
        children[parents[0] if parents else ""].append(node)
    top = RichTree(Text(name, style="bold"), guide_style="dim")

    def grow(branch: RichTree, node: Node) -> None:
        twig = branch.add(OneLine(_line(node, known, colours, highlight)))
        for child in children[node.id]:
            grow(twig, child)

    for root in children[""]:
        grow(top, root)
    return top


def _line(node: Node, known: Mapping[str, Node], colours: Mapping[str, str], highlight: Collection[str]) -> Text:
    mark = frame.OPENNESS_MARKS.get(node.openness, "○")
    text = Text(f"{mark} ", style=ink(node.group, colours).fill if node.id != ROOT else "")
    text.append(node.name, style="bold reverse" if node.id in highlight else "bold")
    text.append(f" {node.date[:7]}" + (f" {count_label(node.params)}" if node.params else ""), style="dim")
    parents = [parent for parent in node.parents if parent.id in known]
    if parents and parents[0].said:
        text.append(f"  {parents[0].said}")
    named: dict[str, list[str]] = defaultdict(list)
    for parent in parents if parents and parents[0].line == "weights" else parents[1:]:
        word = {"architecture": "also from", "survey": "in the survey's figure from"}.get(parent.line)
        named[word or f"{' and '.join(parent.kinds)} of"].append(known[parent.id].name)
    for word, names in named.items():
        text.append(f"  [{word} {', '.join(names)}]", style="italic dim")
    return text
