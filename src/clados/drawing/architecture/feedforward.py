"""What a layer does with each position, and norms."""

from clados.catalog.called import act_said, product_said
from clados.drawing.architecture.drawer import Here, Words, box, drawn, words
from clados.drawing.layout.icons import ExpertRow
from clados.drawing.layout.nodes import Drawable, InColumn
from clados.drawing.layout.routed import Fanned
from clados.spec.convolutions.nfnet import StandardisedConvolution
from clados.spec.feedforward.experts import Experts, ProductMLP
from clados.spec.feedforward.mlp import MLP, FeedForward
from clados.spec.norms import BatchNorm, GroupNorm, Norm
from clados.spec.stacks.enhanced import Convolution


@words.register
def _feed_forward(part: FeedForward, here: Here) -> Words:
    return Words("feed-forward", "Feed-forward")


@words.register
def _mlp(part: MLP, here: Here) -> Words:
    dims = here.given.dims
    through = f"{dims.d_model:,} → {dims.d_ff:,} → {dims.d_model:,}"
    return Words("feed-forward", "Feed-forward", (through, act_said(part.act, gated=part.gated)))


@words.register
def _product(part: ProductMLP, here: Here) -> Words:
    dims = here.given.dims
    through = f"{dims.d_model:,} → {dims.d_ff:,} → {dims.d_model:,}"
    return Words("feed-forward", "Feed-forward", (through, product_said(part.act)))


@words.register
def _experts(part: Experts, here: Here) -> Words:
    dims = here.given.dims
    through = f"each {dims.d_model:,} → {dims.d_ff:,} → {dims.d_model:,}, {act_said(part.act, gated=part.gated)}"
    return Words("feed-forward", "Experts", (f"{part.top} of {dims.experts:,} for each token", through))


@drawn.register
def _draw_experts(part: Experts, here: Here) -> Drawable:
    """The router, and over it the experts that it chooses."""
    names, count = [*part.pieces(here.given)], here.given.dims.experts or 1
    gates = "gates: softmax of the scores" + ("" if part.gates == "probabilities" else ", normalised")
    said = Words("other", "Router", (f"top {part.top} of {count:,} scores", gates))
    router = box(part, here.but(path=here.key("router")), names=["router"], said=said)
    experts = ExpertRow(count, part.top)
    each = box(part, here, names=[name for name in names if name != "router"], icon=experts)
    return InColumn((router, Fanned(each, experts)))


@words.register
def _norm(part: Norm, here: Here) -> Words:
    return Words("norm", type(part).__name__)


@words.register
def _group_norm(part: GroupNorm, here: Here) -> Words:
    return Words("norm", "GroupNorm", (f"{part.groups} groups",))


@words.register
def _batch_norm(part: BatchNorm, here: Here) -> Words:
    return Words("norm", "BatchNorm")


@words.register
def _convolution(part: Convolution, here: Here) -> Words:
    return Words("convolution", "Convolution", (f"over {part.kernel} positions", act_said(part.act)))


@words.register
def _standardised(part: StandardisedConvolution, here: Here) -> Words:
    return Words("convolution", "Convolution", (f"{part.side} × {part.side}, standardised",))
