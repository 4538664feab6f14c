"""Attention: heads, what they see as a matrix, and where positions enter."""

from functools import singledispatch

from clados.drawing.architecture.drawer import Here, Words, box, drawn, words
from clados.drawing.architecture.patterns import FULL, matrix, pattern_said, sees_said, windows, windows_said
from clados.drawing.layout.icons import PRONG, Matrices, Prongs, Slopes
from clados.drawing.layout.nodes import PAD, Drawable
from clados.drawing.layout.parts import SIDE, Icon
from clados.spec.attention.dense import Attention, CrossAttention
from clados.spec.attention.masks import Pattern
from clados.spec.attention.windows import GlobalWindows, WindowAttention
from clados.spec.core.part import Part
from clados.spec.core.sizes import Dims
from clados.spec.positions.alibi import ALiBi
from clados.spec.positions.base import StackPosition
from clados.spec.positions.bias import LayerBias, RelativeBias
from clados.spec.positions.disentangled import Disentangled
from clados.spec.positions.distances import Distances, SegmentedDistances
from clados.spec.positions.rotary import Rotary


def heads_said(dims: Dims) -> str:
    """Heads and their width."""
    return f"{dims.heads} heads of {dims.head_dim}" if dims.heads > 1 else f"1 head of {dims.head_dim}"


def shared_said(dims: Dims) -> tuple[str, ...]:
    """How many heads keys and values have, where these are fewer."""
    if dims.kv_heads == dims.heads:
        return ()
    return (f"{dims.kv_heads} for keys and values" if dims.kv_heads > 1 else "one for keys and values",)


def key_shape(dims: Dims) -> str:
    """Heads of keys and of values, and their width."""
    return f"{dims.kv_heads}×{dims.head_dim}"


def prongs(here: Here, turns: str = "", names: tuple[str, ...] = ("q", "k", "v")) -> Prongs:
    """The lines of queries, keys and values to a box, with heads and width of each."""
    dims = here.given.dims
    shapes = tuple(f"{dims.heads}×{dims.head_dim}" if name == "q" else key_shape(dims) for name in names)
    return Prongs(names, turns, shapes, min(PRONG, here.width / 2 - PRONG * (len(names) - 1) / 2 + PAD))


@words.register
def _attention(part: Attention, here: Here) -> Words:
    dims = here.given.dims
    notes = [heads_said(dims), *shared_said(dims)]
    notes += [f"biases: {part.biases}"] if part.biases != "all" else []
    notes += ["scores not scaled"] if part.scale == 1 else [f"scores times {part.scale:.3g}"] if part.scale else []
    return Words("attention", "Self-attention", tuple(notes))


@words.register
def _cross(part: CrossAttention, here: Here) -> Words:
    notes = (*_attention(Attention(part.biases, part.scale), here).notes, f"keys, values: {here.source}")
    return Words("attention", "Cross-attention", notes)


@drawn.register
def _draw_attention(part: Attention, here: Here) -> Drawable:
    return attention_box(part, here, ((part.pattern, 0),))


def attention_box(part: Attention, here: Here, patterns: tuple[tuple[Pattern | None, int], ...]) -> Drawable:
    """Attention whose layers take these patterns, each in so many of them (0: in all)."""
    position, sees = here.given.position, here.sees
    falls = isinstance(position, ALiBi)
    each = tuple(matrix(sees, pattern, falling=falls) for pattern, _ in patterns) if sees else (FULL,)
    general = sees_said(sees) if sees else "sees all"
    if here.seen:
        general, each = here.seen[0], (here.seen[1],)
    captions = tuple(pattern_said(pattern) if pattern else general for pattern, _ in patterns)
    if len(patterns) == 1 and patterns[0][0] is None:
        notes: tuple[str, ...] = (general,)
    else:
        notes = tuple(
            f"{name} ({n} layer{'s' if n > 1 else ''})" if n else name for name, (_, n) in zip(captions, patterns)
        )
    icon = Matrices(each, captions)
    return box(part, here, icon=icon, foot=prongs(here, turning(position, here)), notes=notes)


@drawn.register
def _draw_cross(part: CrossAttention, here: Here) -> Drawable:
    return box(part, here, icon=Matrices((FULL,), ("sees all",)), foot=prongs(here, names=("q",)))


@singledispatch
def turning(position: Part | None, here: Here) -> str:
    """What turns queries and keys, in a word; empty: nothing does."""
    return ""


@turning.register
def _rotary(position: Rotary, here: Here) -> str:
    if position.fraction == 1:
        return "rotary"
    return f"rotary, {position.turned(here.given.dims.head_dim)} of {here.given.dims.head_dim}"


@words.register
def _window(part: WindowAttention, here: Here) -> Words:
    side = here.given.window
    asks = isinstance(part, GlobalWindows)
    name = "Attention of global queries" if asks else f"Attention in {windows_said(part).lower()}"
    asked = ("queries made of the whole map",) if asks else ()
    notes = (heads_said(here.given.dims), f"windows of {side} × {side}", "bias by offset on scores", *asked)
    return Words("attention", name, notes)


@drawn.register
def _draw_window(part: WindowAttention, here: Here) -> Drawable:
    names = ("k", "v") if isinstance(part, GlobalWindows) else ("q", "k", "v")
    return box(part, here, icon=Matrices((windows(part),)), foot=prongs(here, names=names))


@words.register
def _position(part: StackPosition, here: Here) -> Words:
    return Words("position", "Positions of attention", ("in scores",))


@words.register
def _bias(part: RelativeBias, here: Here) -> Words:
    return Words("position", "Relative bias", (f"{part.buckets} buckets to {part.distance}", "added to scores"))


@words.register
def _layer_bias(part: LayerBias, here: Here) -> Words:
    notes = (f"{part.buckets} buckets to {part.distance}", "of each layer", "added to scores")
    return Words("position", "Relative bias", notes)


@words.register
def _alibi(part: ALiBi, here: Here) -> Words:
    return Words("position", "ALiBi", ("a slope for", "each head", "on scores"))


@words.register
def _distances(part: Distances, here: Here) -> Words:
    notes = ["sinusoids of i − j", "u and v of " + ("each layer" if part.biases == "layer" else "the stack")]
    notes += ["same segment or not"] if isinstance(part, SegmentedDistances) else []
    return Words("position", "Distances", (*notes, "in scores"))


@words.register
def _disentangled(part: Disentangled, here: Here) -> Words:
    notes = (f"{2 * part.side} distances", "content to position,", "position to content")
    return Words("position", "Disentangled", notes)


def beside(position: StackPosition, here: Here) -> Drawable | None:
    """What a stack's positions are beside its layers; None where they enter otherwise."""
    if turning(position, here):
        return None
    icon: Icon | None = Slopes() if isinstance(position, ALiBi) else None
    said_of = words(position, here)
    return box(position, here.but(width=SIDE if icon else 134.0), said=said_of, icon=icon)
