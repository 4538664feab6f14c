"""A box of experts with the fan that leads to them from their router."""

from dataclasses import dataclass
from functools import cached_property

from clados.drawing.layout.icons import ExpertRow
from clados.drawing.layout.nodes import Drawable, Extent, Ports
from clados.drawing.layout.parts import PartBox
from clados.drawing.layout.sheet import Sheet
from clados.drawing.svg import element

_FAN = 28.0  # from where the lines part to the box of experts


@dataclass(frozen=True)
class Fanned(Drawable):
    """The box of experts; the line of data parts below it, thick to those that a token meets."""

    box: PartBox
    experts: ExpertRow

    @property
    def inside(self) -> tuple[Drawable, ...]:
        return (self.box,)

    @cached_property
    def extent(self) -> Extent:
        size = self.box.extent
        return Extent(size.width, size.height + _FAN, size.axis)

    def draw(self, sheet: Sheet, left: float, top: float) -> Ports:
        ports, key = self.box.draw(sheet, left, top), self.box.key
        edge, entry = ports.entry, (ports.entry[0], ports.entry[1] + _FAN)
        (x, y), (right, low) = sheet.page(entry), sheet.page(edge)
        up = self.direction == "up"
        rays = []
        for i, place in enumerate(self.experts.places(*sheet.icons[key])):
            end = (place.left + place.width / 2, low) if up else (right, place.middle)
            strength = "thick" if i in self.experts.met else "thin"
            rays.append(element("line", class_=f"flow {strength}", x1=x, y1=y, x2=end[0], y2=end[1]))
        about = f"of {self.experts.count:,} experts the router chooses {self.experts.top} for each token"
        sheet.put(f"{key}.fan", about, rays)
        return Ports(entry, ports.exit, tip=False)
