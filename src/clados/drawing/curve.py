"""Loss curves with the baselines they must come under."""

import math
from collections.abc import Collection, Mapping, Sequence

from clados.drawing import chart, svg
from clados.drawing.labels import Spot, place_labels
from clados.drawing.layout.sheet import label_width
from clados.drawing.scale import Scale
from clados.drawing.svg import Box, EmptyFigureError, Figure, element

_LEFT, _TOP, _BOTTOM, _TAIL = 56.0, 62.0, 40.0, 16.0
_SHARE, _LEAST = 50, 3  # points on either side that count for a smoothed one: a fiftieth of all, and so many at least
_FEW = 40  # points of a line, up to which each is marked
_MOST = 600  # points of a smooth line that are drawn
_TICK = 140  # pixels between two numbers of an axis, about
_Points = Sequence[tuple[float, float]]


def curves(
    series: Mapping[str, Sequence[tuple[float, float]]],
    *,
    name: str,
    x_name: str,
    y_name: str,
    baselines: Mapping[str, float] | None = None,
    smooth: Collection[str] = (),
    marked: Collection[str] = (),
    width: float = 860,
    height: float = 380,
) -> Figure:
    """Lines through (x, y), and a dashed horizontal line with its name for each baseline.

    Points that are not finite break the line. Of a series that is to be ``smooth`` the line is smoothed, with its own
    trace behind it, both of every few points where there are very many; of one that is ``marked`` each point is, where
    they are few.

    Raises:
        EmptyFigureError: there is no finite point.
    """
    lines = {each: [point for point in points if all(map(math.isfinite, point))] for each, points in series.items()}
    points = [point for line in lines.values() for point in line]
    if not points:
        raise EmptyFigureError("nothing to draw: no finite point")
    marks = {each: value for each, value in (baselines or {}).items() if math.isfinite(value)}
    xs, ys = [x for x, _ in points], [y for _, y in points] + list(marks.values())
    bottom = height - _BOTTOM - 22
    up = chart.linear_scale(min(ys), max(ys), bottom, _TOP, max(3, round(bottom / _TICK * 3)))
    left = max(_LEFT, *(svg.text_width(text) + 14 for _, text in up.ticks))
    across = chart.linear_scale(min(xs), max(xs), left, width - _TAIL, max(2, round(width / _TICK)))
    parts = [
        svg.label(16, 26, name, size=_title_size(name, width), font_weight="600"),
        *_axes(across, up, left, width, bottom, x_name, y_name),
    ]
    parts += _baselines(marks, up, left, width, bottom)
    for index, each in enumerate(series):
        if each in smooth:
            trace = _thinned(series[each])
            parts.append(_path(trace, across, up, stroke=chart.colour(index), stroke_width=1, opacity="0.35"))
    for index, (each, line) in enumerate(series.items()):
        shown = _thinned(smoothed(line)) if each in smooth else line
        parts.append(_line(each, shown, across, up, chart.colour(index), marked=each in marked))
    if len(series) > 1:
        swatches = {each: {"fill": chart.colour(index)} for index, each in enumerate(series)}
        legend, last = chart.swatch_legend(left, height - 12, swatches, width - _TAIL)
        parts, height = parts + legend, last + 12  # of as many lines as there are
    data = {"series": {each: [list(point) for point in line] for each, line in lines.items()}, "baselines": marks}
    return Figure(svg.document(width, height, name, parts, kind="curve"), data)


def _title_size(name: str, width: float) -> float:
    """The size of a title's letters, so small that it fits."""
    return min(15, (width - 2 * 16) / (label_width(name, 1, bold=True) or 1))


def _axes(across: Scale, up: Scale, left: float, width: float, bottom: float, x_name: str, y_name: str) -> list[str]:
    parts = []
    for value, text in up.ticks:
        y = up(value)
        parts.append(element("line", class_="rule", x1=left, x2=width - _TAIL, y1=y, y2=y, stroke_width=1))
        parts.append(svg.label(left - 6, y + 4, text, class_="faint", text_anchor="end", data_tick=text))
    for value, text in across.ticks:
        x = across(value)
        anchor = "end" if x > width - _TAIL - 20 else "middle"
        parts.append(element("line", class_="rule", x1=x, x2=x, y1=bottom, y2=bottom + 5, stroke_width=1))
        parts.append(svg.label(x, bottom + 17, text, class_="faint", text_anchor=anchor, data_tick=text))
    parts.append(svg.label(left, _TOP - 8, y_name, class_="faint"))
    parts.append(svg.label(width - _TAIL, bottom + 31, x_name, class_="faint", text_anchor="end"))
    return parts


