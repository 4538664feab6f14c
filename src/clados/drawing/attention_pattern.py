"""The attention pattern of a layer at a length: which positions each position sees, as a matrix."""

import math
from dataclasses import dataclass
from functools import singledispatch

from clados.drawing import svg
from clados.drawing.architecture.patterns import pattern_said, sees_said, windows_said
from clados.drawing.layout.icons import MatrixCells, filled_cells
from clados.drawing.svg import Figure, element
from clados.errors import InputError
from clados.spec.attention.block_sparse import BlockSparse
from clados.spec.attention.dense import Attention
from clados.spec.attention.grid import GridColumn, GridKernel, GridPattern, GridRow
from clados.spec.attention.masks import Banded, Causal, Pattern, Sees, WithoutValues
from clados.spec.attention.windows import ShiftedWindows
from clados.spec.inputs.binned import Binned
from clados.spec.kinds.bridged import Bridged
from clados.spec.kinds.encoder_decoder import EncoderDecoder
from clados.spec.kinds.model import Model
from clados.spec.kinds.painter import CodePainter
from clados.spec.kinds.pyramid import Pyramid
from clados.spec.kinds.single import Decoder, Encoder
from clados.spec.positions.alibi import ALiBi
from clados.spec.positions.grid import TextThenGrid
from clados.spec.stacks.prefix import Prefix
from clados.spec.stacks.stack import Stack
from clados.tables import Page

LONGEST_PATTERN = 1024  # positions; a matrix of more is no picture
_USUAL = 48
_SOME = 0.4  # drawn where a part of the heads sees
_SIDE, _MARGIN = 520.0, 20.0
_TOP = 72.0
_SEEN = "#d9822b"


@dataclass(frozen=True)
class AttentionPattern:
    """What a layer's positions see.

    Attributes:
        layer: the name of its module; number: its place, from 1; layers: of how many.
        said: in words.
        cells: the matrix.
    """

    layer: str
    number: int
    layers: int
    said: str
    cells: MatrixCells  # [queries][keys]: 1 is seen, 0 is not, between: by a part of the heads


@dataclass(frozen=True)
class _Place:
    """What a pattern needs to know beside itself: the length, and what the inputs say of positions."""

    length: int
    position: object
    step: int


def attention_pattern(model: Model, layer: str, length: int | None = None) -> AttentionPattern:
    """What each position of a layer sees.

    Args:
        layer: the name of its module, in which layers count from 0: ``stack.blocks.3``, ``stages.0.blocks.1``.
        length: positions; of a stack that reads a prefix, the first half is read. Of a map, places row by row: a square
            number, and where none is given as many as two windows a side have, if the stage's map has them.

    Raises:
        InputError: for a model without such a stack, a layer that it does not have, a length out of 1 to 1024, or
            of a map one that is no square.
    """
    if length is not None and not 1 <= length <= LONGEST_PATTERN:
        raise InputError(f"a length of {length:,} positions; it must be 1 to {LONGEST_PATTERN:,}")
    if isinstance(model, Pyramid):
        return _of_windows(model, layer, length)
    length = _USUAL if length is None else length
    stacks = _stacks(model)
    if not stacks:
        raise InputError(f"{type(model).__name__}s have no stack whose layers attend by a pattern over positions")
    name, _, number = layer.rpartition(".")
    if name not in stacks:
        named = ", ".join(f"{each}.0" for each in stacks)
        raise InputError(f"no layer '{layer}'; layers are named as in {named}")
    stack, layers, inputs = stacks[name]
    if number not in map(str, range(layers)):
        raise InputError(f"no layer '{layer}': {name} has {layers} layers, 0 to {layers - 1}")
    block = stack.blocks(layers)[int(number)]
    if not isinstance(block.attn, Attention):
        raise InputError(f"layer {layer} attends by {type(block.attn).__name__}, which has no pattern over positions")
    place = _Place(length, getattr(inputs, "position", None), inputs.step if isinstance(inputs, Binned) else 0)
    pattern = block.attn.pattern
    said = [sees_said(stack.sees), *([pattern_said(pattern)] if pattern else [])]
    said += ["the less, the further off (ALiBi)"] if isinstance(stack.position, ALiBi) else []
    cells = tuple(tuple(_seen(stack.sees, pattern, i, j, place) for j in range(length)) for i in range(length))
    return AttentionPattern(layer, int(number) + 1, layers, "; ".join(said), cells)


