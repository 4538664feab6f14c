"""What a declaration says of a size, as models are compared: attention, positions, norm, KV cache."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from clados.catalog.called import act_said, product_said
from clados.catalog.card import Card, CardSize, Value, declaration_of
from clados.catalog.painters import images_read, painter_rows
from clados.catalog.sizes import model_of, size_named
from clados.spec.attention.block_sparse import BlockSparse
from clados.spec.attention.dense import Attention
from clados.spec.attention.grid import GridColumn, GridKernel, GridRow
from clados.spec.attention.masks import All, Banded, WithoutValues
from clados.spec.attention.windows import GlobalWindows, ShiftedWindows, WindowAttention
from clados.spec.convolutions.resnet import ThreeConvolutions
from clados.spec.core.ledger import count_parameters
from clados.spec.core.part import Part
from clados.spec.core.sizes import WIDENED, Dims, ResNetSize
from clados.spec.equivariant.layers import BiasedLengths, NormedLengths
from clados.spec.feedforward.experts import Experts, ProductMLP
from clados.spec.feedforward.mlp import MLP, FeedForward
from clados.spec.inputs.base import Inputs
from clados.spec.inputs.binned import Binned
from clados.spec.inputs.captioned import TextThenCodes
from clados.spec.inputs.image import OverlappingPatches, Patches, PatchMap
from clados.spec.inputs.multimodal import Multimodal
from clados.spec.inputs.text import Tokens
from clados.spec.inputs.trajectory import Frames, Trajectory
from clados.spec.kinds.bridged import Bridged
from clados.spec.kinds.denoiser import ImageDenoiser
from clados.spec.kinds.encoder_decoder import EncoderDecoder
from clados.spec.kinds.fold import Fold
from clados.spec.kinds.model import Model
from clados.spec.kinds.painter import CodePainter
from clados.spec.kinds.point_cloud import PointCloud
from clados.spec.kinds.prior import DiffusionPrior
from clados.spec.kinds.pyramid import Pyramid
from clados.spec.kinds.single import Decoder, Encoder, Tower
from clados.spec.kinds.two_tower import TwoTower
from clados.spec.norms import LayerNorm, RMSNorm
from clados.spec.positions.absolute import Learned, Sinusoidal
from clados.spec.positions.alibi import ALiBi
from clados.spec.positions.bias import LayerBias, RelativeBias
from clados.spec.positions.blanks import Blanks
from clados.spec.positions.disentangled import Disentangled
from clados.spec.positions.distances import Distances
from clados.spec.positions.grid import TextThenGrid
from clados.spec.positions.rotary import Rotary
from clados.spec.residuals import DeepNorm, FromNorm, Parallel, Post, Pre, Skipped
from clados.spec.stacks.stack import Stack

_HALF = 2  # bytes of a number in float16 and bfloat16

POSITIONS: dict[type[Part], str] = {
    Learned: "learned absolute",
    Blanks: "learned absolute, in the text and in the blank",
    TextThenGrid: "learned absolute, of an image's rows and columns",
    Sinusoidal: "sinusoidal absolute",
    Patches: "learned absolute, one a patch",
    Trajectory: "learned, one a time step",
    Frames: "learned, one a time step",
    Binned: "learned absolute",
    Rotary: "rotary",
    RelativeBias: "relative bias, shared by the layers",
    LayerBias: "relative bias of each layer",
    ALiBi: "ALiBi",
    Distances: "relative, by sinusoids of the distance",
    Disentangled: "relative, disentangled from content",
}
PLACES: dict[type[Part], str] = {
    Pre: "before each sub-layer",
    Skipped: "before each sub-layer, which is left out at times",
    Post: "after each sub-layer",
    FromNorm: "before each sub-layer, on the residual stream too",
    DeepNorm: "after each sub-layer, residuals scaled (DeepNorm)",
    Parallel: "before attention and feed-forward in parallel",
}
NORMS: dict[type[Part], str] = {LayerNorm: "LayerNorm", RMSNorm: "RMSNorm"}


@dataclass(frozen=True, slots=True)
class Structure:
    """One size of a model as models are compared; all of it computed from its declaration.

    Attributes:
        size: the published size.
        rows: its properties by name: attention, positions, norm, feed-forward, of each of its stacks.
        context: tokens that it has positions for; None where any number will do, or where it reads no text.
        kv_cache: bytes that each token adds to the keys and values kept while writing, in 16 bits; None where
            nothing is kept. Layers that attend to a window keep no more than the window.
        assumed: fields of the size's shape that no source gives; what is computed rests on them.
    """

    size: str
    rows: dict[str, str]
    context: int | None
    kv_cache: int | None
    assumed: tuple[str, ...] = ()


def structure(card: Card, size: str | None = None) -> Structure:
    """The structure of a published size; of the headline one when none is named.

    Raises:
        InputError: for a size that was not published or is not declared, with the nearest name.
    """
    found = size_named(card, size)
    model = model_of(card, found)
    stacks = list(_stacks(model))
    if isinstance(model, Fold):
        rows = _folding(model)
    else:
        rows = _points(model) if isinstance(model, PointCloud) else {"reads": _reads(model, found)}
    for side, stack, dims, inputs in stacks:
        where = f"{side} " if side else ""
        rows |= {f"{where}{name}": text for name, text in _said(stack, dims, inputs).items()}
    if isinstance(model, Pyramid):
        rows |= _pyramid(model)
    rows |= painter_rows(model)
    if isinstance(model, Bridged):
        latents, dims = model.resampler.latents, model.size.resampler.dims
        rows["images"] = f"{latents} vectors each, from {dims.layers} layers, {dims.d_model:,} wide, {dims.heads} heads"
        rows["cross-attention"] = f"gated, before every layer of {model.size.every}, to the last image"
    if isinstance(model, TwoTower) and isinstance(model.size.image, ResNetSize):
        rows |= _resnet(model.size.image)
    kept = kv_cache(model)
    if kept:
        crossed = " and for each token read" if isinstance(model, EncoderDecoder) else ""
        rows["KV cache"] = f"{kept:,} bytes for each token written{crossed}, in 16 bits"
    return Structure(found.name, rows, _positions(model), kept, found.assumed)


def kv_cache(model: Model) -> int | None:
    """Bytes that each token adds to the keys and values that are kept while writing, in 16 bits; None: none are."""
    return sum(kept_bytes(stack, dims) for side, stack, dims, _ in _stacks(model) if side in ("", "decoder")) or None


def token_flops(model: Model) -> int | None:
    """Floating-point operations that a token takes on its way up: 2 N, N the active parameters without embeddings.

    After Kaplan et al. 2020 (arXiv:2001.08361, §2.1), without attention's scores, which grow with the length; weights
    that several layers share count in each of them. None for models in which not every token goes through all: of
    several stacks, of images, of control.
    """
    if not isinstance(model, Encoder | Decoder) or not isinstance(model.inputs, Tokens):
        return None
    counted = count_parameters(_unshared(model))
    return 2 * (counted.active - (counted.total - counted.non_embedding))


def _unshared(model: Encoder | Decoder) -> Encoder | Decoder:
    """The model with weights of its own in each layer."""
    if isinstance(model.stack, Stack) and model.stack.groups:
        return model.but(stack=model.stack.but(groups=None))
    return model


def training_compute(card: Card, size: CardSize) -> Value | None:
    """Floating-point operations of a size's training: as published, else 6 N D for decoders whose tokens are known.

    N are the active parameters and D the tokens seen (Kaplan et al. 2020, arXiv:2001.08361, §2.1); None where neither
    is known. Embeddings are counted, attention's scores and recomputation are not.
    """
    return size.compute or compute_by_tokens(card, size)


def compute_by_tokens(card: Card, size: CardSize) -> Value | None:
    """6 N D of a declared decoder whose tokens are known; else None."""
    if not size.tokens or not size.tokens.known or size.name not in _declared(card):
        return None
    model = model_of(card, size)
    if not isinstance(model, Decoder):
        return None
    flops = float(f"{6 * count_parameters(model).active * int(size.tokens.items[0]):.3g}")
    return Value(flops, "derived", "6 x active parameters x tokens (arXiv:2001.08361 §2.1)")


def _declared(card: Card) -> Collection[str]:
    return declaration_of(card).sizes if card.runnable else ()


def headline_declared(card: Card) -> bool:
    """Whether the headline size is declared, so that its structure can be computed."""
    size = card.headline_size
    return size is not None and size_declared(card, size)


def size_declared(card: Card, size: CardSize) -> bool:
    """Whether a published size is declared, so that its structure can be computed."""
    return size.name in _declared(card)


def _stacks(model: Model) -> Iterator[tuple[str, Stack, Dims, Inputs]]:
    """Each stack with its side, its numbers, and what it reads."""
    if isinstance(model, EncoderDecoder):
        yield "encoder", model.encoder, model.sides.encoder.dims, model.inputs
        yield "decoder", model.decoder, model.sides.decoder.dims, model.inputs
    elif isinstance(model, TwoTower):
        if isinstance(model.image, Tower):
            yield "image", model.image.stack, model.size.image.dims, model.image.inputs
        yield "text", model.text.stack, model.size.text.dims, model.text.inputs
    elif isinstance(model, CodePainter):
        yield "", model.decoder.stack, model.size.decoder.dims, model.decoder.inputs
    elif isinstance(model, Bridged):
        yield "", model.stack, model.size.text.dims, model.inputs
    elif isinstance(model, ImageDenoiser):
        yield "text", model.text.stack, model.size.text.dims, model.text.inputs
    elif isinstance(model, DiffusionPrior):
        yield "prior", model.stack, model.size.dims, model.inputs
    elif isinstance(model, Encoder | Decoder):
        yield "", model.stack, model.size.dims, model.inputs


def _inputs(model: Model) -> list[Inputs]:
    if isinstance(model, Pyramid):
        return [model.inputs]
    if isinstance(model, TwoTower):
        return [model.image.inputs, model.text.inputs]
    return list(dict.fromkeys(inputs for *_, inputs in _stacks(model)))


def _positions(model: Model) -> int | None:
    """Tokens of text that have a learned position each."""
    positions = [each.position for each in _inputs(model) if isinstance(each, Tokens)]
    return next((each.length - each.start for each in positions if isinstance(each, Learned)), None)


def _reads(model: Model, size: CardSize) -> str:
    return "; ".join([*images_read(model), *(_read(inputs, size) for inputs in _inputs(model))])


def _read(inputs: Inputs, size: CardSize) -> str:
    match inputs:
        case Patches(image=image, side=side):
            return f"images of {image} x {image} pixels as {(image // side) ** 2} patches of {side} x {side}"
        case ThreeConvolutions(image=image):
            return f"images of {image} x {image} pixels"
        case PatchMap(image=image, side=side):
            return f"images of any size, {image} x {image} pixels in training, as a map of patches of {side} x {side}"
        case OverlappingPatches(image=image):
            return f"images of {image} x {image} pixels as a map of overlapping patches, one for 4 x 4 pixels"
        case Trajectory() | Frames():
            return "returns, observations and actions"
        case Binned(bins=bins, context=context):
            return f"up to {context:,} numbers of states, actions, rewards and returns to go, in {bins} bins each"
        case TextThenCodes(position=TextThenGrid(text=text, side=side)):
            return f"up to {text:,} tokens, then {side} x {side} codes of an image"
        case Multimodal(patch=side):
            return f"{_tokens(size)}: of texts, numbers and actions, and patches of images of {side} x {side}"
        case Tokens(position=Learned(length=length, start=start)):
            return f"up to {length - start:,} tokens"
        case _:
            return _tokens(size)


def _tokens(size: CardSize) -> str:
    trained = size.shape.get("context")
    return f"tokens, any number; {trained:,} in training" if trained else "tokens, any number"


def _said(stack: Stack, dims: Dims, inputs: Inputs) -> dict[str, str]:
    blocks = stack.blocks(dims.layers)
    added = inputs.position if isinstance(inputs, Tokens) else inputs
    positions = [_named(POSITIONS, each) for each in (added, stack.position) if each is not None]
    return {
        "attention": _each(_attention(block.attn, dims) for block in blocks),
        "positions": " and ".join(positions) or "none",
        "norm": f"{_named(NORMS, stack.norm)} {_each(_named(PLACES, block.residual) for block in blocks)}",
        "feed-forward": _each(_feed_forward(block.mlp, dims) for block in blocks),
    }


def _folding(model: Fold) -> dict[str, str]:
    """The same properties of a model that folds proteins."""
    rows, pair, points = model.size.alignment.dims, model.size.pair.dims, model.size.structure.dims
    others = "other rows, templates" if model.templates else "other rows"
    return {
        "reads": f"an alignment of the protein's family, {others}, its own last output {model.recycling.passes} times",
        "attention": f"gated, {rows.heads} heads of {rows.head_dim} along rows and columns, {pair.heads} of "
        f"{pair.head_dim} along sides of triangles; {points.heads} of {points.head_dim} with points in space",
        "positions": f"relative, up to {model.inputs.reach} residues apart; frames in space",
        "norm": f"{_named(NORMS, model.norm)} before each sub-layer",
        "feed-forward": _feed_forward(model.block.mlp, rows),
    }


def _points(model: PointCloud) -> dict[str, str]:
    """The same properties of a model of points."""
    size, inputs, attn = model.size, model.inputs, model.block.attn
    known = ((inputs.scalars, "scalar", "point"), (inputs.vectors, "vector", "point"), (inputs.edges, "number", "pair"))
    said = [f"{number} {name}{'s' if number > 1 else ''} a {of}" for number, name, of in known if number]
    lengths: dict[type[Part], str] = {NormedLengths: "LayerNorm and ReLU", BiasedLengths: "a bias and ReLU"}
    return {
        "reads": f"places of points, {', '.join(said)}",
        "attention": f"over the neighbours of each point, {size.heads} heads; keys and values, {size.inner} of each "
        f"degree, by kernels of spherical harmonics with {attn.kernels.radial.width} hidden units",
        "positions": "relative, in space" + (", added to a vector too" if attn.places else ""),
        "features": f"{size.channels} of each degree from 0 to {size.degrees - 1}",
        "norm": f"{_named(lengths, model.block.activation)} of each feature's length, after attention",
    }


_WINDOWS: dict[type[Part], str] = {
    WindowAttention: "in windows",
    ShiftedWindows: "in shifted windows",
    GlobalWindows: "in windows with queries of the whole image",
}


def _pyramid(model: Pyramid) -> dict[str, str]:
    """The stages, a number of each between slashes."""
    sizes, stack = model.size.stages, model.stack

    def every(numbers: Iterable[int]) -> str:
        return "/".join(f"{number:,}" for number in numbers)

    heads = f"{every(size.heads for size in sizes)} heads of {every(dict.fromkeys(s.dims.head_dim for s in sizes))}"
    sides = every(dict.fromkeys(model.windows))
    acts = _each(act_said(block.mlp.act) for block in stack.kinds)
    return {
        "stages": f"{every(size.layers for size in sizes)} layers, {every(size.d_model for size in sizes)} wide",
        "attention": f"{_each(_named(_WINDOWS, each.attn) for each in stack.kinds)}, {heads}, {sides} a side",
        "positions": "relative bias of each layer",
        "norm": f"{_named(NORMS, stack.norm)} before each sub-layer",
        "feed-forward": f"{acts}, {every(size.dims.d_ff for size in sizes)} wide",
    }


def _resnet(size: ResNetSize) -> dict[str, str]:
    """The stages of a tower of bottlenecks, and the attention over their last map."""
    layers = "/".join(map(str, size.layers))
    widths = "/".join(f"{WIDENED * size.width * 2**i:,}" for i in range(len(size.layers)))
    dims = size.dims
    return {
        "image stages": f"{layers} bottlenecks, {widths} wide, BatchNorm after each convolution",
        "image attention": f"once over the last map, {dims.heads} heads of {dims.head_dim}",
    }


def _each(texts: Iterator[str]) -> str:
    """What all layers have; where they take turns, each kind once."""
    return " / ".join(dict.fromkeys(texts))


def _named(names: Mapping[type[Part], str], part: Part) -> str:
    """The name of a part's type, or of the nearest type that it is derived from."""
    return next((names[each] for each in type(part).__mro__ if each in names), type(part).__name__)


