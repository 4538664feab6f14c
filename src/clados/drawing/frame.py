"""What all drawings share: heading, time axis, lanes, legend, and the line that describes a model."""

from collections.abc import Collection, Mapping

from clados.drawing import svg
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
OPENNESS_MARKS = {"open": "●", "limited": "◐"}  # in the terminal; all else is ○


def figure_heading(name: str) -> list[str]:
    """The name of the figure, left, above everything."""
    return [svg.label(MARGIN, 26, name, size=17, font_weight="600")]


def axis(scale: Scale, top: float, bottom: float) -> list[str]:
    """A line and a label for each tick of the time axis that lies on it."""
    parts = []
    free_from = float("-inf")
    for value, text in sorted(scale.ticks, reverse=True):
        x = max(scale(value), scale.pixels[0])
        if x == scale(value):
            parts.append(element("line", class_="rule", x1=x, x2=x, y1=top - 14, y2=bottom, stroke_width=1))
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
    root: bool = False,
    more: str = "",  # what the title says beside
) -> str:
    """A model's shape, filled when open, tinted when limited, hollow otherwise, with its label and its title."""
    lit = node.id in highlight
    mark = element(
        tag,
        class_=" ".join(word for word, holds in (("lit", lit), ("root", root)) if holds) or None,
        **shape,
        fill=colour.fill if node.openness in ("open", "limited") else "none",
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


def group_legend(inks: Mapping[str, Ink], y: float) -> str:
    """The colours of the families."""
    parts, x = [], MARGIN
    for group in [group for group in FAMILY_ORDER if group in inks] + sorted(set(inks) - set(FAMILY_ORDER)):
        parts.append(element("circle", cx=x + 5, cy=y - 4, r=5, fill=inks[group].fill, stroke=inks[group].line))
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
