"""The ledger as a treemap: every box of a model's drawing a tile, as large as its share of the parameters."""

from collections.abc import Sequence

from clados.drawing import svg
from clados.drawing.architecture.figure import MARGIN, model_node
from clados.drawing.layout.kinds import KIND_STYLE, PART_KINDS, box_bands
from clados.drawing.layout.nodes import share_label, walk
from clados.drawing.layout.parts import PartBox
from clados.drawing.layout.sheet import Sheet, label_width, title_width
from clados.drawing.svg import Box, EmptyFigureError, Figure, element
from clados.drawing.wording import as_drawn, worded
from clados.spec.kinds.model import Model

WIDE, HIGH, TOP = 760.0, 430.0, 52.0  # of the map, and what is above it
_GUTTER = 3.0  # between two groups


def tiled(sizes: Sequence[float], area: Box) -> list[Box]:
    """Tiles of these sizes, which fall, that fill an area and are as square as can be (Bruls et al. 2000)."""
    found: list[Box] = []
    left = list(sizes)
    while left:
        whole, down = sum(left), area.width >= area.height
        short, long = (area.height, area.width) if down else (area.width, area.height)
        unit = whole / (short * long) if short * long else 1.0  # of size in a pixel
        count = 1
        while count < len(left) and _worst(left[: count + 1], short * unit**0.5) <= _worst(
            left[:count], short * unit**0.5
        ):
            count += 1
        row, left = left[:count], left[count:]
        thick, along = long * sum(row) / whole, 0.0
        for size in row:
            length = short * size / sum(row)
            tile = (
                (area.left, area.top + along, thick, length) if down else (area.left + along, area.top, length, thick)
            )
            found.append(Box(*tile))
            along += length
        if down:
            area = Box(area.left + thick, area.top, max(0.0, area.width - thick), area.height)
        else:
            area = Box(area.left, area.top + thick, area.width, max(0.0, area.height - thick))
    return found


def _worst(row: Sequence[float], short: float) -> float:
    """The longest side of a row's tiles over the shortest."""
    whole = sum(row)
    return max(short**2 * max(row) / whole**2, whole**2 / (short**2 * min(row)))


def parts_by_kind(model: Model) -> dict[str, list[PartBox]]:
    """The boxes of a model's drawing that have parameters, by their kind."""
    parts = [each for each in walk(model_node(model)) if isinstance(each, PartBox) and each.params]
    groups = {kind: [each for each in parts if each.kind == kind] for kind in PART_KINDS}
    return {kind: each for kind, each in groups.items() if each}


def params_by_kind(model: Model) -> dict[str, int]:
    """A model's parameters by kind of part, as its drawing has them."""
    return {kind: sum(each.params for each in parts) for kind, parts in parts_by_kind(model).items()}


def treemap_sheet(model: Model, name: str) -> Sheet:
    """The sheet of a treemap.

    Raises:
        EmptyFigureError: for a model without parameters.
    """
    groups = parts_by_kind(model)
    if not groups:
        raise EmptyFigureError(f"{name} has no parameters")
    held = sorted(groups.values(), key=lambda each: -sum(one.params for one in each))
    sheet = Sheet(sum(one.params for each in held for one in each))
    title = sheet.text(MARGIN, 30, name, size=17, bold=True)
    said = sheet.text(MARGIN + title_width(name) + 14, 30, f"{sheet.total:,} parameters", size=12)
    sheet.put("title", name, [title, said])
    places = tiled([sum(one.params for one in each) for each in held], Box(MARGIN, TOP, WIDE, HIGH))
    for group, place in zip(held, places):
        inner = place.grown(-min(_GUTTER / 2, place.width / 4, place.height / 4))
        group.sort(key=lambda each: (-each.params, each.key))
        for part, tile in zip(group, tiled([each.params for each in group], inner)):
            _tile(sheet, part, tile)
    return sheet


def _tile(sheet: Sheet, part: PartBox, tile: Box) -> None:
    """A tile; its name and share where they have room, else in its title alone."""
    edge = element(
        "rect", class_=f"k-{part.kind}", x=tile.left, y=tile.top, width=tile.width, height=tile.height, stroke_width=0.8
    )
    name, percent = as_drawn(part.name), 100 * part.params / sheet.total
    said = as_drawn(f"{part.name}; {part.params:,} parameters, {percent:.2f} %")
    drawn, y = [edge, *box_bands(part.kind, tile)], tile.top + 17
    with worded(None):  # a key is a name of code, and stays as it is
        for text, bold in ((name, True), (share_label(part.params, sheet.total), False), (part.key, False)):
            if y + 4 > tile.bottom or label_width(text, 11, bold=bold) + 20 > tile.width:
                break
            drawn.append(sheet.text(tile.left + 10, y, text, size=11, bold=bold))
            y += 15
        sheet.box(part.key, f"{part.key}: {said}", tile, drawn, kind=part.kind)


def treemap_figure(model: Model, name: str) -> Figure:
    """The ledger as a treemap, tiles of one kind side by side.

    Raises:
        EmptyFigureError: for a model without parameters.
    """
    sheet = treemap_sheet(model, name)
    tiles = [{"id": each.key, "box": each.box.json()} for each in sheet.boxes]
    size = (WIDE + 2 * MARGIN, TOP + HIGH + MARGIN)
    made = svg.document(*size, f"Parameters of {name}", sheet.drawn(), kind="treemap", style=KIND_STYLE)
    return Figure(made, {"name": name, "params": sheet.total, "tiles": tiles})
