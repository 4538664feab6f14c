"""Scales from dates and counts to pixels."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_POWERS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def decimal_year(text: str) -> float:
    """`YYYY`, `YYYY-MM` or `YYYY-MM-DD` as a decimal year; what is not given is taken at its middle.

    Raises:
        ValueError: not a date of these forms.
    """
    parts = [int(part) for part in text.split("-")]
    if len(parts) == 1:
        return parts[0] + 0.5
    if len(parts) == 2:
        return parts[0] + (parts[1] - 0.5) / 12
    day = date(parts[0], parts[1], parts[2])
    start, end = date(day.year, 1, 1), date(day.year + 1, 1, 1)
    return day.year + (day - start).days / (end - start).days


@dataclass(frozen=True)
class Scale:
    """Piecewise linear: `knots` in data units to `pixels`, both rising."""

    knots: tuple[float, ...]
    pixels: tuple[float, ...]
    ticks: tuple[tuple[float, str], ...]  # value, label

    def __call__(self, value: float) -> float:
        """The pixel of `value`; beyond the ends the outer pieces go on."""
        piece = max((i for i in range(len(self.knots) - 1) if self.knots[i] <= value), default=0)
        share = (value - self.knots[piece]) / (self.knots[piece + 1] - self.knots[piece])
        return self.pixels[piece] + share * (self.pixels[piece + 1] - self.pixels[piece])


def years(dates: Sequence[float], left: float, right: float, *, even: bool = False) -> Scale:
    """Years over [`left`, `right`]; unless `even`, a year is the wider the more dates it holds (tempered by a root)."""
    first, last = math.floor(min(dates)), math.floor(max(dates))
    counts = Counter(math.floor(value) for value in dates)
    span = dict.fromkeys(range(first, last + 1), 1.0)
    span[first], span[last] = first + 1 - min(dates), max(dates) - last
    # The last year ends with its last date: the label's own width follows it, and no empty months.
    weights = [
        max(span[year], 0.05) if even else max(1.0, math.sqrt(counts[year])) * max(span[year], 0.3) for year in span
    ]
    knots, pixels = [min(dates)], [left]
    for year, weight in zip(span, weights, strict=True):
        knots.append(max(dates) if year == last else year + 1)
        pixels.append(pixels[-1] + weight / sum(weights) * (right - left))
    if knots[-1] <= knots[-2]:
        knots[-1] = knots[-2] + 0.05
    return Scale(tuple(knots), tuple(pixels), tuple((float(year), str(year)) for year in range(first, last + 1)))


def months(dates: Sequence[float], left: float, right: float) -> Scale:
    """An even scale with a tick at the first day of each month."""
    low, high = min(dates), max(dates)
    marks = [
        (year + month / 12, f"{_MONTHS[month]} {year}")
        for year in range(math.floor(low), math.floor(high) + 1)
        for month in range(12)
    ]
    ticks = tuple(mark for mark in marks if low <= mark[0] <= high)
    return Scale((low, high), (left, right), ticks)


def count_label(value: float) -> str:
    """A parameter count as people say it: 110M, 1.5B, 1.6T; more than anybody has in powers of ten: 1.1e15."""
    if value >= 9.995e14:
        return f"{value:.1e}".replace("e+", "e")
    for size, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")):
        if value >= size * 0.9995:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def power_label(value: float) -> str:
    """A number as a power of ten: 10²³, 2·10²³."""
    power = math.floor(math.log10(value) + 1e-9)
    times = round(value / 10.0**power)
    return f"{times}·" * (times > 1) + f"10{str(power).translate(_POWERS)}"


def powers(
    values: Iterable[float], low_pixel: float, high_pixel: float, label: Callable[[float], str] = count_label
) -> Scale:
    """log10 of positive values over [`low_pixel`, `high_pixel`], ticks at powers of ten (and 2 and 5 times them
    where there are few). Call it with log10(value)."""
    logs = [math.log10(value) for value in values]
    low, high = min(logs) - 0.12, max(logs) + 0.12
    steps = (1,) if high - low > 2.5 else (1, 2, 5)
    marks = [step * 10.0**power for power in range(math.floor(low), math.ceil(high)) for step in steps]
    marks.append(10.0 ** math.ceil(high))
    ticks = tuple((math.log10(mark), label(mark)) for mark in marks if low <= math.log10(mark) <= high)
    return Scale((low, high), (low_pixel, high_pixel), ticks)
