"""Models that fold proteins: an alignment and the map of its pairs, two tracks side by side."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from clados.drawing.architecture.attention import heads_said
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
from clados.drawing.layout.joins import Add, Bypass
from clados.drawing.layout.links import Link, Linked
from clados.drawing.layout.nodes import Drawable, Framed, InColumn, InRow, Lettering
from clados.drawing.layout.parts import BOX_WIDTH
from clados.drawing.layout.shapes import Across, Around, Track, Tracks
from clados.spec.core.part import Part
from clados.spec.core.pieces import Held, Named
from clados.spec.folding.embedders import Alignment, ExtraRows, Recycling, Templates
from clados.spec.folding.evoformer import (
    Column as ColumnMixer,
    ColumnAttention,
    EvoformerBlock,
    GlobalColumnAttention,
    OuterProductMean,
    PairBlock,
    RowAttention,
    TriangleAttention,
    TriangleProduct,
)
from clados.spec.folding.structure import Angles, FirstRow, PointAttention, StructureModule
from clados.spec.kinds.fold import Fold

NARROW = 200.0


@words.register
def _row(part: RowAttention, here: Here) -> Words:
    return Words("attention", "Row attention", (heads_said(here.given.dims), "with a bias from pairs, gated"))


@words.register
def _column(part: ColumnMixer, here: Here) -> Words:
    return Words("attention", "Column attention")


@words.register
def _column_attention(part: ColumnAttention, here: Here) -> Words:
    return Words("attention", "Column attention", (heads_said(here.given.dims), "gated"))


@words.register
def _global(part: GlobalColumnAttention, here: Here) -> Words:
    return Words("attention", "Column attention", ("one query a head", "gated"))


@words.register
def _outer(part: OuterProductMean, here: Here) -> Words:
    return Words("other", "Outer product mean", (f"of {part.width} × {part.width} numbers",))


@words.register
def _product(part: TriangleProduct, here: Here) -> Words:
    return Words("feed-forward", "Triangle product", ("gated",))


@words.register
def _triangle(part: TriangleAttention, here: Here) -> Words:
    return Words("attention", "Triangle attention", (heads_said(here.given.dims), "biased by the third side"))


@words.register
def _first_row(part: FirstRow, here: Here) -> Words:
    return Words("other", "First row", ("a product",))


@words.register
def _points(part: PointAttention, here: Here) -> Words:
    notes = (
        heads_said(here.given.dims),
        f"{part.points} points a query, {part.value_points} a value",
        "biased by pairs",
    )
    return Words("attention", "Invariant point attention", notes)


@words.register
def _angles(part: Angles, here: Here) -> Words:
    return Words("head", "Torsion angles", (f"{part.layers} residual layers",))


@drawn.register
def _draw_angles(part: Angles, here: Here) -> Drawable:
    return box(part, here)


@words.register
def _alignment(part: Alignment, here: Here) -> Words:
    return Words("table", "Embedding", ("of letters and their alignment",))


@words.register
def _recycling(part: Recycling, here: Here) -> Words:
    return Words("state", "Recycling", (f"the last pass's states and distances, {part.passes} times",))


@drawn.register
def _draw_recycling(part: Recycling, here: Here) -> Drawable:
    return box(part, here)


@words.register
def _templates(part: Templates, here: Here) -> Words:
    return Words("attention", "Templates", ("blocks of triangles, attended to;", "angles as further rows"))


@words.register
def _extra(part: ExtraRows, here: Here) -> Words:
    return Words("attention", "Extra rows", ("blocks of both tracks, narrow,", "with one query a head in columns"))


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
        return box(part, here, said=replace(said, name=f"{title} × {len(blocks.held)}"), fold=fold)
    own, at = pieces.own(), order.index("blocks")

    def products(names: Sequence[str]) -> list[Drawable]:
        if not names:
            return []
        inside = here.but(path=here.key(names[0]), width=BOX_WIDTH)
        return [box(part, inside, names=names, said=Words(said.kind, "Products"))]

    column = [
        *products([each for each in own if order.index(each) < at]),
        opened_fold("blocks", blocks.held, here.but(width=BOX_WIDTH), title),
        *([here.draw("norm_out", norm, width=BOX_WIDTH)] if norm else []),
        *products([each for each in own if order.index(each) > at]),
    ]
    return Framed(here.path, said.name, said.name, InColumn(tuple(column)))


def _branch(pieces: Unpacked, name: str, here: Here, title: str = "") -> Drawable:
    held, norm = pieces.held(name), pieces.perhaps(f"{name}_norm")
    at = here.inside(name, held).but(width=NARROW)
    said = words(held.part, at)
    inner: Drawable = box(held.part, at, said=replace(said, name=title or said.name))
    if norm:
        inner = InColumn((here.draw(f"{name}_norm", norm, width=NARROW), inner))
    return Bypass(f"{at.path}+", inner, here.side)


def _pair_branches(part: PairBlock, here: Here) -> list[Drawable]:
    """What updates a map of pairs, one after the other."""
    pieces = Unpacked(part, here.given)
    order = [("outgoing", "Triangle product, outgoing"), ("incoming", "Triangle product, incoming")]
    order += [("starting", "Triangle attention, starting"), ("ending", "Triangle attention, ending")]
    if part.attention_first:
        order = order[2:] + order[:2]
    return [*(_branch(pieces, name, here, title) for name, title in order), _branch(pieces, "mlp", here)]


@drawn.register
def _pair_block(part: PairBlock, here: Here) -> Drawable:
    return InColumn(tuple(_pair_branches(part, here)))


def _evoformer(part: EvoformerBlock, here: Here) -> tuple[list[Track], list[Across]]:
    """The rows of a block of both tracks, and the arrows between them."""
    at, pieces = here.but(side="left"), Unpacked(part, here.given)
    outer, (block, pair) = pieces.held("outer"), pieces.one("pair", PairBlock)
    mean = box(outer.part, at.inside("outer", outer).but(width=176))
    one = [_branch(pieces, name, at) for name in ("row", "column", "mlp")]
    two: list[Drawable | None] = [None]
    two += [Add(f"{mean.key}+", mean, "left"), *_pair_branches(block, at.inside("pair", pair).but(side="right"))]
    rows = [Track(left, right) for left, right in zip_longest(one, two)]
    across = [
        Across("right", f"{at.path}.row", "a bias from the map of pairs", "bias"),
        Across("left", mean.key, "the alignment, to the map of pairs", over=f"{at.path}.mlp"),
    ]
    return rows, across


@drawn.register
def _evoformer_block(part: EvoformerBlock, here: Here) -> Drawable:
    rows, across = _evoformer(part, here)
    read, given = (Lettering(here.key(f"pairs.{each}"), ("map of pairs",)) for each in ("read", "given"))
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
    rows, frames, across = _blocks(blocks, here, len(before))
    size = part.size
    given = [
        Track(Lettering("rows.given", ("alignment", f"[rows, residues, {size.alignment.d_model}]"))),
        Track(None, Lettering("pairs.given", ("map of pairs", f"[residues, residues, {size.pair.d_model}]"))),
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
    at, rows = here.inside("inputs", inputs), Words("table", "Rows", ("a product",))
    one = box(inputs.part, at.but(path=at.key("rows"), width=NARROW), names=["rows"], said=rows)
    said = Words("table", "Pairs of residues", ("products, and how far apart",))
    names = ["target", "relative"]
    other = box(inputs.part, at.but(path=at.key("pairs"), width=NARROW), names=names, said=said)
    added = [(name, pieces.perhaps(name)) for name in ("recycling", "templates", "extra")]
    return [
        Track(
            Lettering("rows.read", ("alignment", "[rows, residues]")),
            Lettering("pairs.read", ("residues", "[residues]")),
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
    return [
        *(here.draw(name, pieces.held(name)) for name in ("single", "structure")),
        Lettering("places", ("places of all atoms", "[residues, 37, 3]")),
        *left(pieces, here),
        *heads_above(read, here, 140),
    ]


def _of_structure(part: Part) -> bool:
    return getattr(part, "source", "") not in ("alignment", "pair")


@drawn.register
def _structure(part: StructureModule, here: Here) -> Drawable:
    """Its layers are of one set of weights."""
    layers, fold, title = here.given.dims.layers, here.key("layers"), "Structure"
    first = Words("norm", "Norms, a product")
    reads = box(part, here.but(path=here.key("first")), names=["norm", "pair_norm", "first"], said=first)
    if fold in here.opened:
        frame = opened_fold("layers", (Held(part, here.given),), here, title, layers * (0,), _structure_layer)
        return InColumn((reads, frame))
    layer = _structure_layer(part, here)
    return InColumn((reads, repeated(fold, layers, layer, here, title=title, note="one set of weights", fold=fold)))


def _structure_layer(part: StructureModule, here: Here) -> Drawable:
    pieces = Unpacked(part, here.given)
    three, moves = Words("feed-forward", "Three products"), Words("head", "Move the frames", ("turns and shifts",))
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