def _attention(attn: Attention, dims: Dims) -> str:
    if dims.kv_heads == dims.heads:
        kind = "multi-head"
    else:
        kind = "multi-query" if dims.kv_heads == 1 else f"grouped-query with {dims.kv_heads} key-value heads"
    heads = f"{kind}, {dims.heads} head{'s' if dims.heads > 1 else ''} of {dims.head_dim}"
    match attn.pattern:
        case None:
            return heads
        case Banded(span=span):
            return f"{heads}, the last {span} positions"
        case WithoutValues():
            return f"{heads}, all but returns to go"
        case GridRow():
            return f"{heads}, the text and as many codes as a row has"
        case GridColumn():
            return f"{heads}, the text and the codes above"
        case GridKernel(side=side):
            return f"{heads}, the text and the codes around, {side} x {side}"
        case BlockSparse(block=block, window=window, random=random):
            return f"{heads}, blocks of {block}: {window} neighbours, {random} at random, some global"
        case other:
            return f"{heads}, {type(other).__name__}"


def _feed_forward(part: FeedForward, dims: Dims) -> str:
    match part:
        case MLP(act=act, gated=gated):
            return f"{act_said(act, gated=gated)}, {dims.d_ff:,} wide"
        case ProductMLP(act=act):
            return f"{product_said(act)}, {dims.d_ff:,} wide"
        case Experts(act=act, gated=gated, top=top):
            return f"{dims.experts:,} experts, {top} a token, {act_said(act, gated=gated)}, {dims.d_ff:,} wide"
        case _:
            return type(part).__name__


def kept_bytes(stack: Stack, dims: Dims) -> int:
    """Bytes of keys and values that a token adds; of stacks that write, and of cross-attention for a token read."""
    if isinstance(stack.sees, All):
        return 0
    return dims.layers * 2 * dims.kv_heads * dims.head_dim * _HALF
