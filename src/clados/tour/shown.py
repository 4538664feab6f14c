"""How far a model came, as a picture."""

from collections.abc import Mapping

from clados.drawing import svg
from clados.drawing.chart import SERIES
from clados.drawing.svg import element
from clados.html import Html, el

_WIDE, _HIGH, _EDGE, _Y = 320.0, 66.0, 12.0, 34.0
_SIZE, _GAP = 12.0, 10.0  # of letters, and between two texts
_WITHOUT = "#7d8590"  # the colour of guesses without a model


def ladder(start: float, end: float, baselines: Mapping[str, float]) -> Html:
    """How far a model came: losses on one line, falling to the right; below it the model's, above it guesses without.

    Args:
        baselines: of each guess without a model, by its name.
    """
    every = {"start": start, **baselines, "end": end}
    most, span = max(every.values()), (max(every.values()) - min(every.values())) or 1.0
    x = {name: _EDGE + (most - loss) / span * (_WIDE - 2 * _EDGE) for name, loss in every.items()}
    line = {"y1": _Y, "y2": _Y, "stroke_width": 3.0}
    drawn = [element("line", class_="rule", x1=_EDGE, x2=_WIDE - _EDGE, **line)]
    drawn.append(element("line", stroke=SERIES[0], x1=x["start"], x2=x["end"], **line))
    for name, loss in every.items():
        told = svg.title(f"{name}: {loss:.4f} nats a token")
        if name in baselines:
            drawn.append(element("rect", told, x=x[name] - 1.5, y=_Y - 9, width=3, height=18, fill=_WITHOUT))
        else:
            drawn.append(element("circle", told, cx=x[name], cy=_Y, r=6, fill=SERIES[0]))
    for names, y in ((baselines, _Y - 18), (("start", "end"), _Y + 24)):
        texts = {name: f"{name} {every[name]:.2f}" for name in names}
        places = _beside_each_other({name: (x[name], svg.text_width(text, _SIZE)) for name, text in texts.items()})
        drawn += [svg.label(places[name], y, text, size=_SIZE, class_="faint") for name, text in texts.items()]
    whole = svg.document(_WIDE, _HIGH, f"From {start:.2f} to {end:.2f} nats a token", drawn, kind="ladder")
    return el("div", Html(whole), class_="ladder")


def _beside_each_other(wanted: Mapping[str, tuple[float, float]]) -> dict[str, float]:
    """The left ends of texts of these middles and widths: inside, in order, none over another."""
    found, free = dict[str, float](), 0.0
    order = sorted(wanted, key=lambda name: wanted[name][0])
    for name in order:
        middle, width = wanted[name]
        found[name] = max(middle - width / 2, free)
        free = found[name] + width + _GAP
    limit = _WIDE
    for name in reversed(order):
        found[name] = min(found[name], limit - wanted[name][1])
        limit = found[name] - _GAP
    return found
