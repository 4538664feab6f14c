"""What all drawings share: heading, time axis, lanes, legend, and the line that describes a model."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from clados.drawing import svg
from clados.drawing.labels import around_boxes
from clados.drawing.palette import Ink, luminance
from clados.drawing.records import LINES, Node
from clados.drawing.scale import Scale, count_label
from clados.drawing.svg import Box, element

WIDTH = 1280.0
MARGIN = 12.0
TOP = 74.0  # where the time axis is
LABEL_WIDTH = 92.0  # width of the column that names the lanes
NAME_SIZE = 10.5  # of the models' names
FIRST, FURTHER = 1.3, 0.8  # widths of the lines to a model's first parent and to all others
FAMILY_ORDER = (
    "BERT", "Transformer-XL", "BART", "T5", "Transformer", "GPT", "LLaMA", "PaLM", "Wu Dao", "other",
    "ViT", "CLIP", "Imagen", "Diffusion",
)  # fmt: skip
_FILLED = ("open", "limited")  # openness of what is not hollow
OPENNESS_MARKS = {"open": "●", "limited": "◐"}  # in the terminal; all else is ○


def figure_heading(name: str) -> list[str]:
    """The name of the figure, left, above everything."""
    return [svg.label(MARGIN, 26, name, size=17, font_weight="600")]


def axis(scale: Scale, top: float, bottom: float, labels: Sequence[Box] = ()) -> list[str]:
    """A line and a label for each tick of the time axis that lies on it; the lines stop where ``labels`` stand."""
    parts = []
    free_from = float("-inf")
    for value, text in sorted(scale.ticks, reverse=True):
        x = max(scale(value), scale.pixels[0])
        if x == scale(value):
            parts += lines_around((x, top - 14), (x, bottom), labels, class_="rule", stroke_width=1)
        right = x + 4 + svg.text_width(text, 12)
        if free_from == float("-inf") or right < free_from:
            parts.append(svg.label(x + 4, top - 8, text, size=12, class_="faint", data_tick=text))
            free_from = x
        else:  # a first year cut short has its label to the left of its neighbour's
            parts.append(
                svg.label(free_from - 6, top - 8, text, size=12, class_="faint", data_tick=text, text_anchor="end")
            )
            free_from -= 6 + svg.text_width(text, 12)
    return parts


def lines_around(
    start: tuple[float, float], end: tuple[float, float], labels: Iterable[Box], **attributes: str | float | None
) -> list[str]:
    """A line that stops where labels stand, and goes on behind them."""
    pieces = around_boxes(start, end, labels)
    return [element("line", **attributes, x1=x1, y1=y1, x2=x2, y2=y2) for (x1, y1), (x2, y2) in pieces]


def band(group: str, box: Box, colour: Ink) -> str:
    """The lane of a group: a tint, a bar at its left end, its name."""
    tint = element(
        "rect",
        x=box.left,
        y=box.top,
        width=box.width,
        height=box.height,
        rx=5,
        fill=colour.fill,
        fill_opacity=0.06 if luminance(colour.fill) < 0.05 else 0.11,
    )
    bar = element("rect", x=box.left, y=box.top, width=4, height=box.height, rx=2, fill=colour.line)
    text = svg.label(box.left + 10, box.middle + 4, group, size=11.5, font_weight="600")
    return element("g", svg.title(group), tint, bar, text, data_lane=group)


def described(node: Node) -> str:
    """One line on the model, for titles."""
    size = f"{count_label(node.params)} parameters" if node.params else "size not published"
    return f"{node.name}, {node.date}, {size}, weights {node.openness}"


def node_mark(
    node: Node,
    tag: str,
    shape: Mapping[str, float],
    text: str,
    colour: Ink,
    highlight: Collection[str],
    *,
    stroke: float,
    more: str = "",  # what the title says beside
) -> str:
    """A model's shape, filled when open, tinted when limited, hollow otherwise, with its label and its title."""
    lit, filled = node.id in highlight, node.openness in _FILLED
    classes = {"lit": lit, "ink": colour.black and not lit, "root": colour.black and filled}
    mark = element(
        tag,
        class_=_classes(classes),
        **shape,
        fill=colour.fill if filled else "none",
        fill_opacity=0.35 if node.openness == "limited" else None,
        stroke=colour.line,
        stroke_width=stroke,
    )
    paper = element(tag, class_="hollow", **shape)
    dim = "dim" if highlight and not lit else None
    return element(
        "g",
        svg.title(f"{described(node)}{more}"),
        paper,
        mark,
        text,
        class_=dim,
        data_id=node.id,
        data_group=node.group,
    )


def _classes(words: Mapping[str, bool]) -> str | None:
    return " ".join(word for word, holds in words.items() if holds) or None


def group_legend(nodes: Iterable[Node], inks: Mapping[str, Ink], y: float) -> str:
    """The colours of the families; hollow where none of a family's weights can be had, as its models are."""
    parts, x = [], MARGIN
    filled = {node.group for node in nodes if node.openness in _FILLED}
    for group in [group for group in FAMILY_ORDER if group in inks] + sorted(set(inks) - set(FAMILY_ORDER)):
        fill = inks[group].fill if group in filled else "none"
        classes = {"ink": inks[group].black, "root": inks[group].black and group in filled}
        dot = {"cx": x + 5, "cy": y - 4, "r": 5.0, "stroke_width": 1.4}
        parts.append(element("circle", class_=_classes(classes), **dot, fill=fill, stroke=inks[group].line))
        parts.append(svg.label(x + 14, y, group, class_="faint"))
        x += 14 + svg.text_width(group) + 14
    return element("g", *parts, data_legend="groups")


def openness_legend(x: float, y: float, *, lines: Collection[str], further: bool = False) -> str:
    """What filled, tinted and hollow mean, the dashes of these kinds of edges, and if ``further``, what is thin."""
    parts = []
    for text, attributes in (
        ("weights open", {"fill": "#8c959f"}),
        ("limited", {"fill": "#8c959f", "fill_opacity": "0.35"}),
        ("closed or unknown", {"fill": "none"}),
    ):
        parts.append(element("rect", x=x, y=y - 9, width=18, height=11, rx=3, stroke="#6e7781", **attributes))
        parts.append(svg.label(x + 24, y, text, class_="faint"))
        x += 24 + svg.text_width(text) + 16
    strokes = [(*LINES[line], FIRST) for line in LINES if line in lines]
    for text, dash, wide in [*strokes, *[("thin: a further parent", None, FURTHER)] * further]:
        parts.append(
            element(
                "path",
                d=f"M{svg.coordinate(x)} {svg.coordinate(y - 4)}h22",
                stroke="#6e7781",
                stroke_width=wide,
                stroke_dasharray=dash,
            )
        )
        parts.append(svg.label(x + 28, y, text, class_="faint"))
        x += 28 + svg.text_width(text) + 16
    return element("g", *parts, data_legend="")
