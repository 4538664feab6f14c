"""How far a model came, as a picture."""

from collections.abc import Mapping

from clados.drawing.chart import SERIES
from clados.drawing.svg import coordinate, element, title
from clados.html import Html, el, html_of

_WITHOUT = "#7d8590"  # the colour of guesses without a model


def ladder(start: float, end: float, baselines: Mapping[str, float]) -> Html:
    """How far a model came: losses on one line, falling to the right, and what is guessed without a model; a key below.

    Args:
        baselines: of each guess without a model, by its name.
    """
    wide, edge, y = 300.0, 12.0, 14.0
    every = {"start": start, **baselines, "end": end}
    most, span = max(every.values()), (max(every.values()) - min(every.values())) or 1.0
    x = {name: edge + (most - loss) / span * (wide - 2 * edge) for name, loss in every.items()}
    line = {"y1": y, "y2": y, "stroke_width": 3.0}
    drawn = [element("line", stroke=_WITHOUT, opacity="0.4", x1=edge, x2=wide - edge, **line)]
    drawn.append(element("line", stroke=SERIES[0], x1=x["start"], x2=x["end"], **line))
    for name, loss in every.items():
        told = title(f"{name}: {loss:.4f} nats a token")
        if name in baselines:
            drawn.append(element("rect", told, x=x[name] - 1.5, y=y - 9, width=3, height=18, fill=_WITHOUT))
        else:
            drawn.append(element("circle", told, cx=x[name], cy=y, r=6, fill=SERIES[0]))
    said = ", ".join(f"{name} {loss:.2f}" for name, loss in every.items())
    named = element("title", f"Loss: {said}")
    box = f"0 0 {coordinate(wide)} 28"
    svg = element(
        "svg", named, *drawn, xmlns="http://www.w3.org/2000/svg", role="img", viewBox=box, data_figure="ladder"
    )
    return html_of([Html(svg), el("p", said.replace(", ", " · "), class_="faint losses")])
