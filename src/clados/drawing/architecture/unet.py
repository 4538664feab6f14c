"""Networks that go down in resolution and up again, and what they read: a text, a step, an image of fewer pixels."""

from clados.drawing.architecture.coders import LEVEL, coder_boxes, image_text, square
from clados.drawing.architecture.drawer import Here, Unpacked, Words, box, drawn, left, words
from clados.drawing.architecture.kinds import any_tower
from clados.drawing.architecture.stacks import stacked
from clados.drawing.layout.links import Link, Linked
from clados.drawing.layout.nodes import Drawable, Framed, InColumn, InRow, Lettering
from clados.drawing.layout.parts import PartBox
from clados.drawing.layout.shapes import TwoEnds
from clados.drawing.layout.ushape import UShape
from clados.spec.core.part import Part
from clados.spec.core.pieces import Held
from clados.spec.kinds.denoiser import ImageDenoiser
from clados.spec.kinds.enlarger import ImageEnlarger
from clados.spec.kinds.prior import DiffusionPrior
from clados.spec.stacks.stack import Stack
from clados.spec.unet.attention import ImageAttention, ImageMixer, ImageTransformer, JointAttention
from clados.spec.unet.conditions import LastState, PictureVector, PooledStates, TextVector
from clados.spec.unet.levels import Level, Middle, UNet

CORNER = 132.0  # width of a box below the levels


@words.register
def _mixer(part: ImageMixer, here: Here) -> Words:
    return Words("attention", "attention")


@words.register
def _image_attention(part: ImageAttention, here: Here) -> Words:
    return Words("attention", "attention of pixels")


@words.register
def _joint(part: JointAttention, here: Here) -> Words:
    return Words("attention", "attention to pixels and text")


@words.register
def _transformer(part: ImageTransformer, here: Here) -> Words:
    layers = "" if part.layers == 1 else f" × {part.layers}"
    return Words("attention", f"{'self- and cross-attention' if part.reads_text else 'self-attention'}{layers}")


@words.register
def _text_vector(part: TextVector, here: Here) -> Words:
    return Words("head", "Vector of the text", ("added to the timestep's",))


@words.register
def _last(part: LastState, here: Here) -> Words:
    return Words("head", "Last state", ("of the text, added to the timestep's",))


@words.register
def _pooled(part: PooledStates, here: Here) -> Words:
    return Words("head", "Pooled states", ("of the text, added to the timestep's",))


@words.register
def _picture(part: PictureVector, here: Here) -> Words:
    further = (f"{part.tokens} tokens join", "the text's states")
    return Words("head", "Image vector", ("added to the timestep's;", *further))


def _attends_to_text(part: Part) -> bool:
    attention = getattr(part, "attention", None)
    return isinstance(attention, ImageMixer) and attention.reads_text


def _level(held: Held, here: Here, name: str, side: int) -> PartBox:
    level, width = held.part, held.env.dims.d_model
    assert isinstance(level, Level)
    blocks, kind, at = len(level.enters), "convolution", here.inside(name, held).but(width=LEVEL)
    notes = [f"{width:,} channels", f"{blocks} residual block{'s' if blocks > 1 else ''}"]
    if level.attention:
        kind = "attention"
        notes.append(f"each with {words(level.attention, at).name}")
    return box(level, at, said=Words(kind, f"{side} × {side}", tuple(notes)))


def _middle(held: Held, here: Here, side: int) -> PartBox:
    notes, at = ["2 residual blocks"], here.inside("middle", held).but(width=LEVEL)
    attention = held.part.attention if isinstance(held.part, Middle) else None
    if attention:
        notes.append(f"between them {words(attention, at).name}")
    return box(
        held.part,
        at,
        said=Words("attention" if attention else "convolution", f"{side} × {side}, the middle", tuple(notes)),
    )


