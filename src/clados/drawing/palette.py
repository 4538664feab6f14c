"""Colours of the family groups: the survey's own, made usable where filled and hollow must differ."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

# The survey paints its remaining models white, which could not be told from hollow; the root stays black.
_GREY = "#d0d4d9"
_MIDDLE = "#7d8590"  # lines of the black root, to be seen on white paper and on black


@dataclass(frozen=True)
class Ink:
    """The colours of one group."""

    fill: str
    line: str  # the fill darkened until it shows on white paper
    text: str  # class of the text that is read on the fill

    @property
    def black(self) -> bool:
        """Whether it is the root's: its outlines are as dark as text, in dark themes as light."""
        return self.line == _MIDDLE


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb` in 0..1 (WCAG 2.1)."""
    linear = [c / 3294.6 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in _channels(colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio of two colours, 1 to 21 (WCAG 2.1)."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@cache
def darkened(colour: str, against: str = "#ffffff", ratio: float = 3.0) -> str:
    """`colour`, black mixed in until it contrasts with `against` by `ratio`."""
    for step in range(20, -1, -1):
        mixed = "#" + "".join(f"{round(channel * step / 20):02x}" for channel in _channels(colour))
        if contrast(mixed, against) >= ratio:
            return mixed
    return "#000000"


def ink(group: str, colours: Mapping[str, str]) -> Ink:
    """The colours of `group`; groups without a colour, and white ones, are grey."""
    fill = colours.get(group, _GREY)
    fill = _GREY if fill == "#ffffff" else fill
    line = _MIDDLE if luminance(fill) < 0.05 else darkened(fill)
    return Ink(fill, line, "on-dark" if luminance(fill) < 0.2 else "on-colour")
