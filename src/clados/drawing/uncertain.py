"""Bars of sizes that are not known exactly: between which numbers their parameters, or their training, lie."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from clados.catalog.uncertainty import Uncertainty
from clados.drawing import frame, svg
from clados.drawing.palette import Ink
from clados.drawing.records import Node
from clados.drawing.scale import Scale, count_label
from clados.drawing.svg import element

NOTICEABLE = 1.05  # how often the lowest must go into the highest: a bar of less is hidden by its own point
_CAP = 7.0  # half of an end's width, wider than the points

Segment = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True)
class BarWords:
    """What is said of bars: of their ends, of what these are, and in the legend, line by line."""

    end: Callable[[float], str]
    name: str
    counted: str
    legend: tuple[str, ...]
    rounded: str = "what is rounded to the published figure"


_SAID = "Bar: a size that is not known to within 5 %. It goes from the published figure to the count of the published"
_MORE = "shape, where these differ; where there is no count, over all numbers that are rounded to the published figure."
PARAMS_BARS = BarWords(
    count_label,
    "parameters",
    "one published, one counted",
    (_SAID, _MORE),
)
FLOPS_BARS = BarWords(
    "{:.3g}".format,
    "FLOPs",
    "one published, one by the tokens",
    (
        "Bar: training compute that is not known to within 5 %. It goes from the published figure to 6 operations a",
        "parameter and token (arXiv:2001.08361), which count no recomputation.",
    ),
)


def noticeable(uncertain: Iterable[tuple[str, Uncertainty]]) -> dict[str, Uncertainty]:
    """Those that are drawn, by the names of their sizes."""
    return {name: each for name, each in uncertain if each.high > NOTICEABLE * each.low}


@dataclass(frozen=True)
class UncertaintyBar:
    """The bar of a size, in a drawing where its amounts go up."""

    node: Node
    size: str
    found: Uncertainty
    segments: tuple[Segment, ...]  # its ends, and what joins them
    words: BarWords = PARAMS_BARS

    def drawn(self, colour: Ink, highlight: Collection[str]) -> str:
        """Its lines, with what it says as their title."""
        words = self.words
        low, high = words.end(self.found.low), words.end(self.found.high)
        why = words.counted if self.found.counted else words.rounded
        said = f"{self.node.name} {self.size}: {low} to {high} {words.name}, {why}"
        path = element("path", d=_path(self.segments), fill="none", stroke=colour.line, stroke_width=1.5)
        dim = "dim" if highlight and self.node.id not in highlight else None
        return element("g", svg.title(said), path, class_=dim, data_bar=f"{self.node.id}:{self.size}")


def bars_at(
    node: Node, found: Mapping[str, Uncertainty], x: float, up: Scale, words: BarWords = PARAMS_BARS
) -> list[UncertaintyBar]:
    """The bars of a model's sizes at a place across; ``up`` is called with the logarithm of amounts."""
    return [UncertaintyBar(node, name, each, _segments(x, *_ends(each, up)), words) for name, each in found.items()]


def _ends(found: Uncertainty, up: Scale) -> tuple[float, float]:
    return up(math.log10(found.low)), up(math.log10(found.high))


def _segments(x: float, low: float, high: float) -> tuple[Segment, ...]:
    ends = (((x - _CAP, y), (x + _CAP, y)) for y in (low, high))
    return (*ends, ((x, low), (x, high)))


def _path(segments: Iterable[Segment]) -> str:
    return "".join(
        f"M{svg.coordinate(a)} {svg.coordinate(b)}L{svg.coordinate(c)} {svg.coordinate(d)}"
        for (a, b), (c, d) in segments
    )


def as_data(found: Mapping[str, Uncertainty]) -> dict[str, object]:
    """What bars are drawn from, by the names of the sizes."""
    return {name: {"low": each.low, "high": each.high, "counted": each.counted} for name, each in found.items()}


def legends(
    nodes: Iterable[Node], inks: Mapping[str, Ink], y: float, *, bars: bool, words: BarWords = PARAMS_BARS
) -> tuple[list[str], float]:
    """The colours of the families, what filled and hollow mean and what a bar does; and where the drawing ends."""
    found = [frame.group_legend(nodes, inks, y), frame.openness_legend(frame.MARGIN, y + 24, lines=())]
    return ([*found, _bars_legend(y + 48, words)], y + 80) if bars else (found, y + 40)


def _bars_legend(top: float, words: BarWords) -> str:
    x = frame.MARGIN + _CAP
    sign = element("path", d=_path(_segments(x, top, top - 11)), fill="none", stroke="#6e7781", stroke_width=1.5)
    texts = (svg.label(x + 17, top + 16 * i, text, class_="faint") for i, text in enumerate(words.legend))
    return element("g", sign, *texts, data_legend="bars")
