"""Stacked bars: what the parameters of a model are spent on."""

from collections.abc import Mapping

from clados.drawing import chart, svg
from clados.drawing.scale import count_label
from clados.drawing.svg import EmptyFigureError, Figure, element

_LEFT, _RIGHT, _TOP, _PITCH, _HEIGHT = 16.0, 16.0, 46.0, 34.0, 20.0


def stacked_bars(
    ledgers: Mapping[str, Mapping[str, int]], *, name: str, width: float = 860, share: bool = False
) -> Figure:
    """A bar a model, its parts end to end.

    Args:
        ledgers: model to part to number of parameters.
        name: the heading.
        width: of the picture, in pixels.
        share: every bar as long as the others, so that shares are compared and not sizes.

    Raises:
        EmptyFigureError: no parameters.
        ValueError: a negative number.
    """
    if not ledgers or not any(sum(parts.values()) for parts in ledgers.values()):
        raise EmptyFigureError("nothing to draw: no parameters")
    if any(value < 0 for parts in ledgers.values() for value in parts.values()):
        raise ValueError("a part has a negative number of parameters")
    parts_of = list(dict.fromkeys(part for parts in ledgers.values() for part in parts))
    totals = {model: sum(parts.values()) for model, parts in ledgers.items()}
    labels = max(svg.text_width(model, 12) for model in ledgers) + 12
    room = width - _LEFT - labels - _RIGHT - 64
    drawn = [svg.label(_LEFT, 26, name, size=15, font_weight="600")]
    for row, (model, parts) in enumerate(ledgers.items()):
        y = _TOP + row * _PITCH
        full = room * (1.0 if share else totals[model] / max(totals.values()))
        drawn.append(svg.label(_LEFT, y + 14.5, model, size=12))
        drawn += _bar(model, parts, {part: i for i, part in enumerate(parts_of)}, _LEFT + labels, y, full)
        drawn.append(svg.label(_LEFT + labels + full + 8, y + 14.5, count_label(totals[model]), class_="faint"))
    swatches, bottom = chart.series_legend(_LEFT, _TOP + len(ledgers) * _PITCH + 14, parts_of, width - _RIGHT)
    data = {
        "bars": [{"model": model, "total": totals[model], "parts": dict(parts)} for model, parts in ledgers.items()]
    }
    return Figure(svg.document(width, bottom + 16, name, [*drawn, *swatches], kind="ledger"), data)


def _bar(
    model: str, parts: Mapping[str, int], order: Mapping[str, int], left: float, y: float, full: float
) -> list[str]:
    """The pieces of one bar, `full` pixels long together."""
    total, x, pieces = sum(parts.values()), left, []
    for part, value in parts.items():
        long = full * value / total if total else 0.0
        what = f"{model}, {part}: {value:,} ({100 * value / total if total else 0:.1f} %)"
        rect = element("rect", x=x, y=y, width=long, height=_HEIGHT, fill=chart.colour(order[part]))
        pieces.append(element("g", svg.title(what), rect, data_id=model, data_part=part))
        x += long
    return pieces