def _of_windows(model: Pyramid, layer: str, length: int | None) -> AttentionPattern:
    """What the places of a map see, row by row: those of their window."""
    stages, (stage, _, number) = model.size.layers, layer.rpartition(".")
    known = {f"stages.{i}.blocks": i for i in range(len(stages))}
    if stage not in known:
        raise InputError(f"no layer '{layer}'; layers are named as in {', '.join(f'{each}.0' for each in known)}")
    at = known[stage]
    if number not in map(str, range(stages[at])):
        raise InputError(f"no layer '{layer}': {stage} has {stages[at]} layers, 0 to {stages[at] - 1}")
    window, whole = model.windows[at], model.sides()[at]
    side = min(whole, 2 * window, math.isqrt(LONGEST_PATTERN)) if length is None else math.isqrt(length)
    if length is not None and side**2 != length:
        raise InputError(f"a length of {length} places; a map is a square, such as {side} x {side}: {side**2}")
    attn = model.stack.kinds[int(number) % len(model.stack.kinds)].attn
    shift = window // 2 if isinstance(attn, ShiftedWindows) and window < side else 0
    stands = [((i // side - shift) // window, (i % side - shift) // window) for i in range(side**2)]
    cells = tuple(tuple(float(one == other) for other in stands) for one in stands)
    said = windows_said(attn).lower() if shift or not isinstance(attn, ShiftedWindows) else "windows"
    said = f"{said} of {window} × {window} on a map of {side} × {side}, row by row"
    return AttentionPattern(layer, sum(stages[:at]) + int(number) + 1, sum(stages), said, cells)


def _stacks(model: Model) -> dict[str, tuple[Stack, int, object]]:
    """The stacks whose positions see each other, by their layers' name: with their number, and what they read."""
    if isinstance(model, EncoderDecoder):
        sides = model.sides
        return {
            "encoder.blocks": (model.encoder, sides.encoder.dims.layers, model.inputs),
            "decoder.blocks": (model.decoder, sides.decoder.dims.layers, model.inputs),
        }
    if isinstance(model, CodePainter):
        return {"decoder.stack.blocks": (model.decoder.stack, model.size.decoder.dims.layers, model.decoder.inputs)}
    if isinstance(model, Bridged):
        return {"stack.blocks": (model.stack, model.size.text.dims.layers, model.inputs)}
    if isinstance(model, Encoder | Decoder):
        return {"stack.blocks": (model.stack, model.size.dims.layers, model.inputs)}
    return {}


def _seen(sees: Sees, pattern: Pattern | None, query: int, key: int, place: _Place) -> float:
    if isinstance(sees, Causal) and key > query:
        return 0.0
    if isinstance(sees, Prefix) and key > query and max(key, query) >= (place.length + 1) // 2:
        return 0.0
    return 1.0 if pattern is None else _kept(pattern, query, key, place)


@singledispatch
def _kept(pattern: Pattern, query: int, key: int, place: _Place) -> float:
    raise InputError(f"{type(pattern).__name__} has no drawing as a pattern over positions")


@_kept.register
def _banded(pattern: Banded, query: int, key: int, place: _Place) -> float:
    return float(query - key < pattern.span)


@_kept.register
def _without_values(pattern: WithoutValues, query: int, key: int, place: _Place) -> float:
    return float(key % place.step != place.step - 1)


@_kept.register
def _block_sparse(pattern: BlockSparse, query: int, key: int, place: _Place) -> float:
    """Learned global vectors stand before the text, and are not drawn."""
    one, other, last = query // pattern.block, key // pattern.block, (place.length - 1) // pattern.block
    ends = not pattern.extra and {one, other} & {0, last}
    near = abs(one - other) <= pattern.window // 2
    return 1.0 if ends or near else _SOME if pattern.random else 0.0


@_kept.register
def _grid(pattern: GridPattern, query: int, key: int, place: _Place) -> float:
    assert isinstance(place.position, TextThenGrid)
    text, row = place.position.text, place.position.side
    return float(query < text or key < text or _near(pattern, query - key, row))


@singledispatch
def _near(pattern: GridPattern, before: int, row: int) -> bool:
    raise InputError(f"{type(pattern).__name__} has no drawing as a pattern over positions")


@_near.register
def _row(pattern: GridRow, before: int, row: int) -> bool:
    return before <= row


@_near.register
def _column(pattern: GridColumn, before: int, row: int) -> bool:
    return before % row == 0


@_near.register
def _kernel(pattern: GridKernel, before: int, row: int) -> bool:
    half = pattern.side // 2
    return any(abs(before - i * row) <= half for i in range(half + 1))


def _which(found: AttentionPattern) -> str:
    return f"{found.layer}, layer {found.number} of {found.layers}"


def attention_figure(model: Model, name: str, layer: str, length: int | None = None) -> Figure:
    """The pattern as a matrix: queries go down, keys across. Arguments and errors as for ``attention_pattern``."""
    found = attention_pattern(model, layer, length)
    count = len(found.cells)
    side = _SIDE / count
    title = f"{name}: {_which(found)}"
    seen = sum(map(sum, found.cells))
    full = all(cell in (0.0, 1.0) for row in found.cells for cell in row)
    share = (
        f"{seen:,.0f} of {count**2:,} pairs ({seen / count**2:.0%})" if full else "tinted: seen by a part of the heads"
    )
    left, top = _MARGIN + 26, _TOP + 22
    frame = element("rect", class_="rule", x=left, y=top, width=_SIDE, height=_SIDE, fill="none")
    cells = filled_cells(found.cells, left, top, side, fill=_SEEN)
    parts = [
        svg.label(_MARGIN, 28, title, size=17, font_weight="600"),
        svg.label(_MARGIN, 50, f"{found.said} · {share}", size=12, class_="faint"),
        svg.label(left, top - 8, f"keys, 1 to {count} →", size=11, class_="faint"),
        svg.label(0, 0, f"queries, 1 to {count} →", size=11, class_="faint",
                  transform=f"translate({svg.coordinate(left - 9)} {svg.coordinate(top)}) rotate(90)"),
        element("g", svg.title("queries down, keys across"), *cells, frame),
    ]  # fmt: skip
    width = max(_SIDE + 2 * _MARGIN + 26, svg.text_width(f"{found.said} · {share}", 12) + 2 * _MARGIN)
    width = max(width, svg.text_width(title, 17) * 1.1 + 2 * _MARGIN)
    data = {"model": name, "layer": found.layer, "said": found.said, "seen": [list(row) for row in found.cells]}
    return Figure(svg.document(width, top + _SIDE + _MARGIN, title, parts, kind="attention-pattern"), data)


def terminal_attention(model: Model, layer: str, length: int | None = None) -> Page:
    """The pattern in letters, a line a query, with the words. Arguments and errors as for ``attention_pattern``."""
    found = attention_pattern(model, layer, length)
    signs = {1.0: "■", 0.0: "·"}
    lines = [" ".join(signs.get(cell, "▒") for cell in row) for row in found.cells]
    return Page(
        [f"{_which(found)}: {found.said}", ["queries down, keys across; ■ is seen, ▒ by a part of the heads"], lines]
    )
