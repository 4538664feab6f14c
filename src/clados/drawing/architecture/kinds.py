"""Whole models of one stack or two: what is read below, what is given above."""

from clados.catalog.structure import kept_bytes
from clados.drawing.architecture.attention import key_shape
from clados.drawing.architecture.drawer import Here, Unpacked, Words, box, drawn, keys_of, left
from clados.drawing.architecture.heads import heads_above
from clados.drawing.architecture.inputs import token_column
from clados.drawing.architecture.patterns import matrix, ordered_matrix
from clados.drawing.architecture.stacks import stacked
from clados.drawing.layout.icons import Matrices
from clados.drawing.layout.joins import Meet
from clados.drawing.layout.links import Link, Linked
from clados.drawing.layout.nodes import Drawable, InColumn, InRow, Lettering, Wire
from clados.drawing.layout.parts import SIDE, PartBox
from clados.spec.attention.masks import Banded
from clados.spec.core.pieces import Held
from clados.spec.core.sizes import Dims
from clados.spec.kinds.encoder_decoder import EncoderDecoder
from clados.spec.kinds.permuted import Permuted
from clados.spec.kinds.recurrent import Recurrent
from clados.spec.kinds.single import Decoder, Tower
from clados.spec.kinds.two_tower import TwoTower
from clados.spec.stacks.stack import Stack

ORDER, MEMORY = (4, 1, 7, 2, 9, 0, 5, 8, 3, 6), 4  # in which a permuted text is read; places of a memory
BETWEEN_STACKS = 56.0  # between an encoder and what reads it
EXAMPLES_COMPARED = 8  # images and texts of a matrix of all pairs


@drawn.register
def _tower(part: Tower, here: Here) -> Drawable:
    return writer(part, here) if isinstance(part, Decoder) else tower(part, here)


def tower(part: Tower, here: Here, title: str = "", memory: Drawable | None = None) -> Drawable:
    """Inputs, a stack and what is read off it."""
    pieces = Unpacked(part, here.env)
    heads, (stack, held) = pieces.heads(), pieces.one("stack", Stack)
    read = here.draw("inputs", pieces.held("inputs"))
    layers = stacked(stack, here.inside("stack", held), title, memory)
    return InColumn((read, layers, *left(pieces, here), *heads_above(heads, here)), key=here.path)


def writer(part: Tower, here: Here) -> Drawable:
    """A tower that writes one token after the other, and keeps keys and values."""
    stack, held = Unpacked(part, here.env).one("stack", Stack)
    return tower(part, here, memory=cached(stack, held.env.dims))


def any_tower(held: Held, here: Here, title: str = "") -> Drawable:
    """A tower with its title; what is none is drawn as it is."""
    return tower(held.part, here, title) if isinstance(held.part, Tower) else drawn(held.part, here)


def remembered(notes: tuple[str, ...]) -> PartBox:
    """A memory that attention reads: it has no parameters."""
    return PartBox("memory", "state", "Memory", notes, 0, "states of the text before, without a gradient", 150)


def cached(stack: Stack, dims: Dims, *, reads: bool = False) -> PartBox | None:
    """What attention reads of the tokens written before, where a stack writes one after the other; no parameters.

    Args:
        reads: whether it attends to an encoder's states, too, whose keys and values are kept likewise.
    """
    kept = kept_bytes(stack, dims)
    notes = (f"{kept:,} bytes", "a token, in 16 bits", *(("written, and as many", "a token read") if reads else ()))
    about = "keys and values of the tokens before" + (" and of the encoder's states" if reads else "")
    return PartBox("cache", "state", "KV cache", notes, 0, about, 134) if kept else None


@drawn.register
def _recurrent(part: Recurrent, here: Here) -> Drawable:
    whose = "the last, and a memory" if part.sliding else "what came before, and a memory"
    seen = f"sees {whose}", matrix(part.stack.sees, Banded(1) if part.sliding else None, memory=MEMORY)
    kept = f"{kept_bytes(part.stack, part.size.dims):,} bytes"
    notes = (
        f"{part.memory:,} states of each",
        "layer, from the text before;",
        "while writing, a KV cache:",
        kept,
        "a token, in 16 bits",
    )
    return tower(part, here.but(seen=seen), memory=remembered(notes))


@drawn.register
def _permuted(part: Permuted, here: Here) -> Drawable:
    pieces = Unpacked(part, None)
    asked, heads, (stack, held) = pieces.held("asked"), pieces.heads(), pieces.one("stack", Stack)
    said = Words("table", "Query vector w", ("learned; the second", "stream begins with it"))
    query = box(asked.part, here.inside("asked", asked).but(width=SIDE), said=said)
    size = "all" if part.memory is None else f"{part.memory:,}"
    memory = remembered((f"{size} states of each", "layer, from the text before"))
    seen = "sees what comes before in a drawn order", ordered_matrix(ORDER, MEMORY)
    places = InColumn((Lettering("asked.read", ("positions asked for",)), query))
    column = (
        InRow((here.draw("inputs", pieces.held("inputs")), places), gap=26),
        stacked(stack, here.inside("stack", held).but(seen=seen), "Two streams", memory),
        *left(pieces, here),
        *heads_above(heads, here),
    )
    link = Link("asked", ("stack.blocks",), "", "where the second stream begins", "top", "right", near=9)
    return Linked(InColumn(column), (link,), 0)


@drawn.register
def _encoder_decoder(part: EncoderDecoder, here: Here) -> Drawable:
    pieces, other = Unpacked(part, None), here.but(side="right")
    (encoder, encodes), (decoder, decodes) = pieces.one("encoder", Stack), pieces.one("decoder", Stack)
    target, heads = pieces.perhaps("target"), pieces.heads()
    source = InColumn(
        (
            here.draw("inputs", pieces.held("inputs")),
            stacked(encoder, here.inside("encoder", encodes), "Encoder"),
            Wire(f"[source length, {part.sides.encoder.d_model:,}]", side="left"),
        ),
        key="source",
    )
    if target:
        read = other.draw("target", target)
    else:  # as the source is read, with tables that are counted there
        read = token_column(part.inputs, other.inside("target", decodes).but(counted=False), "tokens so far")
    kept = cached(decoder, decodes.env.dims, reads=True)
    layers = stacked(decoder, other.inside("decoder", decodes), "Decoder", kept)
    reader = InColumn((read, layers, *left(pieces, other), *heads_above(heads, other)))
    link = Link("source", keys_of(reader, ".cross"), "k, v", "the encoder's states", shape=key_shape(decodes.env.dims))
    return Linked(InRow((source, reader), gap=BETWEEN_STACKS, main=1), (link,))


@drawn.register
def _two_tower(part: TwoTower, here: Here) -> Drawable:
    pieces = Unpacked(part, None)
    image, text = pieces.held("image"), pieces.held("text")
    columns = (
        any_tower(image, here.inside("image", image), "Image tower"),
        any_tower(text, here.inside("text", text).but(side="right"), "Text tower"),
    )
    pairs = tuple(tuple(1.0 if i == j else 0.15 for j in range(EXAMPLES_COMPARED)) for i in range(EXAMPLES_COMPARED))
    notes = (f"vectors of {part.size.joint}, of length 1", "times a learned temperature")
    said, icon = Words("head", "Cosines of all pairs", notes), Matrices((pairs,), ("images by texts",))
    meeting = box(part, here.but(path="logit_scale"), names=["logit_scale"], said=said, icon=icon)
    return InColumn((Meet("meet", columns, meeting), Lettering("given", ("which text goes with which image?",))))
