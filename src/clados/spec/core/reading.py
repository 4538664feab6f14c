"""Which numbers of a size a model reads: Size has some that only parts of one kind need, such as its experts."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from itertools import zip_longest
from typing import Any

from clados.spec.core.ledger import saved_rows
from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Held, Named, Several
from clados.spec.core.sizes import Dims, Levels, Size
from clados.spec.errors import SpecError


def is_read(model: Part, path: str) -> bool:
    """Whether a number of a size makes a difference: whether with another in its place some tensor has another shape.

    Args:
        path: where the number stands, such as ``size.decoder.experts``; of all but Size and Levels every one is read.
    """
    *places, name = path.split(".")
    size: Any = model
    for place in places:
        size = getattr(size, place, None)  # of several parts in turn none
    if isinstance(size, Size):
        return name in ("layers", "d_model") or _differs(model, places, *_two(size, name))
    if isinstance(size, Levels) and name in ("heads", "head_dim"):
        levels = {size.dims(level) for level in range(len(size.channels))}
        return any(_attends(held) for held in _held(model) if held.env.dims in levels)
    return True


def _two(size: Size, name: str) -> tuple[Size, Size]:
    """A size with every number said, and one in which that number, and no other that stands for itself, is doubled."""
    one = Size(**asdict(size.dims))
    twice = {name: 2 * (getattr(one, name) or 1)}
    if name == "kv_heads":  # of as many heads as both divide
        one = one.but(heads=2 * one.heads)
    elif name == "heads":
        twice["kv_heads"] = 2 * size.dims.kv_heads
    return one, one.but(**twice)


def _differs(model: Part, places: Sequence[str], one: Size, other: Size) -> bool:
    """Whether some tensor has another shape with the other size in its place."""
    try:
        rows = (saved_rows(_placed(model, places, size)) for size in (one, other))
        return any(a is None or b is None or a.shape != b.shape for a, b in zip_longest(*rows))
    except SpecError:  # it is checked
        return True


def _placed(part: Part, places: Sequence[str], size: Size) -> Part:
    """A part with a size in its place inside it."""
    if not places:
        return size
    return part.but(**{places[0]: _placed(getattr(part, places[0]), places[1:], size)})


def _held(model: Part) -> set[Held]:
    found: set[Held] = set()
    rest = [*_inside(model, None)]
    while rest:
        if (held := rest.pop()) not in found:
            found.add(held)
            rest += _inside(held.part, held.env)
    return found


def _inside(part: Part, env: Env | None) -> Iterator[Held]:
    for piece in part.pieces(env).values():  # type: ignore[arg-type]
        match piece:
            case Held():
                yield piece
            case Several():
                yield from piece.held
            case Named():
                yield from piece.held.values()


def _attends(held: Held) -> bool:
    """Whether a part's tensors have other shapes with twice as many heads, as wide as they are."""
    dims = held.env.dims
    try:
        return _shapes(held, replace(dims, heads=2 * dims.heads, kv_heads=2 * dims.kv_heads)) != _shapes(held, dims)
    except SpecError:  # it is checked there
        return True


def _shapes(held: Held, dims: Dims) -> list[tuple[int, ...]]:
    return [row.shape for row in saved_rows(held.part, replace(held.env, dims=dims))]
