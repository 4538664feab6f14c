"""Layers: branches around the residual stream, norms where they are declared."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import singledispatch

from clados.drawing.architecture.attention import attention_box, heads_said
from clados.drawing.architecture.drawer import Here, Unpacked, Words, box, drawn, left
from clados.drawing.layout.joins import Bypass, Fork
from clados.drawing.layout.nodes import Drawable, InColumn
from clados.spec.attention.masks import Pattern
from clados.spec.bridging.gated import GatedCross
from clados.spec.bridging.resampler import LatentAttention, LatentBlock
from clados.spec.core.part import but
from clados.spec.core.pieces import Held
from clados.spec.residuals import DeepNorm, FromNorm, Parallel, Post, Pre, Residual
from clados.spec.stacks.block import Block
from clados.spec.stacks.windows import WindowBlock


@dataclass(frozen=True)
class Branch:
    """A branch of a layer and its norm, drawn."""

    name: str
    inner: Drawable
    norm: Drawable | None


@singledispatch
def arranged(residual: Residual, branches: Sequence[Branch], here: Here) -> Drawable:
    """A layer of these branches: x + f(norm(x)), one after the other."""
    items = (Bypass(here.key(each.name + "+"), _after(each.norm, each.inner), here.side) for each in branches)
    return InColumn(tuple(items))


@arranged.register
def _pre(residual: Pre, branches: Sequence[Branch], here: Here) -> Drawable:
    return arranged(Residual(), branches, here)


@arranged.register
def _post(residual: Post, branches: Sequence[Branch], here: Here) -> Drawable:
    items: list[Drawable] = []
    for each in branches:
        items.append(Bypass(here.key(each.name + "+"), each.inner, here.side))
        items += [each.norm] if each.norm else []
    return InColumn(tuple(items))


@arranged.register
def _deep(residual: DeepNorm, branches: Sequence[Branch], here: Here) -> Drawable:
    factor = f"× {(2 * here.given.dims.layers) ** residual.power:.3g}"
    items: list[Drawable] = []
    for each in branches:
        items.append(Bypass(here.key(each.name + "+"), each.inner, here.side, factor))
        items += [each.norm] if each.norm else []
    return InColumn(tuple(items))


@arranged.register
def _from_norm(residual: FromNorm, branches: Sequence[Branch], here: Here) -> Drawable:
    items: list[Drawable] = []
    for each in branches:
        items += [each.norm] if each.norm else []
        items.append(Bypass(here.key(each.name + "+"), each.inner, here.side))
    return InColumn(tuple(items))


@arranged.register
def _parallel(residual: Parallel, branches: Sequence[Branch], here: Here) -> Drawable:
    one, other = branches
    if residual.norms == 1 and one.norm is not None:
        both = Fork(here.key("branches"), one.inner, other.inner)
        return Bypass(here.key("attn+"), InColumn((one.norm, both)), here.side)
    return Fork(here.key("branches"), _after(one.norm, one.inner), _after(other.norm, other.inner), through=True)


def _after(norm: Drawable | None, inner: Drawable) -> Drawable:
    return InColumn((norm, inner)) if norm else inner


@drawn.register
def _block(part: Block, here: Here) -> Drawable:
    return layer_node(part, here, ((part.attn.pattern, 0),))


def layer_node(part: Block, here: Here, patterns: tuple[tuple[Pattern | None, int], ...]) -> Drawable:
    """A layer; or several that differ in nothing but these patterns of attention, each in so many of them."""
    pieces = Unpacked(part, here.given)
    beside = here.but(width=216.0) if isinstance(part.residual, Parallel) else here
    branches = []
    for name in ("attn", "cross", "mlp"):
        if held := pieces.perhaps(name):
            at = beside.inside(name, held)
            inner = attention_box(part.attn, at, patterns) if name == "attn" else drawn(held.part, at)
            norm = pieces.perhaps(f"{name}_norm")
            branches.append(Branch(name, inner, beside.draw(f"{name}_norm", norm) if norm else None))
    laid = arranged(part.residual, branches, here)
    more = left(pieces, here)
    return InColumn((laid, *more)) if more else laid


def patterns_of(run: Sequence[Held]) -> tuple[tuple[Pattern | None, int], ...] | None:
    """The patterns of layers that differ in nothing else, each with how many have it; None: they do differ."""
    parts = [held.part for held in run]
    first = parts[0]
    if not isinstance(first, Block) or any(held.env != run[0].env for held in run[1:]):
        return None
    found: dict[Pattern | None, int] = {}
    for each in parts:
        if not isinstance(each, Block) or (
            each is not first and each.but(attn=but(pattern=first.attn.pattern)) != first
        ):
            return None
        found[each.attn.pattern] = found.get(each.attn.pattern, 0) + 1
    return tuple(found.items())


@drawn.register
def _window_block(part: WindowBlock, here: Here) -> Drawable:
    pieces = Unpacked(part, here.given)
    branches = []
    for name in ("attn", "mlp"):
        inner, norm = here.draw(name, pieces.held(name)), here.draw(f"{name}_norm", pieces.held(f"{name}_norm"))
        if f"{name}_scale" in pieces:
            scale = Words("other", f"Scale from {part.layer_scale:g}")
            at = here.but(path=here.key(f"{name}_scale"))
            inner = InColumn((inner, box(part, at, names=[f"{name}_scale"], said=scale)))
        branches.append(Branch(name, inner, norm))
    return arranged(Pre(), branches, here)


@drawn.register
def _gated(part: GatedCross, here: Here) -> Drawable:
    pieces = Unpacked(part, here.given)
    branches = []
    for name in ("cross", "mlp"):
        at = here.but(path=here.key(f"{name}_gate"))
        gate = box(part, at, names=[f"{name}_gate"], said=Words("other", "tanh gate"))
        inner = InColumn((here.draw(name, pieces.held(name)), gate))
        branches.append(Branch(name, inner, here.draw(f"{name}_norm", pieces.held(f"{name}_norm"))))
    return arranged(Pre(), branches, here)


@drawn.register
def _latent_block(part: LatentBlock, here: Here) -> Drawable:
    pieces = Unpacked(part, here.given)
    attn, attn_norm, places, mlp, mlp_norm = (
        here.draw(name, pieces.held(name)) for name in ("attn", "attn_norm", "places_norm", "mlp", "mlp_norm")
    )
    branches = [Branch("attn", attn, InColumn((places, attn_norm))), Branch("mlp", mlp, mlp_norm)]
    return arranged(Pre(), branches, here)


@drawn.register
def _latent_attention(part: LatentAttention, here: Here) -> Drawable:
    notes = (heads_said(here.given.dims), "queries: latents", "keys, values: places, latents")
    return box(part, here, said=Words("attention", "Attention of latents", notes))
