"""Stacked bars: what the parameters of a model are spent on, in the colours of its drawing."""

from collections.abc import Mapping

from clados.drawing import chart, svg
from clados.drawing.layout.kinds import KIND_STYLE, PART_KINDS, box_bands
from clados.drawing.scale import count_label
from clados.drawing.svg import Box, EmptyFigureError, Figure, element

_LEFT, _RIGHT, _TOP, _PITCH, _HEIGHT = 16.0, 16.0, 46.0, 34.0, 20.0


def stacked_bars(
    ledgers: Mapping[str, Mapping[str, int]], *, name: str, width: float = 860, share: bool = False
) -> Figure:
    """A bar a model, its kinds of part end to end.

    Args:
        ledgers: model to kind of part, as `PART_KINDS` has them, to number of parameters.
        name: the heading.
        width: of the picture, in pixels.
        share: every bar as long as the others, so that shares are compared and not sizes.

    Raises:
        EmptyFigureError: no parameters.
        ValueError: a negative number, or a kind that there is not.
    """
    if not ledgers or not any(sum(parts.values()) for parts in ledgers.values()):
        raise EmptyFigureError("nothing to draw: no parameters")
    if unknown := {kind for parts in ledgers.values() for kind in parts} - PART_KINDS.keys():
        raise ValueError(f"no kind of part is {', '.join(sorted(unknown))}; they are {', '.join(PART_KINDS)}")
    if any(value < 0 for parts in ledgers.values() for value in parts.values()):
        raise ValueError("a part has a negative number of parameters")
    totals = {model: sum(parts.values()) for model, parts in ledgers.items()}
    labels = max(svg.text_width(model, 12) for model in ledgers) + 12
    room = width - _LEFT - labels - _RIGHT - 64
    drawn = [svg.label(_LEFT, 26, name, size=15, font_weight="600")]
    for row, (model, parts) in enumerate(ledgers.items()):
        y = _TOP + row * _PITCH
        full = room * (1.0 if share else totals[model] / max(totals.values()))
        drawn.append(svg.label(_LEFT, y + 14.5, model, size=12))
        drawn += _bar(model, parts, _LEFT + labels, y, full)
        drawn.append(svg.label(_LEFT + labels + full + 8, y + 14.5, count_label(totals[model]), class_="faint"))
    kinds = [kind for kind in PART_KINDS if any(kind in parts for parts in ledgers.values())]
    called = {PART_KINDS[kind].name: kind for kind in kinds}
    swatches, bottom = chart.swatch_legend(
        _LEFT,
        _TOP + len(ledgers) * _PITCH + 14,
        {name: {"class_": f"k-{kind}"} for name, kind in called.items()},
        width - _RIGHT,
        lambda name, area: box_bands(called[name], area),
    )
    data = {
        "bars": [{"model": model, "total": totals[model], "parts": dict(parts)} for model, parts in ledgers.items()]
    }
    drawn += swatches
    return Figure(svg.document(width, bottom + 16, name, drawn, kind="ledger", style=KIND_STYLE), data)


def _bar(model: str, parts: Mapping[str, int], left: float, y: float, full: float) -> list[str]:
    """The pieces of one bar, `full` pixels long together."""
    total, x, pieces = sum(parts.values()), left, []
    for kind, value in parts.items():
        long = full * value / total if total else 0.0
        what = f"{model}, {PART_KINDS[kind].name}: {value:,} ({100 * value / total if total else 0:.1f} %)"
        rect = element("rect", class_=f"k-{kind}", x=x, y=y, width=long, height=_HEIGHT)
        marks = box_bands(kind, Box(x, y, long, _HEIGHT)) if long else []
        pieces.append(element("g", svg.title(what), rect, *marks, data_id=model, data_part=kind))
        x += long
    return pieces
