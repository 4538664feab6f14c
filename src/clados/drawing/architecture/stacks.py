"""Stacks: layers folded into frames, and what stands beside, below and above them."""

from dataclasses import replace

from clados.drawing.architecture.attention import beside
from clados.drawing.architecture.blocks import layer_node, patterns_of
from clados.drawing.architecture.drawer import (
    Here,
    Unpacked,
    Words,
    box,
    drawn,
    folded,
    keys_of,
    layer_box,
    left,
    opened_fold,
    repeated,
    run_node,
    words,
)
from clados.drawing.layout.joins import Add, Fork, Side
from clados.drawing.layout.links import Beside
from clados.drawing.layout.nodes import Drawable, InColumn
from clados.drawing.layout.parts import SIDE
from clados.spec.attention.block_sparse import BlockSparse
from clados.spec.core.pieces import Held, Several
from clados.spec.residuals import Parallel
from clados.spec.stacks.block import Block
from clados.spec.stacks.enhanced import MaskDecoder
from clados.spec.stacks.stack import Stack

AS_OTHERS = "the same as the others"  # of a layer that stands by itself


@drawn.register
def _stack(part: Stack, here: Here) -> Drawable:
    return stacked(part, here)


def stacked(part: Stack, here: Here, title: str = "", memory: Drawable | None = None) -> Drawable:
    """The layers of a stack, what it holds beside them, and its last norm; ``memory`` stands beside it too."""
    here = here.but(sees=part.sees)
    pieces = Unpacked(part, here.given)
    frames = _layers(part, pieces.several("blocks"), here, title, pieces.perhaps("convolution"))
    extra = _extra(part, pieces, here)
    layers = _with_sides(part, pieces, here, frames[0] if len(frames) == 1 else InColumn(tuple(frames)), memory)
    above = [here.draw(name, held) for name in ("decoder", "norm_out") if (held := pieces.perhaps(name))]
    return InColumn((*extra, layers, *above, *left(pieces, here)), key=here.path)


def _extra(part: Stack, pieces: Unpacked, here: Here) -> list[Drawable]:
    """What patterns add to a stack: vectors before the text."""
    names = pieces.own()
    if not names:
        return []
    pieces.drop(*names)
    sparse = next((pattern for pattern in part.patterns if isinstance(pattern, BlockSparse)), None)
    said = Words("table", "Global vectors", (f"{sparse.extra} learned",) if sparse else ())
    table = box(part, here.but(path=here.key(names[0]), width=SIDE), names=names, said=said)
    return [Add(here.key("global+"), table, here.other)]


def _with_sides(part: Stack, pieces: Unpacked, here: Here, layers: Drawable, memory: Drawable | None) -> Drawable:
    """The layers with their positions and their memory beside them."""
    held = pieces.perhaps("position")
    readers = keys_of(layers, ".attn")
    if here.key("blocks") not in here.opened:
        readers += keys_of(layers, here.key("blocks.0"))
    found: list[tuple[Drawable, tuple[str, ...]]] = []
    if part.position:
        at = here.inside("position", held) if held else here.but(path=here.key("position"))
        node = beside(part.position, at)
        found += [(node, readers)] if node else []
    found += [(memory, readers)] if memory else []
    parallel = any(isinstance(block.residual, Parallel) for block in part.kinds)  # attention is the branch at the left
    side: Side = "left" if parallel else here.beside or here.other
    return Beside(layers, tuple(found), side) if found else layers


def _layers(part: Stack, blocks: Several, here: Here, title: str, convolution: Held | None) -> list[Drawable]:
    shared, fold = _shared(part, here), here.key("blocks")
    if fold in here.opened:
        opened = opened_fold("blocks", blocks.held, here, title, part.weights(here.given.dims.layers))
        if convolution:
            assert isinstance(opened.inner, InColumn)
            begin, *others = opened.inner.items
            column = replace(opened.inner, items=(_convolved(begin, convolution, here), *others))
            opened = replace(opened, inner=column)
        return [opened]
    if convolution:
        return _begun(part, blocks, here, title, convolution)
    whole = patterns_of(blocks.held)
    if whole is not None:
        times, first = len(blocks.held), blocks.held[0]
        assert isinstance(first.part, Block)
        inner = layer_node(
            first.part, here.inside("blocks.*", first, times), whole if len(whole) > 1 else ((whole[0][0], 0),)
        )
        number = here.given.dims.layers if part.groups else len(blocks.held)
        return [repeated(fold, number, inner, here, title=title, note=shared, fold=fold)]
    found: list[Drawable] = []
    for run, times, first_of in folded(blocks.held):
        inner = run_node("blocks", run, times, first_of, here)
        note = f"{len(run)} layers, in turn" if len(run) > 1 else ""
        found.append(repeated(f"{fold}.{first_of}", times, inner, here, title=title, note=note, fold=fold))
    return found


def _begun(part: Stack, blocks: Several, here: Here, title: str, convolution: Held) -> list[Drawable]:
    """Layers of which the first stands by itself, with a convolution beside it."""
    first, *others = blocks.held
    at = here.inside("blocks.0", first)
    alone = layer_box(at, first.part, 0, at.count(first.part), (AS_OTHERS,) * bool(others))
    above = _layers(part, Several(tuple(others)), here, title, None) if others else []
    return [_convolved(alone, convolution, here), *above]


def _convolved(first: Drawable, held: Held, here: Here) -> Drawable:
    """norm(y + act(W * x + b)): y is what leaves the first layer, x what enters it."""
    at, pieces = here.inside("convolution", held), Unpacked(held.part, held.env)
    norm = at.draw("norm", pieces.held("norm"))
    beside = box(held.part, at.but(width=SIDE), names=pieces.own())
    columns = (beside, first) if here.side == "left" else (first, beside)
    return InColumn((Fork(here.key("convolution+"), *columns), norm))


def _shared(part: Stack, here: Here) -> str:
    if part.groups is None:
        return ""
    return "one set of weights" if part.groups == 1 else f"{part.groups} sets of weights"


@words.register
def _mask_decoder(part: MaskDecoder, here: Here) -> Words:
    notes = (f"the last layer {part.passes} times,", "with absolute positions")
    return Words("position", "Decoder of masked tokens", notes)


@drawn.register
def _draw_mask_decoder(part: MaskDecoder, here: Here) -> Drawable:
    return box(part, here)
