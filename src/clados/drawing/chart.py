"""What the charts share: colours of series, a round scale, a legend."""

import math
from collections.abc import Callable, Mapping

from clados.drawing import svg
from clados.drawing.scale import Scale
from clados.drawing.svg import Box, element

# Okabe and Ito's colours without black and yellow: told apart by the colour-blind, seen on white and on black.
SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")


def colour(index: int) -> str:
    """The colour of a series; after the last they begin anew."""
    return SERIES[index % len(SERIES)]


def linear_scale(low: float, high: float, low_pixel: float, high_pixel: float, ticks: int = 6) -> Scale:
    """A linear scale widened to round numbers (1, 2 or 5 times a power of ten), with a tick at each."""
    if high <= low:
        low, high = low - 0.5, high + 0.5
    rough = (high - low) / ticks
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    values = [i * step for i in range(first, last + 1)]
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return Scale(
        (values[0], values[-1]), (low_pixel, high_pixel), tuple((value, f"{value:,.{decimals}f}") for value in values)
    )


def swatch_legend(
    x: float,
    y: float,
    swatches: Mapping[str, Mapping[str, str]],
    width: float,
    marks: Callable[[str, Box], list[str]] = lambda name, area: [],
) -> tuple[list[str], float]:
    """A swatch, coloured by these attributes, for each name, in as many lines as needed; and the last's baseline.

    Args:
        marks: what is drawn on the swatch of a name.
    """
    parts, left = [], x
    for name, colours in swatches.items():
        needed = 16 + svg.text_width(name) + 18
        if x + needed > width and x > left:
            x, y = left, y + 18
        parts.append(element("rect", **colours, x=x, y=y - 9, width=10, height=10, rx=2))
        parts += marks(name, Box(x, y - 9, 10, 10))
        parts.append(svg.label(x + 16, y, name))
        x += needed
    return parts, y
