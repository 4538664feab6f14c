"""What turns inputs into states: tables, patches, what is added to them."""

from collections.abc import Container
from dataclasses import replace

from clados.drawing.architecture.drawer import Here, Unpacked, Words, box, drawn, left, words
from clados.drawing.layout.joins import Add
from clados.drawing.layout.nodes import Drawable, InColumn, Lettering, Wire
from clados.drawing.layout.parts import SIDE
from clados.spec.convolutions.patches import PatchResNet
from clados.spec.core.part import Part
from clados.spec.core.pieces import Held
from clados.spec.inputs.adaptive import AdaptiveTokens
from clados.spec.inputs.base import Inputs
from clados.spec.inputs.binned import Binned
from clados.spec.inputs.captioned import TextThenCodes
from clados.spec.inputs.factorised import Widened
from clados.spec.inputs.image import ImageInputs, OverlappingPatches, Patches, PatchMap, Pixels
from clados.spec.inputs.multimodal import Multimodal
from clados.spec.inputs.target import OwnTarget, Target
from clados.spec.inputs.text import PaddedTokens, Tokens, tokens_of
from clados.spec.inputs.trajectory import Frames, Trajectory
from clados.spec.positions.absolute import Learned, Sinusoidal
from clados.spec.positions.base import Position
from clados.spec.positions.blanks import Blanks
from clados.spec.positions.grid import TextThenGrid


def summand(name: str, node: Drawable, here: Here) -> Drawable:
    """Something that is added on the line of data."""
    return Add(here.key(name + "+"), node, here.other)


@words.register
def _learned(part: Learned, here: Here) -> Words:
    return Words("position", "Positions", (f"{part.length:,} learned",))


@words.register
def _sinusoidal(part: Sinusoidal, here: Here) -> Words:
    return Words("position", "Positions", ("sinusoids",))


@words.register
def _blanks(part: Blanks, here: Here) -> Words:
    return Words("position", "Positions", (f"{part.length:,} in the text,", "as many in blanks"))


@words.register
def _grid(part: TextThenGrid, here: Here) -> Words:
    return Words("position", "Positions", (f"{part.text} of text,", f"{part.side} rows and columns"))


@words.register
def _absolute(part: Position, here: Here) -> Words:
    return Words("position", "Positions")


def _text(key: str, *lines: str) -> Lettering:
    return Lettering(key, lines)


@drawn.register
def _tokens(part: Tokens, here: Here) -> Drawable:
    return token_column(part, here, "tokens")


def token_column(part: Tokens, here: Here, what: str) -> Drawable:
    """Token vectors, then all that is added to them, then a norm."""
    pieces = Unpacked(part, here.given)
    named = [name for name in pieces.own() if name not in ("types", "project")]
    table = words(part, here)
    column: list[Drawable] = [
        _text(here.key("read"), what, "[length]"),
        box(
            part,
            here.but(path=here.key("tokens")),
            names=named,
            said=replace(table, notes=(*table.notes, *_scaled(part))),
            instead="" if here.counted else "the same table",
        ),
    ]
    product = [_product(part, here, "project")] if "project" in pieces else []
    if isinstance(part, Widened):
        column += product
    if "types" in pieces:
        said = Words("table", "Segments", (f"{part.types} learned",))
        node = box(part, here.but(path=here.key("types"), width=SIDE), names=["types"], said=said)
        column.append(summand("types", node, here))
    column += _additions(part, pieces, here)
    if not isinstance(part, Widened):  # all is added at the narrow width
        column += product
    width = here.given.dims.d_model
    return InColumn((*column, Wire(f"[length, {width:,}]", side=here.other)), key=here.path)


def _scaled(part: Tokens | Target) -> tuple[str, ...]:
    return ("times √d_model",) if part.scaled else ()


