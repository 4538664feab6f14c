"""Models of points: attention over neighbours, what mixes features, what is done to their lengths."""

from clados.drawing.architecture.drawer import Here, Unpacked, Words, box, drawn, left, words
from clados.drawing.architecture.heads import gives, heads_above
from clados.drawing.layout.nodes import Drawable, InColumn, Lettering, Wire
from clados.spec.equivariant.fibers import degrees, fibers_of
from clados.spec.equivariant.kernels import AttentiveMixture, LinearMixture
from clados.spec.equivariant.layers import (
    BiasedLengths,
    EquivariantAttention,
    EquivariantBlock,
    EquivariantConvolution,
    NormedLengths,
)
from clados.spec.heads.points import Motion, Property
from clados.spec.kinds.point_cloud import PointCloud


@words.register
def _attention(part: EquivariantAttention, here: Here) -> Words:
    heads = here.given.dims.heads
    notes = (
        f"{heads} head{'s' if heads > 1 else ''}, queries by matrices",
        "keys and values by kernels of",
        f"harmonics, {part.kernels.radial.width} hidden units each",
        *(("places added to a vector",) if part.places else ()),
    )
    return Words("attention", "Attention over neighbours", notes)


@words.register
def _convolution(part: EquivariantConvolution, here: Here) -> Words:
    return Words("convolution", "Equivariant convolution", ("the mean over neighbours,", "and the point itself"))


@words.register
def _linear(part: LinearMixture, here: Here) -> Words:
    return Words("feed-forward", "Mixture", ("what was gathered beside", "what was read: a matrix a degree"))


@words.register
def _attentive(part: AttentiveMixture, here: Here) -> Words:
    notes = ("what was gathered beside", "what was read: softmax of products")
    return Words("feed-forward", "Attentive mixture", notes)


@words.register
def _normed(part: NormedLengths, here: Here) -> Words:
    return Words("norm", "Norm of lengths", ("LayerNorm, ReLU",))


@words.register
def _biased(part: BiasedLengths, here: Here) -> Words:
    return Words("norm", "Lengths", ("a bias, ReLU",))


@drawn.register
def _draw_attention(part: EquivariantAttention, here: Here) -> Drawable:
    pieces = Unpacked(part, here.given)
    mixture = here.draw("mixture", pieces.held("mixture"))
    return InColumn((box(part, here, names=["values", "keys", "queries"]), mixture), key=here.key("both"))


@drawn.register(EquivariantConvolution)
@drawn.register(AttentiveMixture)
@drawn.register(NormedLengths)
def _one_box(part: EquivariantConvolution | AttentiveMixture | NormedLengths, here: Here) -> Drawable:
    return box(part, here)


@drawn.register
def _block(part: EquivariantBlock, here: Here) -> Drawable:
    pieces = Unpacked(part, here.given)
    attn, activation = (here.draw(name, pieces.held(name)) for name in ("attn", "activation"))
    wire = Wire(f"[points, {fiber(fibers_of(here.given).gives)}]", side=here.other)
    return InColumn((attn, activation, wire), key=here.path)


def fiber(channels: tuple[int, ...]) -> str:
    """Channels by the numbers of a feature, those side by side of which there are as many.

    >>> fiber((8, 8, 8)), fiber((0, 1)), fiber((6, 1))
    ('8 × (1, 3, 5)', '1 × (3)', '6 × (1), 1 × (3)')
    """
    sizes: dict[int, list[str]] = {}
    for degree in degrees(channels):
        sizes.setdefault(channels[degree], []).append(str(2 * degree + 1))
    return ", ".join(f"{number} × ({', '.join(each)})" for number, each in sizes.items())


@drawn.register
def _motion(part: Motion, here: Here) -> Drawable:
    return here.draw("attn", Unpacked(part, here.given).held("attn"))


@drawn.register
def _property(part: Property, here: Here) -> Drawable:
    pieces = Unpacked(part, here.given)
    said = Words("head", "Property", ("the largest of all points,", "linear layer, ReLU, linear layer"))
    read = here.draw("convolution", pieces.held("convolution"))
    return InColumn((read, box(part, here, names=["up", "out"], said=said)), key=here.key("both"))


@gives.register
def _vectors(part: Motion, here: Here) -> tuple[str, ...]:
    return ("vectors", f"[points, {part.vectors}, 3]")


@gives.register
def _numbers(part: Property, here: Here) -> tuple[str, ...]:
    return ("properties", f"[{part.properties}]")


@drawn.register
def _point_cloud(part: PointCloud, here: Here) -> Drawable:
    pieces, inputs = Unpacked(part, None), part.inputs
    heads = pieces.heads()
    read = [
        f"{number} {name}{'s' if number > 1 else ''}"
        for number, name in ((inputs.scalars, "scalar"), (inputs.vectors, "vector"))
        if number
    ]
    pairs = (f"[points, points, {inputs.edges}] of pairs",) if inputs.edges else ()
    given = Lettering("points.read", (f"places, {' and '.join(read)}", f"[points, {fiber(inputs.channels)}]", *pairs))
    return InColumn((given, *left(pieces, here), *heads_above(heads, here)))
