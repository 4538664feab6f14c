"""Bars of sizes that are not known exactly: between which numbers their parameters lie."""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from clados.catalog.uncertainty import Uncertainty
from clados.drawing import frame, svg
from clados.drawing.palette import Ink
from clados.drawing.records import Node
from clados.drawing.scale import Scale, count_label
from clados.drawing.svg import element

NOTICEABLE = 1.05  # how often the lowest must go into the highest: a bar of less is hidden by its own point
_CAP = 7.0  # half of an end's width, wider than the points
_SAID = "Bar: a size that is not known to within 5 %. It goes from the published figure to the count of the published"
_MORE = "shape, where these differ; where there is no count, over all numbers that are rounded to the published figure."

Segment = tuple[tuple[float, float], tuple[float, float]]


def noticeable(uncertain: Iterable[tuple[str, Uncertainty]]) -> dict[str, Uncertainty]:
    """Those that are drawn, by the names of their sizes."""
    return {name: each for name, each in uncertain if each.high > NOTICEABLE * each.low}


@dataclass(frozen=True)
class UncertaintyBar:
    """The bar of a size, in a drawing where parameters go up."""

    node: Node
    size: str
    found: Uncertainty
    segments: tuple[Segment, ...]  # its ends, and what joins them

    def drawn(self, colour: Ink, highlight: Collection[str]) -> str:
        """Its lines, with what it says as their title."""
        low, high = count_label(self.found.low), count_label(self.found.high)
        why = "one published, one counted" if self.found.counted else "what is rounded to the published figure"
        said = f"{self.node.name} {self.size}: {low} to {high} parameters, {why}"
        path = element("path", d=_path(self.segments), fill="none", stroke=colour.line, stroke_width=1.5)
        dim = "dim" if highlight and self.node.id not in highlight else None
        return element("g", svg.title(said), path, class_=dim, data_bar=f"{self.node.id}:{self.size}")


def bars_at(node: Node, found: Mapping[str, Uncertainty], x: float, up: Scale) -> list[UncertaintyBar]:
    """The bars of a model's sizes at a place across; ``up`` is called with the logarithm of parameters."""
    return [UncertaintyBar(node, name, each, _segments(x, *_ends(each, up))) for name, each in found.items()]


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


def legends(inks: Mapping[str, Ink], y: float, *, bars: bool) -> tuple[list[str], float]:
    """The colours of the families, what filled and hollow mean and what a bar does; and where the drawing ends."""
    found = [frame.group_legend(inks, y), frame.openness_legend(frame.MARGIN, y + 24, lines=())]
    return ([*found, _bars_legend(y + 48)], y + 80) if bars else (found, y + 40)


def _bars_legend(top: float) -> str:
    x = frame.MARGIN + _CAP
    sign = element("path", d=_path(_segments(x, top, top - 11)), fill="none", stroke="#6e7781", stroke_width=1.5)
    texts = (svg.label(x + 17, top + 16 * i, text, class_="faint") for i, text in enumerate((_SAID, _MORE)))
    return element("g", sign, *texts, data_legend="bars")