def _additions(part: Part, pieces: Unpacked, here: Here) -> list[Drawable]:
    """What is held beside the tables: positions that are added, a norm, and whatever else."""
    found: list[Drawable] = []
    position = getattr(part, "position", None)
    if isinstance(position, Position):
        held = pieces.perhaps("position")
        at = (here.inside("position", held) if held else here.but(path=here.key("position"))).but(width=SIDE)
        found.append(summand("position", box(position, at), here))
    if patches := pieces.perhaps("patches"):  # of images, among the tokens
        found.append(summand("patches", box(patches.part, here.inside("patches", patches).but(width=SIDE)), here))
    if padding := pieces.perhaps("padding"):
        at = here.inside("padding", padding).but(width=SIDE)
        said = replace(words(padding.part, at), name="Padding")
        found.append(summand("padding", box(padding.part, at, said=said), here))
    return [*found, *left(pieces, here)]


def _product(part: Part, here: Here, name: str) -> Drawable:
    said = Words("table", "Linear layer", (f"to {here.given.dims.d_model:,}",))
    return box(part, here.but(path=here.key(name)), names=[name], said=said)


@words.register
def _token_table(part: Tokens, here: Here) -> Words:
    width = part.width(here.given.dims)
    return Words("table", "Token embedding", (f"{part.vocab.size:,} × {width:,}",))


@words.register
def _padded(part: PaddedTokens, here: Here) -> Words:
    return _token_table(part, here)


@words.register
def _adaptive(part: AdaptiveTokens, here: Here) -> Words:
    notes = (f"{part.vocab.size:,} words in {len(part.classes)} classes", f"widths divided by {part.shrink}")
    return Words("table", "Adaptive embedding", notes if part.shrink > 1 else notes[:1])


@drawn.register
def _draw_adaptive(part: AdaptiveTokens, here: Here) -> Drawable:
    pieces = Unpacked(part, here.given)
    column: list[Drawable] = [
        _text(here.key("read"), "words", "[length]"),
        box(part, here.but(path=here.key("tokens")), names=pieces.own()),
    ]
    column += _additions(part, pieces, here)
    return InColumn((*column, Wire(f"[length, {here.given.dims.d_model:,}]", side=here.other)), key=here.path)


@words.register
def _coded(part: TextThenCodes, here: Here) -> Words:
    rows = f"{part.vocab.size:,} tokens, {part.text} paddings,"
    return Words("table", "Embedding of text and codes", (rows, f"{part.codes:,} codes"))


@words.register
def _multimodal(part: Multimodal, here: Here) -> Words:
    rows = f"{part.vocab.size:,} tokens, {part.bins:,} bins,"
    return Words("table", "Embedding of text and numbers", (rows, "a separator"))


@drawn.register
def _draw_multimodal(part: Multimodal, here: Here) -> Drawable:
    return token_column(part, here, "text, numbers, patches")


@drawn.register
def _draw_coded(part: TextThenCodes, here: Here) -> Drawable:
    return token_column(part, here, "text, then codes")


@drawn.register
def _target(part: Target, here: Here) -> Drawable:
    """What a decoder reads, where it does so by itself."""
    pieces = Unpacked(part, here.given)
    own, source = pieces.own(), tokens_of(here.given)
    vocab = (part.vocab if isinstance(part, OwnTarget) else None) or source.vocab
    width = here.given.dims.d_model if own else source.width(here.given.dims)
    said = Words("table", "Token embedding", (f"{vocab.size:,} × {width:,}", *_scaled(part)))
    at = here.but(path=here.key("tokens"), counted=here.counted and bool(own))
    column: list[Drawable] = [_text(here.key("read"), "tokens so far", "[length]")]
    column.append(box(part, at, names=own, said=said, instead="" if own else "the same table"))
    column += _additions(part, pieces, here)
    return InColumn((*column, Wire(f"[length, {here.given.dims.d_model:,}]", side=here.other)), key=here.path)


@words.register
def _inputs(part: Inputs, here: Here) -> Words:
    return Words("table", "What is read")


@words.register
def _patch_net(part: PatchResNet, here: Here) -> Words:
    return Words("convolution", "Patches of images", ("a residual block of", f"{part.width} channels each"))


@words.register
def _patches(part: Patches, here: Here) -> Words:
    notes = (f"squares of {part.side} × {part.side}, linear layer", "class vector first")
    return Words("table", "Patches", notes)


