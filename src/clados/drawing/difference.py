"""Two models side by side, box by box in line: what is added, removed and changed, in words and in parameters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from clados.catalog.differences import Differences, figures_of
from clados.drawing import svg
from clados.drawing.architecture.figure import LINE, MARGIN, model_node
from clados.drawing.layout.align import aligned
from clados.drawing.layout.joins import Add, Bypass, Fork, Spread
from clados.drawing.layout.kinds import KIND_STYLE
from clados.drawing.layout.links import Beside, Linked
from clados.drawing.layout.nodes import Drawable, Framed, InColumn, InRow, walk
from clados.drawing.layout.parts import PartBox
from clados.drawing.layout.sheet import Sheet, broken_lines, label_width, mark, title_width
from clados.drawing.scale import count_label
from clados.drawing.svg import Box, Figure, element
from clados.spec.kinds.encoder_decoder import EncoderDecoder
from clados.spec.kinds.model import Model

APART, HEADING = 70.0, 60.0  # between both drawings; above them
_NAMED, _FIGURE, _BAR = 150.0, 120.0, 150.0  # columns of the ledger
_WORDS = 300.0  # the least room for words beside it
_SIGNS = {"−": "only in the first", "+": "only in the second", "~": "in both, and changed"}


@dataclass(frozen=True)
class Compared:
    """How the boxes of two drawings differ: the sign of each by its key, and what the second's words were before."""

    old: Mapping[str, str]
    new: Mapping[str, str]
    was: Mapping[str, tuple[str, ...]]


def box_differences(old: Drawable, new: Drawable, alias: Mapping[str, str]) -> Compared:
    """Which boxes are added, removed, changed; ``alias``: the second's name of a first word of the first's keys."""
    ones = {_aliased(each.key, alias): each for each in walk(old) if isinstance(each, PartBox)}
    others = {each.key: each for each in walk(new) if isinstance(each, PartBox)}
    moved = {name for name in ones.keys() & others.keys() if _around(old, ones[name].key) != _around(new, name)}
    gone = {each.key: "−" for name, each in ones.items() if name not in others}
    come = {name: "+" for name in others if name not in ones}
    was = {name: _was(ones[name], others[name], moved=name in moved) for name in ones.keys() & others.keys()}
    changed = {name: words for name, words in was.items() if words}
    return Compared(
        gone | {ones[name].key: "~" for name in changed},
        come | dict.fromkeys(changed, "~"),
        dict(sorted(changed.items())),
    )


def _aliased(key: str, alias: Mapping[str, str]) -> str:
    first, dot, rest = key.partition(".")
    return f"{alias.get(first, first)}{dot}{rest}"


def _around(node: Drawable, key: str, within: int = 0) -> int:
    """How many residual paths run around a box."""
    for each in walk(node):
        if isinstance(each, Bypass) and any(isinstance(one, PartBox) and one.key == key for one in walk(each)):
            within += 1
    return within


def _was(old: PartBox, new: PartBox, *, moved: bool) -> tuple[str, ...]:
    """What a box's words were, where they are others now; where it stood."""
    words = (old.name, *old.notes) if old.name != new.name else old.notes
    lost = [f"was: {each}" for each in words if each not in (new.name, *new.notes)]
    lost += ["was: nothing more"] if not lost and len(new.notes) > len(old.notes) else []
    lost += [f"was: {old.params:,} parameters"] if not lost and old.params != new.params else []
    return (*lost, *(["stood elsewhere"] if moved else []))


def _explained(node: Drawable, was: Mapping[str, tuple[str, ...]]) -> Drawable:
    """The drawing with what boxes were before in them."""
    if isinstance(node, PartBox):
        return replace(node, notes=(*node.notes, *was[node.key])) if node.key in was else node
    changes: dict[str, Any] = {}
    if isinstance(node, InColumn | InRow | Spread):
        changes = {"items": tuple(_explained(each, was) for each in node.items)}
    elif isinstance(node, Framed | Beside | Linked):
        changes = {"inner": _explained(node.inner, was)}
    elif isinstance(node, Bypass):
        changes = {"branch": _explained(node.branch, was)}
    elif isinstance(node, Add):
        changes = {"added": _explained(node.added, was)}
    elif isinstance(node, Fork):
        changes = {"left": _explained(node.left, was), "right": _explained(node.right, was)}
    if isinstance(node, Beside):
        changes["beside"] = tuple((_explained(each, was), keys) for each, keys in node.beside)
    return replace(node, **changes) if changes else node


def _alias(old: Model, new: Model) -> dict[str, str]:
    """Of unlike kinds, the stack of the second that does what the first's only stack does."""
    if isinstance(new, EncoderDecoder) and not isinstance(old, EncoderDecoder):
        return {"stack": "encoder" if old.writes is None else "decoder"}
    if isinstance(old, EncoderDecoder) and not isinstance(new, EncoderDecoder):
        return {"encoder" if new.writes is None else "decoder": "stack"}
    return {}


