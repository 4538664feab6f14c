"""Texts that look at images, and texts with the entities that they name."""

from dataclasses import replace

from clados.drawing.architecture.attention import key_shape
from clados.drawing.architecture.blocks import Branch, arranged
from clados.drawing.architecture.drawer import (
    Here,
    Unpacked,
    Words,
    box,
    drawn,
    keys_of,
    left,
    opened_fold,
    repeated,
    words,
)
from clados.drawing.architecture.heads import heads_above
from clados.drawing.architecture.kinds import cached
from clados.drawing.architecture.stacks import stacked
from clados.drawing.layout.joins import Bypass, Side
from clados.drawing.layout.links import Link, Linked
from clados.drawing.layout.nodes import Drawable, Framed, InColumn, InRow, Lettering, Wire
from clados.drawing.layout.shapes import Across, Around, Track, Tracks
from clados.spec.bridging.resampler import Resampler
from clados.spec.kinds.bridged import Bridged
from clados.spec.kinds.entity import Aggregator, EntityEncoder, Fusion
from clados.spec.residuals import Post
from clados.spec.stacks.stack import Stack


@drawn.register
def _resampler(part: Resampler, here: Here) -> Drawable:
    pieces = Unpacked(part, here.given)
    blocks, norm = pieces.several("blocks").held, pieces.held("norm_out")
    said = Words("table", "Latents", (f"{part.latents} learned; a vector a frame",))
    own = box(part, here.but(path=here.key("latents")), names=["latents", "times"], said=said)
    times, fold = len(blocks), here.key("blocks")
    if fold in here.opened:
        frame: Drawable = opened_fold("blocks", blocks, here, "Resampler")
    else:
        layer = drawn(blocks[0].part, here.inside("blocks.*", blocks[0], times))
        frame = repeated(fold, times, layer, here, title="Resampler", fold=fold)
    return InColumn((own, frame, here.draw("norm_out", norm)), key=here.path)


@drawn.register
def _bridged(part: Bridged, here: Here) -> Drawable:
    pieces = Unpacked(part, None)
    (stack, held), gates, heads = pieces.one("stack", Stack), pieces.several("gates").held, pieces.heads()
    every, times = part.size.every, len(gates)
    at = here.but(side="right", beside="right", source="the image")
    gate = drawn(gates[0].part, at.inside("gates.*", gates[0], times))
    images = InColumn(
        (
            here.draw("vision", pieces.held("vision")),
            here.draw("resampler", pieces.held("resampler")),
            Wire(f"[{part.resampler.latents}, {part.size.resampler.d_model:,}]", side="left"),
        ),
        key="image",
    )
    note = f"one for {every:,} layers" if every > 1 else "one for each layer"
    looks = Framed("gates", f"Gated × {times}", "gated cross-attention", gate, note)
    text = InColumn(
        (
            at.draw("inputs", pieces.held("inputs")),
            looks,
            stacked(stack, at.inside("stack", held), "Text", cached(stack, held.env.dims)),
            *left(pieces, at),
            *heads_above(heads, at),
        )
    )
    link = Link("image", keys_of(looks, ".cross"), "k, v", "the image's latents", shape=key_shape(gates[0].env.dims))
    return Linked(InRow((images, text), gap=72, main=1), (link,))


@words.register
def _fusion(part: Fusion, here: Here) -> Words:
    dims = here.given.dims
    return Words("feed-forward", "Fusion", (f"{dims.d_model:,} and {here.given.joint:,} → {dims.d_ff:,} → both",))


def _layer(part: Aggregator, here: Here) -> tuple[list[Track], list[Across]]:
    """A layer of both streams: attention in each, then what joins them."""
    pieces = Unpacked(part, here.given)
    narrow = here.but(width=206.0)

    def node(name: str, side: Side = "left") -> Drawable:
        return narrow.draw(name, pieces.held(name), side=side)

    def attended(name: str, side: Side) -> Drawable:
        branch = Branch(name, node(name, side), node(f"{name}_norm", side))
        return arranged(Post(), [branch], here.but(side=side))

    attentions = Track(attended("attn", "left"), attended("entity_attn", "right") if "entity_attn" in pieces else None)
    fusion = node("mlp")
    rows = [attentions, Track(Bypass(here.key("mlp+"), fusion, "left")), Track(node("mlp_norm"), node("entity_norm"))]
    return rows, [Across("right", here.key("mlp"), "entities meet tokens, and are changed by them", "and back")]


@drawn.register
def _aggregator(part: Aggregator, here: Here) -> Drawable:
    rows, across = _layer(part, here)
    return Tracks(here.path, tuple(rows), (), tuple(across))


@drawn.register
def _entities(part: EntityEncoder, here: Here) -> Drawable:
    pieces = Unpacked(part, None)
    (stack, held), fused, heads = pieces.one("stack", Stack), pieces.several("fused").held, pieces.heads()
    rows = [Track(here.draw("inputs", pieces.held("inputs")))]
    read = Lettering("entities.read", ("entities", f"[length, {part.entities.width}]"))
    rows.append(Track(stacked(stack, here.inside("stack", held), "Text"), read))
    frames, across = list[Around](), list[Across]()
    for first, count, title in ((0, 1, "Entities enter"), (1, len(fused) - 1, f"× {len(fused) - 1}")):
        if not count:
            continue
        at = replace(here, sees=stack.sees).inside(f"fused.{first}", fused[first], count)
        aggregator = fused[first].part
        assert isinstance(aggregator, Aggregator)
        more_rows, more_across = _layer(aggregator, at)
        last = len(rows) + len(more_rows) - 1
        frames.append(Around(f"fused.{first}.frame", title, "layers of tokens and entities", len(rows), last))
        rows, across = [*rows, *more_rows], [*across, *more_across]
    tracks = Tracks("tracks", tuple(rows), tuple(frames), tuple(across), gap=56)
    return InColumn((tracks, *left(pieces, here), *heads_above(heads, here)))
