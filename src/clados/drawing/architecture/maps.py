"""Encoders of images in stages: pyramids of windows, bottlenecks, convolutions without norms."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from clados.drawing.architecture.coders import square
from clados.drawing.architecture.drawer import Here, Unpacked, Words, box, drawn, left, opened_fold, words
from clados.drawing.architecture.heads import heads_above
from clados.drawing.architecture.patterns import windows_said
from clados.drawing.layout.links import Beside
from clados.drawing.layout.nodes import PAD, Drawable, Framed, InColumn, InRow, Lettering
from clados.drawing.layout.parts import BOX_WIDTH, SIDE
from clados.spec.attention.windows import GlobalWindows, ShiftedWindows, WindowAttention
from clados.spec.convolutions.nfnet import NFNet
from clados.spec.convolutions.resnet import BottleneckStage, ResNet
from clados.spec.core.part import part_fields
from clados.spec.core.pieces import Held
from clados.spec.kinds.pyramid import Pyramid
from clados.spec.stacks.reductions import Reduction
from clados.spec.stacks.windows import WindowStage

WIDEST, NARROWER = 340.0, 34.0  # width of the first stage, and by how much each next one is narrower


@words.register
def _reduction(part: Reduction, here: Here) -> Words:
    width = here.given.dims.d_model
    return Words("convolution", "Downsampling", (f"half the sides, {width:,} → {2 * width:,} channels",))


@drawn.register
def _pyramid(part: Pyramid, here: Here) -> Drawable:
    pieces, sides = Unpacked(part, None), part.sides()
    stages, reductions = pieces.several("stages").held, pieces.several("reductions").held
    norm, heads = pieces.held("norm_out"), pieces.heads()
    column = [here.draw("inputs", pieces.held("inputs"), width=WIDEST)]
    for i, held in enumerate(stages):
        width = WIDEST - i * NARROWER
        column.append(_stage(held, here.inside(f"stages.{i}", held).but(width=width), sides[i], i))
        if i < len(reductions):
            down = here.inside(f"reductions.{i}", reductions[i]).but(width=width - NARROWER)
            column.append(box(reductions[i].part, down, shape="narrows"))
    column += [here.draw("norm_out", norm), *left(pieces, here), *heads_above(heads, here)]
    return InRow((InColumn(tuple(column)), _detail(stages[0], here)), gap=60, align=0.5)


def _stage(held: Held, here: Here, side: int, number: int) -> Drawable:
    """A stage as a box, or where that is opened its layers, each at its place."""
    stage, dims, pieces = held.part, here.given.dims, Unpacked(held.part, held.env)
    assert isinstance(stage, WindowStage)
    title, blocks = f"Stage {number + 1}: layers", pieces.several("blocks").held
    if side <= here.given.window:
        blocks = tuple(map(_unshifted, blocks))
    layers: list[Any] = [each.part for each in blocks]
    if (fold := here.key("blocks")) in here.opened:
        frame = opened_fold("blocks", blocks, here.but(width=here.width - 2 * PAD), title)
        return _queried(stage, pieces, frame, here)
    notes = (
        f"map of {side} × {side} × {dims.d_model:,}",
        f"{dims.heads} heads, windows of {here.given.window}",
        _in_turn([windows_said(each.attn).lower() for each in layers]),
    )
    said = Words("attention", f"{title} × {len(blocks)}", tuple(each for each in notes if each))
    return box(stage, here, said=said, fold=fold)


def _unshifted(held: Held) -> Held:
    """A layer as it is where a window holds the map whole: nothing is shifted there."""
    layer: Any = held.part
    if not isinstance(layer.attn, ShiftedWindows):
        return held
    return replace(held, part=layer.but(attn=WindowAttention(**part_fields(layer.attn))))


def _in_turn(said: Sequence[str]) -> str:
    """Which kinds of layer take turns, how often, and which are left; empty for one kind.

    Args:
        said: a kind's name for each layer.
    """
    run = next(n for n in range(1, len(said) + 1) if all(each == said[i % n] for i, each in enumerate(said)))
    times, left_over = divmod(len(said), run)
    if run == 1:
        return ""
    more = f", then {', '.join(said[-left_over:])}" if left_over else ""
    return f"{', '.join(said[:run])}{f' × {times}' if times > 1 else ''}{more}"


def _queried(stage: WindowStage, pieces: Unpacked, layers: Drawable, here: Here) -> Drawable:
    """The layers of a stage, and beside them what makes the queries that some of them ask with."""
    if "queries" not in pieces:
        return layers
    number, fold = len(pieces.several("queries").held), here.key("blocks")
    notes = ("of the stage's whole map,", f"{number} block{'s' if number > 1 else ''} of convolutions")
    at = here.but(path=here.key("queries"), width=SIDE)
    queries = box(stage, at, names=["queries"], said=Words("convolution", "Global queries", notes))
    asking = (f"{fold}.{i}.attn" for i, each in enumerate(stage.blocks) if isinstance(each.attn, GlobalWindows))
    return Beside(layers, ((queries, (f"{fold}.attn", *asking)),))


def _detail(held: Held, here: Here) -> Drawable:
    """The layers that take turns in a stage, counted in the stages."""
    assert isinstance(held.part, WindowStage)
    at = here.but(env=held.env, counted=False)
    nodes = [drawn(each, at.but(path=f"layer.{i}")) for i, each in enumerate(dict.fromkeys(held.part.blocks))]
    layers = InColumn(tuple(nodes))
    note = f"{len(nodes)} layers, in turn" if len(nodes) > 1 else ""
    frame = Framed("layers in turn", "A stage", "the layers of a stage", layers, note, counted=False)
    return InColumn((Lettering("layer.read", ("feature map",)), frame, Lettering("layer.given", ("feature map",))))


@drawn.register
def _resnet(part: ResNet, here: Here) -> Drawable:
    pieces = Unpacked(part, here.given)
    stages, heads = pieces.several("stages").held, pieces.heads()
    column = [here.draw("inputs", pieces.held("inputs"))]
    for i, held in enumerate(stages):
        assert isinstance(held.part, BottleneckStage)
        halves = held.part.stride > 1
        notes = [f"{held.part.layers} bottlenecks of {held.env.dims.d_model:,}"]
        notes += ["to half the sides"] if halves else []
        at = here.inside(f"stages.{i}", held).but(width=BOX_WIDTH + 60 - i * 24)
        said = Words("convolution", f"Stage {i + 1}", tuple(notes))
        column.append(box(held.part, at, said=said, shape="narrows" if halves else "box"))
    return InColumn((*column, *left(pieces, here), *heads_above(heads, here)), key=here.path)


@drawn.register
def _nfnet(part: NFNet, here: Here) -> Drawable:
    size = here.given.free
    stages = tuple(f"{n} blocks of {width:,}" for n, width in zip(size.layers, size.widths)) if size else ()
    stem, said = Words("convolution", "Four convolutions"), Words("convolution", "NFNet: stages without norms", stages)
    column = (
        Lettering(here.key("read"), ("image", square(part.channels, part.image))),
        box(part, here.but(path=here.key("stem")), names=["stem"], said=stem),
        box(part, here.but(path=here.key("blocks")), names=["blocks"], said=said, shape="narrows"),
    )
    return InColumn(column, key=here.path)
