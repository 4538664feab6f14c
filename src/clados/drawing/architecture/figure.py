"""The drawing of a model: its node on a sheet, with its numbers, the colours and what is assumed."""

from collections.abc import Collection, Sequence

from clados.drawing import svg
from clados.drawing.architecture.drawer import Here, drawn
from clados.drawing.architecture.facts import facts
from clados.drawing.architecture.opened import folds, opened_node
from clados.drawing.architecture.outline import outline
from clados.drawing.layout.direction import Direction
from clados.drawing.layout.kinds import KIND_STYLE, PART_KINDS, box_bands
from clados.drawing.layout.nodes import Drawable, walk
from clados.drawing.layout.parts import PartBox
from clados.drawing.layout.sheet import NOTE, Sheet, broken_lines, label_width, title_width
from clados.drawing.scale import count_label
from clados.drawing.svg import Box, Figure, element
from clados.drawing.wording import worded
from clados.spec.kinds.model import Model

MARGIN, TITLE, LINE = 20.0, 44.0, 16.0
_FACTS = 168.0  # width of the numbers at the side
_WIDEST = 760.0  # drawings that are wider have their numbers below


def model_node(model: Model, direction: Direction = "up", opened: Collection[str] = (), name: str = "") -> Drawable:
    """What is drawn of a model, not yet laid out.

    Args:
        opened: folds that are drawn layer by layer, or ``all`` of them, and layers that are drawn whole.
        name: what the model is called when one is refused.

    Raises:
        InputError: for a fold that the drawing does not have.
    """
    node = opened_node(model, opened, name or type(model).__name__) if opened else drawn(model, Here())
    return node if direction == "up" else node.turned()


def architecture_figure(
    model: Model,
    name: str,
    assumed: Sequence[str] = (),
    direction: Direction = "up",
    opened: Collection[str] = (),
) -> Figure:
    """The drawing: what enters stands below, what is read off above, or left and right; with it, its numbers.

    Raises:
        InputError: for an opened fold that it does not have.
    """
    node = model_node(model, direction, opened, name)
    sheet, width, height = architecture_sheet(model, name, assumed, node)
    data = {**outline(model, name).json(), "assumed": list(assumed)}
    data["boxes"] = [
        {"id": each.key, "kind": each.kind, "name": each.name, "notes": list(each.notes), "params": each.params}
        for each in walk(node)
        if isinstance(each, PartBox)
    ]
    data["folds"] = folds(node)
    return Figure(svg.document(width, height, name, sheet.drawn(), kind="architecture", style=KIND_STYLE), data)


def architecture_sheet(
    model: Model, name: str, assumed: Sequence[str] = (), node: Drawable | None = None
) -> tuple[Sheet, float, float]:
    """The sheet of a drawing, its width and its height."""
    node = node or model_node(model)
    size, direction = node.extent, node.direction
    wide, high = (size.width, size.height) if direction == "up" else (size.height, size.width)
    sheet = Sheet(total=node.params, direction=direction, origin=(MARGIN + wide, TITLE))
    heading = f"{count_label(node.params)} parameters"
    title = sheet.text(MARGIN, 30, name, size=17, bold=True)
    counts = sheet.text(MARGIN + title_width(name) + 14, 30, heading, size=12, class_="faint")
    sheet.put("title", name, [title, counts])
    node.draw(sheet, *((MARGIN, TITLE) if direction == "up" else (0.0, 0.0)))
    beside = wide <= _WIDEST
    width = wide + 2 * MARGIN + (_FACTS + 28 if beside else 0)
    width = max(width, MARGIN * 2 + title_width(name) + label_width(heading, 12) + 14, 420)
    bottom = TITLE + high
    if beside:
        end = _facts(sheet, model, MARGIN + wide + 28, TITLE + 12, _FACTS)
    else:
        end = _facts_below(sheet, model, bottom + (22 if direction == "up" else 34), width)
    bottom = _legend(sheet, node, max(bottom, end) + 26, width)
    return sheet, width, _assumed(sheet, assumed, bottom, width) + 14


def _facts(sheet: Sheet, model: Model, left: float, y: float, width: float) -> float:
    """The numbers one below the other; and where they end."""
    for title, lines in facts(model):
        y = _group(sheet, title, lines, left, y, width) + 10
    return y


def _facts_below(sheet: Sheet, model: Model, y: float, width: float) -> float:
    """The numbers in columns; and where the longest ends."""
    x, ends, top = MARGIN, [y], y
    for title, lines in facts(model):
        if x + _FACTS > width - MARGIN and x > MARGIN:
            x, top = MARGIN, max(ends) + 8
        ends.append(_group(sheet, title, lines, x, top, _FACTS))
        x += _FACTS + 30
    return max(ends)


def _group(sheet: Sheet, title: str, lines: list[tuple[str, str]], left: float, y: float, width: float) -> float:
    drawn = [element("line", class_="rule", x1=left, y1=y - 12, x2=left + width, y2=y - 12)]
    if title:
        drawn.append(sheet.text(left, y + 4, title, size=11, bold=True))
        y += LINE
    for name, value in lines:
        drawn.append(sheet.text(left, y + 4, name, size=11, class_="faint"))
        for line in broken_lines(value, width - label_width(name, 11) - 10, 11):
            drawn.append(sheet.text(left + width, y + 4, line, size=11, anchor="end"))
            y += LINE
    sheet.put(f"facts {title}".strip(), title or "numbers", drawn)
    return y + 4


def _legend(sheet: Sheet, node: Drawable, y: float, width: float) -> float:
    """The colours that occur; and where they end."""
    boxes = [each for each in walk(node) if isinstance(each, PartBox)]
    used = {kind for each in boxes for kind in (each.kind, *(each.foot.kinds if each.foot else ()))}
    x = MARGIN
    for kind in PART_KINDS:
        if kind not in used:
            continue
        name = PART_KINDS[kind].name
        needed = 18 + label_width(name, 11) + 18
        if x + needed > width - MARGIN + 18 and x > MARGIN:
            x, y = MARGIN, y + 18
        swatch = element("rect", class_=f"k-{kind}", x=x, y=y - 10, width=12, height=12, rx=3)
        marks = box_bands(kind, Box(x, y - 10, 12, 12))
        sheet.put(f"legend {kind}", name, [swatch, *marks, sheet.text(x + 18, y, name, size=11, class_="faint")])
        x += needed
    if any(each.params_said is None for each in boxes):
        y += 18
        sheet.put("legend dashed", "dashed", [sheet.text(MARGIN, y, "dashed: counted in another box", class_="faint")])
    return y + 8


def _assumed(sheet: Sheet, lines: Sequence[str], y: float, width: float) -> float:
    """What is assumed, each in as many lines as it needs; and where it ends."""
    if not lines:
        return y
    y += 20
    heading = sheet.text(MARGIN, y, "Assumed, or otherwise than published:", size=11, bold=True)
    sheet.put("assumed", "assumed", [heading])
    with worded(None):  # these are notes of a card, and stay as they are
        for i, line in enumerate(lines, 1):
            drawn = []
            for each in broken_lines(line, width - 2 * MARGIN, NOTE):
                y += 14.5
                drawn.append(sheet.text(MARGIN, y, each, size=NOTE, class_="faint"))
            sheet.put(f"assumed {i}", line, drawn)
            y += 3
    return y
