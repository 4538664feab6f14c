"""The box of a part: its name, what is said of it, its parameters; perhaps an icon, and what stands below it."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, Self

from clados.drawing.layout.direction import Directed
from clados.drawing.layout.kinds import PART_KINDS, bands, box_bands
from clados.drawing.layout.nodes import LEADING, Drawable, Extent, Ports, share_label
from clados.drawing.layout.sheet import BOLD, NOTE, Sheet, broken_lines, label_width, polygon
from clados.drawing.scale import count_label
from clados.drawing.svg import Box, element

BOX_WIDTH = 236.0  # of a box in a column
SIDE = 168.0  # of a box beside one
NAME = 12.0  # size of a name
_IN = 10.0  # from the edge to the text
_BANDED = 4.0  # more, where a band runs there
_LINE = 150.0  # longest line of a box's text in a flow to the right
LOWER = 0.36  # of its width upwards is a box's least height there
_SLOPE = 10.0  # by how much a shape that narrows does so there, above and below
_SLANT = 26.0  # by how much a shape that narrows does so, on each side


class Icon(Directed, ABC):
    """A small picture inside a box."""

    width: float
    height: float
    below: bool = False  # the text, and not to its left

    @abstractmethod
    def draw(self, sheet: Sheet, left: float, top: float) -> list[str]:
        """Its elements."""


class Foot(Directed, ABC):
    """What stands between the line of data and the lower edge of a box."""

    width: float  # as it is laid out
    height: float
    kinds: tuple[str, ...] = ()  # of parts, whose colours it has

    @abstractmethod
    def draw(self, sheet: Sheet, key: str, axis: float, top: float) -> None:
        """Put it on the sheet, from the box's lower edge down."""


BoxShape = Literal["box", "narrows", "widens"]  # from below to above