def difference_figure(found: Differences) -> Figure:
    """Both drawings, in line, with marks; below, what changed in words, and the ledger of parameters."""
    sheets, width, height, compare = difference_sheets(found)
    drawn = [element("g", *sheet.drawn(), data_side=side) for sheet, side in zip(sheets, ("old", "new", "both"))]
    data = {**found.as_dict(), "marks": {"old": dict(compare.old), "new": dict(compare.new)}}
    name = f"From {found.old} to {found.new}"
    return Figure(svg.document(width, height, name, drawn, kind="difference", style=KIND_STYLE), data)


def difference_sheets(found: Differences) -> tuple[tuple[Sheet, Sheet, Sheet], float, float, Compared]:
    """The sheets of the first, of the second and of what is said of both; width, height and marks."""
    one, other = map(model_node, found.models)
    compare = box_differences(one, other, _alias(*found.models))
    left, right = aligned(one, _explained(other, compare.was))
    sheets = Sheet(one.params, compare.old), Sheet(other.params, compare.new)
    heads = [_head_width(name, node.params) for name, node in ((found.old, left), (found.new, right))]
    x = MARGIN + max(left.extent.width + APART, heads[0] + MARGIN)
    for sheet, node, at, name in zip(sheets, (left, right), (MARGIN, x), (found.old, found.new)):
        _headed(sheet, at, name, node.params)
        node.draw(sheet, at, HEADING)
    column = max(_FIGURE, *(label_width(name, 11, bold=True) + 20 for name in (found.old, found.new)))
    table = _NAMED + 3 * column + _BAR
    width = max(x + max(right.extent.width, heads[1]) + MARGIN, 2 * MARGIN + table)
    both = Sheet()
    y = _legend(both, HEADING + max(left.extent.height, right.extent.height) + 34) + 30
    beside = width - 3 * MARGIN - table > _WORDS
    end = _sentences(both, [each.sentence for each in found.changes], y, width - beside * (table + MARGIN))
    start, top = (width - MARGIN - table, y) if beside else (MARGIN, end + 24)
    last = _ledger(both, "In parameters", found, found.parameters, (start, top), column)
    if found.costs:
        last = _ledger(both, "For each token", found, found.costs, (start, last + 28), column)
    return (*sheets, both), width, max(end, last) + 14, compare


def _head_width(name: str, params: int) -> float:
    return title_width(name) + 14 + label_width(_counted(params), 12)


def _counted(params: int) -> str:
    return f"{count_label(params)} parameters"


def _headed(sheet: Sheet, x: float, name: str, params: int) -> None:
    title = sheet.text(x, 30, name, size=17, bold=True)
    said = sheet.text(x + title_width(name) + 14, 30, _counted(params), size=12)
    sheet.put("title", name, [title, said])


def _legend(sheet: Sheet, y: float) -> float:
    x = MARGIN + 8
    for sign, said in _SIGNS.items():
        drawn = [*mark(sign, Box(x, y - 9, 26, 12)), sheet.text(x + 38, y + 1, said, size=11, class_="faint")]
        sheet.put(f"legend {sign}", said, drawn)
        x += 38 + label_width(said, 11) + 34
    return y


def _sentences(sheet: Sheet, sentences: Sequence[str], y: float, width: float) -> float:
    """What changed, each in as many lines as it needs; and where it ends."""
    title = "In words"
    sheet.put(title, title, [sheet.text(MARGIN, y, title, size=12, bold=True)])
    for i, each in enumerate(dict.fromkeys(sentences) or ["nothing: they are built the same"]):
        drawn = []
        for line in broken_lines(each, width - 2 * MARGIN - 10, 11):
            y += LINE
            drawn.append(sheet.text(MARGIN + 10, y, line, size=11))
        sheet.put(f"{title} {i}", each, drawn)
    return y


def _ledger(
    sheet: Sheet,
    title: str,
    found: Differences,
    rows: Mapping[str, tuple[int | None, int | None]],
    place: tuple[float, float],
    column: float,
) -> float:
    """Figures of both, row by row, with a bar for the difference; and where it ends."""
    left, y = place
    edges = [left + _NAMED + (i + 1) * column for i in range(3)]
    heads = [sheet.text(left, y, title, size=12, bold=True)]
    names = (found.old, found.new, "difference")
    heads += [sheet.text(x, y, name, size=11, bold=True, anchor="end") for x, name in zip(edges, names)]
    sheet.put(f"{title} of both", f"{title.lower()} of both", heads)
    most = max((abs((b or 0) - (a or 0)) for a, b in rows.values()), default=0) or 1
    for name, (a, b) in rows.items():
        y += LINE + 2
        cells = [sheet.text(left + 10, y, name, size=11)]
        figures = figures_of((a, b))
        cells += [sheet.text(x, y, text, size=11, anchor="end") for x, text in zip(edges, figures)]
        if a is not None and b is not None and a != b and title == "In parameters":
            kind, length = "added" if b > a else "removed", abs(b - a) / most * (_BAR - 24)
            cells.append(
                element("rect", class_=f"badge-{kind}", x=edges[-1] + 16, y=y - 9, width=length, height=11, rx=2)
            )
        sheet.put(f"{title} {name}", f"{name}: {figures[0]} and {figures[1]}", cells)
    return y