@words.register
def _patch_map(part: PatchMap, here: Here) -> Words:
    return Words("table", "Patches", (f"squares of {part.side} × {part.side}, linear layer, norm",))


@words.register
def _overlapping(part: OverlappingPatches, here: Here) -> Words:
    return Words("convolution", "Overlapping patches", ("two convolutions of 3 × 3",))


@words.register
def _pixels(part: Pixels, here: Here) -> Words:
    return Words("state", "Image", (image_said(part),))


def image_said(part: ImageInputs | Pixels) -> str:
    """The shape of an image."""
    return f"[{part.channels}, {part.image}, {part.image}]"


@drawn.register
def _image(part: ImageInputs, here: Here) -> Drawable:
    return InColumn((_text(here.key("read"), "image", image_said(part)), box(part, here)), key=here.path)


@drawn.register
def _draw_patches(part: Patches, here: Here) -> Drawable:
    pieces = part.pieces(here.given)
    products = [name for name in pieces if name in ("patch", "patch_bias", "cls")]
    said = Words("position", "Positions", (f"{part.count + 1:,} learned",))
    positions = box(part, here.but(path=here.key("positions"), width=SIDE), names=["positions"], said=said)
    column: list[Drawable] = [
        _text(here.key("read"), "image", image_said(part)),
        box(part, here.but(path=here.key("patch")), names=products),
        summand("positions", positions, here),
    ]
    if isinstance(norm := pieces.get("norm"), Held):
        column.append(drawn(norm.part, here.inside("norm", norm)))
    width = here.given.dims.d_model
    return InColumn((*column, Wire(f"[{part.count + 1:,}, {width:,}]", side=here.other)), key=here.path)


@drawn.register
def _trajectory(part: Trajectory, here: Here) -> Drawable:
    said = Words("table", "Linear layers", (f"return to go, state of {part.states},", f"action of {part.actions}"))
    return _episode(part, here, ("returns", "states", "actions"), said, ("timesteps",), "returns, states, actions")


@drawn.register
def _frames(part: Frames, here: Here) -> Drawable:
    names = [name for name in part.pieces(here.given) if name not in ("timesteps", "positions")]
    said = Words("convolution", "Convolutions, linear layers", (f"{part.frames} frames of {part.side} × {part.side};",))
    said = replace(said, notes=(*said.notes, f"return to go; {part.actions} actions"))
    return _episode(part, here, names, said, ("timesteps", "positions"), "returns, frames, actions")


def _episode(
    part: Inputs, here: Here, names: Container[str], said: Words, times: tuple[str, ...], what: str
) -> Drawable:  # fmt: skip
    vector = Words("position", "Times", ("a vector a step",))
    at = here.but(path=here.key("timesteps"), width=SIDE)
    column: list[Drawable] = [
        _text(here.key("read"), what, "[steps]"),
        box(part, here.but(path=here.key("products")), names=names, said=said),
        summand("timesteps", box(part, at, names=times, said=vector), here),
    ]
    pieces = part.pieces(here.given)
    if isinstance(norm := pieces.get("norm"), Held):
        column.append(drawn(norm.part, here.inside("norm", norm)))
    return InColumn((*column, Wire(f"[3 × steps, {here.given.dims.d_model:,}]", side=here.other)), key=here.path)


@drawn.register
def _binned(part: Binned, here: Here) -> Drawable:
    said = Words("table", "Bins", (f"{part.bins} of each of {part.step} numbers",))
    positions = Words("position", "Positions", (f"{part.context} learned",))
    at = here.but(path=here.key("positions"), width=SIDE)
    column: list[Drawable] = [
        _text(here.key("read"), "states, actions, rewards", "in bins"),
        box(part, here.but(path=here.key("tokens")), names=["tokens"], said=said),
        summand("positions", box(part, at, names=["positions"], said=positions), here),
    ]
    return InColumn((*column, Wire(f"[length, {here.given.dims.d_model:,}]", side=here.other)), key=here.path)
