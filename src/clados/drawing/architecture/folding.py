"""Models that fold proteins: an alignment and the map of its pairs, two tracks side by side."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from clados.drawing.architecture.attention import heads_said
from clados.drawing.architecture.axial import TRIANGLES, map_seen
from clados.drawing.architecture.drawer import (
    Here,
    Unpacked,
    Words,
    box,
    drawn,
    keys_of,
    layer_box,
    layer_name,
    left,
    opened_fold,
    repeated,
    words,
)
from clados.drawing.architecture.heads import heads_above
from clados.drawing.architecture.patterns import axial
from clados.drawing.layout.icons import Matrices
from clados.drawing.layout.joins import Add, Bypass, Tap
from clados.drawing.layout.links import Link, Linked
from clados.drawing.layout.nodes import Drawable, Framed, InColumn, InRow, Lettering, Wire
from clados.drawing.layout.parts import BOX_WIDTH, Icon
from clados.drawing.layout.shapes import Across, Around, Track, Tracks
from clados.spec.core.ledger import rows_of
from clados.spec.core.part import Part
from clados.spec.core.pieces import Held, Named
from clados.spec.folding.embedders import Alignment, ExtraRows, Recycling, Templates
from clados.spec.folding.evoformer import (
    EvoformerBlock,
    OuterProductMean,
    PairBlock,
    TriangleProduct,
)
from clados.spec.folding.structure import Angles, FirstRow, PointAttention, StructureModule
from clados.spec.kinds.fold import Fold

NARROW, BETWEEN = 200.0, 176.0  # width of a box on a track, and of one between both
_PAIR_BIAS = ("pair_norm", "bias")  # what a bias of row attention is made by
_PRODUCTS = ("outgoing", "incoming")


@words.register
def _outer(part: OuterProductMean, here: Here) -> Words:
    return Words("other", "Outer product mean", (f"LayerNorm, {part.width} × {part.width}", "numbers, linear layer"))


@words.register
def _product(part: TriangleProduct, here: Here) -> Words:
    return Words("feed-forward", "Triangle multiplication", ("gated, normed before the output",))


@words.register
def _first_row(part: FirstRow, here: Here) -> Words:
    return Words("other", "Single representation", ("linear layer on the first row",))


@words.register
def _points(part: PointAttention, here: Here) -> Words:
    notes = (
        heads_said(here.given.dims),
        f"{part.points} points a query, {part.value_points} a value",
        "biased by pairs",
    )
    return Words("attention", "Invariant point attention", notes)


@drawn.register
def _draw_points(part: PointAttention, here: Here) -> Drawable:
    return box(part, here, icon=map_seen(part))


@words.register
def _angles(part: Angles, here: Here) -> Words:
    return Words("head", "Torsion angles", (f"{part.layers} residual layers",))


@drawn.register
def _draw_angles(part: Angles, here: Here) -> Drawable:
    return box(part, here)


@words.register
def _alignment(part: Alignment, here: Here) -> Words:
    return Words("table", "Embedding", ("of residues and their alignment",))


@words.register
def _recycling(part: Recycling, here: Here) -> Words:
    return Words("state", "Recycling", (f"the last pass's output, {part.passes} times",))


@drawn.register
def _draw_recycling(part: Recycling, here: Here) -> Drawable:
    return box(part, here)


@words.register
def _templates(part: Templates, here: Here) -> Words:
    notes = ("triangle blocks, which each", "pair attends to; angles", "as further rows")
    return Words("attention", "Templates", notes)


@words.register
def _extra(part: ExtraRows, here: Here) -> Words:
    return Words("attention", "Extra MSA", ("narrow blocks of both tracks,", "global column attention"))


@drawn.register
def _beside(part: Templates | ExtraRows, here: Here) -> Drawable:
    """What is added to the map of pairs as one box, or where its blocks are opened a frame with each of them.

    What its own tensors compute before the blocks stands below these, the rest above: its pieces have that order.
    """
    pieces, order = Unpacked(part, here.given), [*part.pieces(here.given)]
    blocks, norm = pieces.several("blocks"), pieces.perhaps("norm_out")
    said, fold = words(part, here), here.key("blocks")
    title = f"{said.name}: blocks"
    if fold not in here.opened:
        return box(part, here, said=replace(said, name=f"{title} × {len(blocks.held)}"), icon=map_seen(part), fold=fold)
    own, at = pieces.own(), order.index("blocks")

    def products(names: Sequence[str]) -> list[Drawable]:
        if not names:
            return []
        inside = here.but(path=here.key(names[0]), width=BOX_WIDTH)
        return [box(part, inside, names=names, said=Words(said.kind, "Linear layers"))]

    column = [
        *products([each for each in own if order.index(each) < at]),
        opened_fold("blocks", blocks.held, here.but(width=BOX_WIDTH), title),
        *([here.draw("norm_out", norm, width=BOX_WIDTH)] if norm else []),
        *products([each for each in own if order.index(each) > at]),
    ]
    return Framed(here.path, said.name, said.name, InColumn(tuple(column)))


def _branch(pieces: Unpacked, name: str, here: Here, said: Words | None = None, icon: Icon | None = None) -> Drawable:
    """What is added to a track, after its norm: one beside it, or one of its own."""
    held, norm = pieces.held(name), pieces.perhaps(f"{name}_norm")
    at = here.inside(name, held).but(width=NARROW)
    own = Unpacked(held.part, held.env)
    before = own.perhaps("norm")
    assert not (norm and before), f"{name} has a norm of its own beside {name}_norm"
    below = here.draw(f"{name}_norm", norm, width=NARROW) if norm else at.draw("norm", before) if before else None
    if "pair_norm" in own:
        own.drop(*_PAIR_BIAS)
    inner: Drawable = box(held.part, at, names=[*own.rest()], said=said, icon=icon or map_seen(held.part))
    return Bypass(f"{at.path}+", InColumn((below, inner)) if below else inner, here.side)


def _pair_branches(part: PairBlock, here: Here) -> list[Drawable]:
    """What updates a map of pairs, one after the other."""
    pieces = Unpacked(part, here.given)
    product = words(part.product, here)
    order = [_branch(pieces, name, here, replace(product, name=f"{product.name}, {name}")) for name in _PRODUCTS]
    attn = words(part.attn, here)
    for name, axis, sees in TRIANGLES:
        said = replace(attn, name=f"{attn.name}, {name} node", notes=(*attn.notes[:1], sees, *attn.notes[1:]))
        order.append(_branch(pieces, name, here, said, Matrices((axial(axis),), (f"map of 3 × 3, {sees}",))))
    if part.attention_first:
        order = order[2:] + order[:2]
    return [*order, _branch(pieces, "mlp", here)]


@drawn.register
def _pair_block(part: PairBlock, here: Here) -> Drawable:
    return InColumn(tuple(_pair_branches(part, here)))


def _evoformer(part: EvoformerBlock, here: Here) -> tuple[list[Track], list[Across]]:
    """The rows of a block of both tracks, and the arrows between them."""
    at, pieces = here.but(side="left"), Unpacked(part, here.given)
    outer, (block, pair) = pieces.held("outer"), pieces.one("pair", PairBlock)
    mean = box(outer.part, at.inside("outer", outer).but(width=BETWEEN))
    row = pieces.rest()["row"]
    biases = at.inside("row", row)
    said = Words("other", "Pair bias", ("LayerNorm, linear layer", "one number per head"))
    bias = box(part.row, biases.but(path=biases.key("bias"), width=BETWEEN), names=_PAIR_BIAS, said=said)
    one = [_branch(pieces, name, at) for name in ("row", "column", "mlp")]
    two: list[Drawable | None] = [Tap(f"{bias.key}+", bias, "left")]
    two += [Add(f"{mean.key}+", mean, "left"), *_pair_branches(block, at.inside("pair", pair).but(side="right"))]
    rows = [Track(left, right) for left, right in zip_longest(one, two)]
    across = [
        Across(bias.key, f"{at.path}.row", "a bias from the map of pairs"),
        Across("left", mean.key, "the alignment, to the map of pairs", over=f"{at.path}.mlp"),
    ]
    return rows, across


@drawn.register
def _evoformer_block(part: EvoformerBlock, here: Here) -> Drawable:
    rows, across = _evoformer(part, here)
    read, given = (Lettering(here.key(f"pairs.{each}"), ("pair representation",)) for each in ("read", "given"))
    rows = [Track(None, read), *rows, Track(None, given)]
    return Tracks(here.path, tuple(rows), (), tuple(across))


def _blocks(blocks: Sequence[Held], here: Here, first: int) -> tuple[list[Track], list[Around], list[Across]]:
    """The rows of all blocks of both tracks, folded or each at its place, their frames and the arrows between them.

    Args:
        first: the number of their first row.
    """
    fold, frames = here.key("blocks"), list[Around]()
    opened, rows, across = fold in here.opened, list[Track](), list[Across]()
    for i, held in enumerate(blocks if opened else blocks[:1]):
        at = here.inside(f"blocks.{i}", held) if opened else here.inside("blocks.*", held, len(blocks))
        part, start = held.part, len(rows)
        assert isinstance(part, EvoformerBlock)
        if opened and at.path not in here.opened:
            rows.append(Track(both=layer_box(at, part, i, at.count(part))))
            continue
        more, arrows = _evoformer(part, at)
        rows, across = [*rows, *more], [*across, *arrows]
        if opened:
            frames.append(Around(at.path, layer_name(i), "a layer", first + start, first + len(rows) - 1, at.path))
    whole = Around(fold, f"Evoformer × {len(blocks)}", "blocks of both tracks", first, first + len(rows) - 1, fold)
    return rows, [whole, *frames], across


@drawn.register
def _fold(part: Fold, here: Here) -> Drawable:
    pieces = Unpacked(part, None)
    blocks, heads, before = pieces.several("blocks").held, pieces.heads(), _before(pieces, here)
    size = part.size
    before.append(Track(Wire(f"[s, r, {size.alignment.d_model:,}]"), Wire(f"[r, r, {size.pair.d_model:,}]")))
    rows, frames, across = _blocks(blocks, here, len(before))
    given = [
        Track(Lettering("rows.given", ("MSA representation", f"[s, r, {size.alignment.d_model:,}]"))),
        Track(None, Lettering("pairs.given", ("pair representation", f"[r, r, {size.pair.d_model:,}]"))),
        Track(_heads_of(heads, here, "alignment"), _heads_of(heads, here, "pair")),
    ]
    tracks = Tracks("tracks", (*before, *rows, *given), tuple(frames), tuple(across))
    after = InColumn(tuple(_after(pieces, heads, here)))
    links = (
        Link("rows.given", ("single",), "", "the first row", "right", near=48),
        Link("pairs.given", keys_of(after, ".attn"), "", "the map of pairs", "right", near=60),
    )
    return Linked(InRow((tracks, after), gap=70, align=0.5), links, 0)


def _heads_of(heads: Named, here: Here, source: str) -> Drawable | None:
    """What is read off one of the representations."""
    chosen = {slot: held for slot, held in heads.held.items() if getattr(held.part, "source", "") == source}
    found = heads_above(Named(chosen), here.but(width=NARROW))
    return found[0] if found else None


def _before(pieces: Unpacked, here: Here) -> list[Track]:
    """What both tracks begin with."""
    inputs = pieces.held("inputs")
    at = here.inside("inputs", inputs)
    rows = Words("table", "MSA embedding", ("linear layers of the MSA", "and of the sequence"))
    one = box(inputs.part, at.but(path=at.key("rows"), width=NARROW), names=["rows"], said=rows)
    said = Words("table", "Pair embedding", ("linear layers,", "relative positions"))
    names = ["target", "relative"]
    other = box(inputs.part, at.but(path=at.key("pairs"), width=NARROW), names=names, said=said)
    both = [*rows_of(inputs.part, inputs.env, ["target"])]  # one product gives both tracks their share
    moved = sum(row.count * dict(row.outs)["row"] // row.shape[0] for row in both)
    one, other = replace(one, params_said=one.params + moved), replace(other, params_said=other.params - moved)
    added = [(name, pieces.perhaps(name)) for name in ("recycling", "templates", "extra")]
    return [
        Track(
            Lettering("rows.read", ("MSA", "[s sequences, r residues]")),
            Lettering("pairs.read", ("sequence", "[r residues]")),
        ),
        Track(one, other),
        *(Track(None, _added(name, held, here)) for name, held in added if held),
    ]


def _added(name: str, held: Held, here: Here) -> Drawable:
    at = here.inside(name, held).but(width=NARROW)
    return Add(f"{name}+", drawn(held.part, at), "right")


def _after(pieces: Unpacked, heads: Named, here: Here) -> list[Drawable]:
    """From the map of pairs to places of atoms."""
    read = Named({slot: held for slot, held in heads.held.items() if _of_structure(held.part)})
    single, structure = pieces.held("single"), pieces.held("structure")
    return [
        here.draw("single", single),
        Wire(f"[r, {single.env.dims.d_model:,}]"),
        here.draw("structure", structure),
        Lettering("places", ("positions of all atoms", "[r, 37, 3]")),
        *left(pieces, here),
        *heads_above(read, here, 140),
    ]


def _of_structure(part: Part) -> bool:
    return getattr(part, "source", "") not in ("alignment", "pair")


@drawn.register
def _structure(part: StructureModule, here: Here) -> Drawable:
    """Its layers are of one set of weights."""
    layers, fold, title = here.given.dims.layers, here.key("layers"), "Structure"
    first = Words("norm", "Norms, linear layer")
    reads = box(part, here.but(path=here.key("first")), names=["norm", "pair_norm", "first"], said=first)
    if fold in here.opened:
        frame = opened_fold("layers", (Held(part, here.given),), here, title, layers * (0,), _structure_layer)
        return InColumn((reads, frame))
    layer = _structure_layer(part, here)
    return InColumn((reads, repeated(fold, layers, layer, here, title=title, note="one set of weights", fold=fold)))


def _structure_layer(part: StructureModule, here: Here) -> Drawable:
    pieces = Unpacked(part, here.given)
    three = Words("feed-forward", "Feed-forward", ("three linear layers, ReLU",))
    moves = Words("head", "Backbone update", ("rotations, translations",))
    products = box(part, here.but(path=here.key("mlp")), names=["up", "middle", "down"], said=three)
    items = (
        Bypass(here.key("attn+"), here.draw("attn", pieces.held("attn")), here.side),
        here.draw("attn_norm", pieces.held("attn_norm")),
        Bypass(here.key("mlp+"), products, here.side),
        here.draw("mlp_norm", pieces.held("mlp_norm")),
        box(part, here.but(path=here.key("move")), names=["move"], said=moves),
        here.draw("angles", pieces.held("angles")),
    )
    return InColumn(items)