@dataclass(frozen=True)
class PartBox(Drawable):
    """One part. ``params`` are those of all its repetitions; None: they are counted in another box."""

    key: str
    kind: str
    name: str
    notes: tuple[str, ...] = ()
    params_said: int | None = 0
    about: str = ""
    width: float = BOX_WIDTH
    icon: Icon | None = field(default=None, compare=False)
    foot: Foot | None = field(default=None, compare=False)
    shape: BoxShape = "box"
    instead: str = ""  # said in place of the parameters: that a table is another's
    fold: str = ""  # what opens when it is chosen

    @property
    def params(self) -> int:
        return self.params_said or 0

    @property
    def folds(self) -> Mapping[str, str]:
        return {self.fold: self.name} if self.fold else {}

    @property
    def _counts(self) -> str:
        """What is said of the parameters, as wide as it may get."""
        if self.instead or not self.params_said:
            return self.instead
        return f"{count_label(self.params_said)} · <0.1 %"

    @property
    def _inset(self) -> float:
        if self.direction == "right":  # no wider than its text, whose bold letters may be wider than they are measured
            return _IN + (0 if self.shape == "box" else 4.0) + (_BANDED if PART_KINDS[self.kind].bands else 0)
        return _IN + (0 if self.shape == "box" else _SLANT)

    @cached_property
    def _wide(self) -> float:
        """Width on the page: in a flow to the right as wide as the text needs, to some length of line."""
        if self.direction == "up":
            return self.width
        icon = self.icon.width if self.icon and self.icon.below else 0.0
        name = max(label_width(line, NAME, bold=True) for line in broken_lines(self.name, _LINE / BOLD, NAME))
        room = _LINE - self._indent / 2
        notes = [line for note in self.notes for line in broken_lines(note, room, NOTE)]
        said = max((label_width(each, NOTE) + self._indent for each in (*notes, self._counts)), default=0.0)
        return max(name, said, icon) + 2 * self._inset + 1

    @cached_property
    def _high(self) -> float:
        """Height on the page."""
        if self.direction == "up":
            return self._body
        least = max(self.width * LOWER, self.foot.width if self.foot else 0.0)  # what is narrower upwards is lower
        return max(self._body, least) + (0 if self.shape == "box" else 2 * _SLOPE)

    @cached_property
    def _beside(self) -> bool:
        """Whether the parameters stand in the line of the name."""
        needed = label_width(self.name, NAME, bold=True) + label_width(self._counts, NOTE) + 10
        return bool(self._counts) and needed <= self._wide - 2 * self._inset

    @cached_property
    def _name(self) -> list[str]:
        return broken_lines(self.name, (self._wide - 2 * self._inset) / BOLD, NAME)

    @cached_property
    def _lines(self) -> list[str]:
        room = self._wide - 2 * self._inset - self._indent
        return [line for note in self.notes for line in broken_lines(note, room, NOTE)]

    @property
    def _indent(self) -> float:
        return self.icon.width + 10 if self.icon and not self.icon.below else 0.0

    @cached_property
    def _text(self) -> float:
        """Height of the lines below the name."""
        return LEADING * (len(self._lines) + bool(self._counts and not self._beside))

    @cached_property
    def _body(self) -> float:
        icon = self.icon.height + 4 if self.icon else 0.0
        below = self._text + icon if self.icon and self.icon.below else max(self._text, icon)
        return 15.0 * len(self._name) + below + 11

    @cached_property
    def extent(self) -> Extent:
        width, height = (self._wide, self._high) if self.direction == "up" else (self._high, self._wide)
        return Extent(width, height + (self.foot.height if self.foot else 0), width / 2)

    def draw(self, sheet: Sheet, left: float, top: float) -> Ports:
        size, foot, axis = self.extent, self.foot.height if self.foot else 0.0, left + self.extent.axis
        low = top + size.height - foot
        area = sheet.area(Box(left, top, size.width, size.height - foot))
        drawn = [*self._edge(area), *self._words(sheet, area)]
        if self.icon:
            down = self._down + 8 + 15 * len(self._name) + (self._text if self.icon.below else 0)
            drawn += self.icon.draw(sheet, area.left + self._inset, area.top + down)
            sheet.icons[self.key] = (area.left + self._inset, area.top + down)
        drawn += sheet.marked(self.key, area)
        params = f"; {self.params_said:,} parameters" if self.params_said else ""
        share = f", {100 * self.params / sheet.total:.2f} %" if sheet.total and self.params_said else ""
        sheet.box(self.key, f"{self.about or self.name}{params}{share}", area, drawn, kind=self.kind, fold=self.fold)
        if self.foot:
            self.foot.draw(sheet, self.key, axis, low)
        return Ports((axis, low + foot), (axis, top), tip=self.foot is None)

    @property
    def _down(self) -> float:
        """From the upper edge on the page to where the text begins, beside what it keeps from it anyway."""
        return (self._high - self._body) / 2

    def reversed(self) -> Self:
        shapes: dict[BoxShape, BoxShape] = {"narrows": "widens", "widens": "narrows", "box": "box"}
        return replace(self, shape=shapes[self.shape])

    def _edge(self, area: Box) -> list[str]:
        if self.shape == "box":
            rect = element(
                "rect", class_=f"k-{self.kind}", x=area.left, y=area.top, width=area.width, height=area.height, rx=6,
                stroke_dasharray="5 3" if self.params_said is None else None,
            )  # fmt: skip
            return [rect, *box_bands(self.kind, area)]
        slant = _SLANT if self.direction == "up" else _SLOPE
        low, high = (slant, 0.0) if self.shape == "widens" else (0.0, slant)
        corners = (
            (area.left + high, area.top), (area.left + low, area.bottom),
            (area.right - high, area.top), (area.right - low, area.bottom),
        )  # fmt: skip
        if self.direction == "right":
            corners = (
                (area.left, area.top + low), (area.left, area.bottom - low),
                (area.right, area.top + high), (area.right, area.bottom - high),
            )  # fmt: skip
        around = polygon((corners[0], corners[1], corners[3], corners[2]))
        shape = element("polygon", class_=f"k-{self.kind}", points=around, stroke_linejoin="round")
        return [shape, *bands(self.kind, corners)]

    def _words(self, sheet: Sheet, area: Box) -> list[str]:
        left, right = area.left + self._inset, area.right - self._inset
        y = area.top + self._down + 16
        counts = self.instead or (share_label(self.params, sheet.total) if self.params_said else "")
        drawn = [sheet.text(left, y + 15 * i, line, size=NAME, bold=True) for i, line in enumerate(self._name)]
        if counts and self._beside:
            drawn.append(sheet.text(right, y, counts, size=NOTE, anchor="end"))
        y += 15 * (len(self._name) - 1)
        x = left + self._indent
        lines = [*self._lines, *([counts] if counts and not self._beside else [])]
        drawn += [sheet.text(x, y + LEADING * (i + 1) + 1, line, size=NOTE) for i, line in enumerate(lines)]
        return drawn