def u_shape(part: UNet, here: Here, side: int) -> UShape:
    """A U-Net for maps of a side."""
    pieces, env = Unpacked(part, here.given), here.given
    downs, ups = pieces.several("down").held, pieces.several("up").held
    first, last = downs[0].env.dims.d_model, len(downs) - 1
    down = [_level(held, here, f"down.{i}", side // 2**i) for i, held in enumerate(downs)]
    up = [_level(held, here, f"up.{i}", side // 2 ** (last - i)) for i, held in enumerate(ups)]
    enter = Words("convolution", "Convolution", (f"{env.enters} → {first} channels",))
    leave = Words("convolution", "Norm, convolution", (f"{first} → {env.gives} channels",))
    one = box(part, here.but(path=here.key("conv_in"), width=LEVEL), names=["conv_in"], said=enter)
    end = box(part, here.but(path=here.key("conv_out"), width=LEVEL), names=["norm_out", "conv_out"], said=leave)
    middle, (step, *vectors) = pieces.held("middle"), _read(pieces, here)
    lowest = _middle(middle, here, side // 2**last)
    levels = zip((*down, *up, lowest), (*downs, *ups, middle))
    reading = {each.key for each, held in levels if _attends_to_text(held.part)}
    reading |= {each.key for each in vectors} & {here.key("text")}
    return UShape(
        here.path, (one, *down), lowest, (end, *reversed(up)), step, tuple(vectors), frozenset(reading), bare=1
    )


def _read(pieces: Unpacked, here: Here) -> list[PartBox]:
    """What every block reads: the step, and the whole text or an image as one vector."""
    said = Words("position", "Timestep", ("read by every", "residual block"))
    step = pieces.held("step")
    found = [box(step.part, here.inside("step", step).but(width=CORNER), said=said)]
    named = [(name, held) for name in ("text", "picture") if (held := pieces.perhaps(name))]
    return [*found, *(box(held.part, here.inside(name, held).but(width=CORNER)) for name, held in named)]


@drawn.register
def _denoiser(part: ImageDenoiser, here: Here) -> Drawable:
    pieces = Unpacked(part, None)
    text, codes, (network, held) = pieces.held("text"), pieces.perhaps("codes"), pieces.one("unet", UNet)
    side = part.inputs.image // part.shrinks
    net = u_shape(network, here.inside("unet", held), side)
    frame = Framed("unet.frame", "U-Net", "a network down in resolution and up again", net)
    into, out = _ends(part, codes, here, side)
    reader = any_tower(text, here.inside("text", text), "Text encoder")
    states = InColumn((reader, Lettering("text.given", ("text states",))), key="states")
    about, ends = "the text's states, read by attention", ("unet.text",) if net.readers else ()
    links = (Link("states", ends, "", about, near=26, tip=False),) if ends else ()
    whole = InRow((states, TwoEnds("ends", frame, into, out)), gap=52, main=1, align=1)
    return InColumn((Linked(whole, links), *left(pieces, here)))


def _ends(part: ImageDenoiser, codes: Held | None, here: Here, side: int) -> tuple[Drawable, Drawable]:
    """What goes into the network, and what comes out; with the coder, where there is one."""
    shape = square(part.diffused, side)
    beside = ("and the image of fewer pixels",) if part.low else ("and what is known of it",) if part.masked else ()
    noise = "predicted noise, variances" if part.diffusion.outputs > 1 else "predicted noise"
    noisy = Lettering("noisy", ("noisy latents" if part.codes else "noisy image", shape, *beside))
    out = Lettering("noise", (noise, f"{shape}, taken out", "step by step"))
    painted = image_text("painted", part.inputs)
    if codes is None:
        return noisy, InColumn((out, painted))
    encode, decode = coder_boxes(codes.part, here.inside("codes", codes))
    into = InColumn((image_text("image", part.inputs), encode, noisy), down=True)
    return into, InColumn((out, decode, painted))


@drawn.register
def _enlarger(part: ImageEnlarger, here: Here) -> Drawable:
    pieces = Unpacked(part, None)
    (network, held), side = pieces.one("unet", UNet), part.inputs.image
    frame = Framed(
        "unet.frame",
        "U-Net",
        "a network down in resolution and up again",
        u_shape(network, here.inside("unet", held), side),
    )
    shape = square(part.inputs.channels, side)
    noisy = Lettering("noisy", ("noisy image", shape, "and the image of fewer pixels"))
    out = Lettering("noise", ("predicted noise", f"{shape}, taken out", "step by step"))
    ends = TwoEnds("ends", frame, noisy, InColumn((out, image_text("painted", part.inputs))))
    return InColumn((ends, *left(pieces, here)))


@drawn.register
def _prior(part: DiffusionPrior, here: Here) -> Drawable:
    pieces = Unpacked(part, None)
    (stack, held), step = pieces.one("stack", Stack), pieces.held("step")
    said = Words("position", "Timestep", ("of the diffusion;", "one place"))
    reads = (
        here.draw("inputs", pieces.held("inputs")),
        box(step.part, here.inside("step", step).but(width=CORNER), said=said),
    )
    given = Words("head", "Vectors", ("of the text, of the picture with noise;", "the picture's is foreseen"))
    further = pieces.held("further")
    own = box(further.part, here.inside("further", further), said=given)
    return InColumn((InRow(reads, gap=26), stacked(stack, here.inside("stack", held)), own, *left(pieces, here)))
