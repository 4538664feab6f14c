"""What makes images small and large again, and what writes the codes of an image."""

from dataclasses import replace

from clados.drawing.architecture.drawer import Here, Unpacked, Words, box, drawn, left, words
from clados.drawing.architecture.kinds import writer
from clados.drawing.layout.links import Link, Linked
from clados.drawing.layout.nodes import Drawable, InColumn, InRow, Lettering
from clados.drawing.layout.parts import PartBox
from clados.spec.core.part import Part
from clados.spec.inputs.image import Pixels
from clados.spec.kinds.codes import Codes
from clados.spec.kinds.painter import CodePainter
from clados.spec.unet.coder import GaussianCoder
from clados.spec.unet.discrete import DiscreteCoder

LEVEL = 204.0  # width of a box of images


def square(channels: int, side: int) -> str:
    """The shape of a map."""
    return f"[{channels:,}, {side}, {side}]"


def image_text(key: str, images: Pixels) -> Lettering:
    """An image that is read or painted."""
    return Lettering(key, ("image", square(images.channels, images.image)))


@words.register
def _gaussian(part: GaussianCoder, here: Here) -> Words:
    return Words("convolution", "Autoencoder", (f"{part.latents} channels of latents",))


@words.register
def _discrete(part: DiscreteCoder, here: Here) -> Words:
    return Words("convolution", "Discrete VAE", (f"{part.codes:,} codes",))


def coder_boxes(part: Part, here: Here) -> tuple[PartBox, PartBox]:
    """What makes an image small, and large again: the first is read from above, the second from below."""
    names = list(Unpacked(part, here.env).rest())
    small = [name for name in names if name in ("encoder", "quant")]
    large = [name for name in names if name not in small]
    said, wide = words(part, here), here.but(width=LEVEL)
    one, other = replace(said, name=f"{said.name}: encoder"), replace(said, name=f"{said.name}: decoder")
    return (
        box(part, wide.but(path=here.key("encoder")), names=small, said=one, shape="widens"),
        box(part, wide.but(path=here.key("decoder")), names=large, said=other, shape="widens"),
    )


@drawn.register
def _codes(part: Codes, here: Here) -> Drawable:
    held = Unpacked(part, None).held("coder")
    encode, decode = coder_boxes(held.part, here.inside("coder", held))
    small = replace(encode, shape="narrows")
    return InColumn((image_text("image", part.inputs), small, decode, image_text("painted", part.inputs)))


@drawn.register
def _code_painter(part: CodePainter, here: Here) -> Drawable:
    pieces = Unpacked(part, None)
    decoder, codes = pieces.held("decoder"), pieces.held("codes")
    encode, decode = coder_boxes(codes.part, here.inside("codes", codes))
    grid = part.inputs.image // part.shrinks
    shape = f"[{grid} × {grid}]"
    before = InColumn((image_text("image", part.inputs), encode, Lettering("coded", ("codes", shape))), down=True)
    written = writer(part.decoder, here.inside("decoder", decoder))
    after = InColumn((Lettering("written", ("codes of an image", shape)), decode, image_text("painted", part.inputs)))
    link = Link("coded", ("decoder.inputs.tokens",), "", "the codes of the image", "bottom", near=26)
    whole = InRow((before, InColumn((written, after))), gap=64, main=1, align=1)
    return InColumn((Linked(whole, (link,)), *left(pieces, here)))