def smoothed(points: _Points) -> list[tuple[float, float]]:
    """Each point the mean of those around it, of as many on either side; at the beginning of few.

    At the end it is of those before it, half as many as elsewhere on a side: the last point alone says little. Points
    that are not finite stay, and are in no mean.

    >>> smoothed([(0, 4.0), (1, 1.0), (2, 4.0)])
    [(0, 4.0), (1, 3.0), (2, 2.5)]
    """
    sums, counts = [0.0], [0]
    for _, y in points:
        sums.append(sums[-1] + (y if math.isfinite(y) else 0.0))
        counts.append(counts[-1] + math.isfinite(y))
    most, last, found = max(_LEAST, len(points) // _SHARE), len(points) - 1, list[tuple[float, float]]()
    for i, (x, y) in enumerate(points):
        side = min(most, i, last - i)
        before = side if last - i > i else min(max(side, most // 2), i)
        low, high = i - before, i + side + 1
        mean = (sums[high] - sums[low]) / max(counts[high] - counts[low], 1)
        found.append((x, mean if math.isfinite(y) else y))
    return found


def _thinned(points: _Points) -> _Points:
    """Every few points, and the last, where there are more than are drawn."""
    every = -(-len(points) // _MOST)
    return points if every < 2 else [*points[:-1:every], points[-1]]


def _line(name: str, points: _Points, across: Scale, up: Scale, colour: str, *, marked: bool) -> str:
    """A line and what it says; a dot at each of its points."""
    ends = [y for _, y in points if math.isfinite(y)]
    what = f"{name}: {ends[0]:.3f} to {ends[-1]:.3f}" if ends else name
    line = _path(points, across, up, svg.title(what), data_id=name, stroke=colour, stroke_width=1.8)
    finite = [(x, y) for x, y in points if math.isfinite(x) and math.isfinite(y)]
    if not marked or len(finite) > _FEW:
        return line
    dots = [
        element("circle", svg.title(f"{name}, {x:,.0f}: {y:.4f}"), cx=across(x), cy=up(y), r=3.2, fill=colour)
        for x, y in finite
    ]
    return line + "".join(dots)


def _path(points: _Points, across: Scale, up: Scale, *inside: str, **attributes: str | float | None) -> str:
    data, drawing = "", False
    for x, y in points:
        if not (math.isfinite(x) and math.isfinite(y)):
            drawing = False
            continue
        data += f"{'L' if drawing else 'M'}{svg.coordinate(across(x))} {svg.coordinate(up(y))}"
        drawing = True
    return element("path", *inside, **attributes, d=data, fill="none", stroke_linejoin="round")


def _baselines(marks: Mapping[str, float], up: Scale, left: float, width: float, bottom: float) -> list[str]:
    """The lines, and their names above their right ends, shifted where two would touch."""
    right = width - _TAIL
    spots = [
        Spot(each, right, up(value) - 9, svg.text_width(f"{each} {value:.2f}") + 4, 13) for each, value in marks.items()
    ]
    placed = place_labels(spots, Box(left, _TOP - 20, right - left, bottom - _TOP + 20), 1)
    parts = []
    for each, value in marks.items():
        y, box = up(value), placed[each].box
        line = element(
            "line",
            class_="ink",
            x1=left,
            x2=right,
            y1=y,
            y2=y,
            stroke_width=1.1,
            stroke_dasharray="6 4",
            opacity="0.7",
        )
        text = svg.label(
            box.left + 2, box.middle + 4, f"{each} {value:.2f}", class_="halo", paint_order="stroke", stroke_width=4
        )
        parts.append(element("g", svg.title(f"{each}: {value:.4f}"), line, text, data_baseline=each))
    return parts
