"""Layouts on tensors: ours as theirs, and theirs as ours. Pure functions; no files."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import torch
from torch import Tensor

from clados.checkpoints.errors import LayoutError
from clados.checkpoints.mapping.names import TensorPlace, places
from clados.spec.core.ledger import Row
from clados.spec.kinds.model import Model
from clados.spec.layout import (
    Fused,
    HeadAxes,
    Layout,
    PerHead,
    PerHeadKernel,
    PlusRow,
    Reshaped,
    RotaryHalves,
    Rule,
    Stacked,
    Transposed,
)

LARGEST = 2**58  # numbers of a tensor, whose bytes are to be counted in 64 bits
TURNED = ("q", "k")  # the outputs whose numbers rotary positions pair


def to_ours(layout: Layout, model: Model, held: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of a model by our names, from theirs (those of a whole file, with the layout's prefix).

    Raises:
        LayoutError: a tensor has no rule, or theirs lack one.
    """
    placed = places(layout, model)
    if lost := [name for place in placed for name in place.names if name not in held]:
        raise LayoutError(f"{layout.model_type}: '{lost[0]}' is not among the tensors")
    return {place.row.path: our_tensor(place, [held[name] for name in place.names]) for place in placed}


def to_theirs(layout: Layout, model: Model, held: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of a model by their names, from ours.

    Raises:
        LayoutError: a tensor has no rule.
    """
    return dict(their_tensors(places(layout, model), lambda path: held[path]))


def our_tensor(place: TensorPlace, held: Sequence[Tensor]) -> Tensor:
    """Their tensors, in the order of the place's names, as the one of ours; contiguous."""
    rule, row = place.rule, place.row
    if isinstance(rule, PlusRow):
        return held[0] + held[1][0]
    if isinstance(rule, Stacked):
        return torch.stack([*held])
    if isinstance(rule, Fused):
        each = dict(zip(rule.outs, held[0].chunk(len(rule.outs)), strict=True))
        return torch.cat([each[out] for out, _ in row.outs])
    parts = [_inward(rule, row, out, part) for out, part in zip(_outs(place), held, strict=True)]
    return torch.cat(parts) if len(parts) > 1 else parts[0].contiguous()


def their_tensors(placed: Iterable[TensorPlace], by_path: Callable[[str], Tensor]) -> Iterator[tuple[str, Tensor]]:
    """Each of their tensors by name, from ours by path.

    Raises:
        LayoutError: a tensor of theirs holds more than the places fill.
    """
    pending: dict[str, dict[str, Tensor]] = {}
    for place in placed:
        tensor = by_path(place.row.path)
        if not isinstance(place.rule, Fused):
            yield from zip(place.names, _theirs(place, tensor), strict=True)
            continue
        name = place.names[0]
        held = pending.setdefault(name, {})
        held |= {out: part for (out, _), part in zip(place.row.outs, _split(place.row, tensor), strict=True)}
        if len(held) == len(place.rule.outs):
            yield name, torch.cat([held[out] for out in place.rule.outs])
            del pending[name]
    if pending:
        raise LayoutError(f"'{next(iter(pending))}' holds more than the tensors that go into it")


def shapes(place: TensorPlace) -> tuple[tuple[int, ...], ...]:
    """The shapes in which they keep it.

    Raises:
        LayoutError: no tensor is so large, or of such a shape.
    """
    if isinstance(place.rule, Fused):
        rows = place.row.outs[0][1] * len(place.rule.outs)
        return ((rows, *place.row.shape[1:]),)
    if place.row.count > LARGEST or min(place.row.shape, default=1) < 1:
        raise LayoutError(f"{place.row.path} would be {'x'.join(map(str, place.row.shape))}, which no tensor is")
    return tuple(tuple(part.shape) for part in _theirs(place, torch.empty(place.row.shape, device="meta")))


def _outs(place: TensorPlace) -> list[str]:
    """What each of their tensors holds: one output, or (unnamed) all of them."""
    return [out for out, _ in place.row.outs] if len(place.names) == len(place.row.outs) else [""]


def _split(row: Row, tensor: Tensor) -> Sequence[Tensor]:
    return list(tensor.split([size for _, size in row.outs]))


def _theirs(place: TensorPlace, tensor: Tensor) -> list[Tensor]:
    rule, row = place.rule, place.row
    if isinstance(rule, PlusRow):
        return [tensor, tensor.new_zeros(rule.rows, tensor.shape[-1])]
    if isinstance(rule, Stacked):
        return [*tensor]
    parts = _split(row, tensor) if len(place.names) > 1 else [tensor]
    return [_outward(rule, row, out, part) for out, part in zip(_outs(place), parts, strict=True)]


def _outward(rule: Rule, row: Row, out: str, part: Tensor) -> Tensor:
    match rule:
        case Transposed():
            return part.T
        case HeadAxes():
            wide = part if rule.inputs else part.T
            return wide.reshape(len(wide), -1, row.env.dims.head_dim)
        case PerHead():
            rows = _swapped(part, (len(row.outs), row.env.dims.heads, -1), 0)
            return rows[..., None] if isinstance(rule, PerHeadKernel) else rows
        case RotaryHalves() if out in TURNED:
            return _swapped(part, (-1, row.env.dims.head_dim // 2, 2), 1)
        case Reshaped():
            own = iter(part.shape)
            return part.reshape([next(own) if axis == -1 else axis for axis in rule.shape])
        case _:
            return part


def _inward(rule: Rule, row: Row, out: str, part: Tensor) -> Tensor:
    match rule:
        case Transposed():
            return part.T
        case HeadAxes():
            return part.flatten(1) if rule.inputs else part.flatten(1).T
        case PerHead():
            rows = part.reshape(row.shape) if isinstance(rule, PerHeadKernel) else part
            return _swapped(rows, (row.env.dims.heads, len(row.outs), -1), 0)
        case RotaryHalves() if out in TURNED:
            return _swapped(part, (-1, 2, row.env.dims.head_dim // 2), 1)
        case Reshaped():
            return part.reshape((-1, *row.shape[1:]) if row.shape else ())  # one of q, k, v is fewer rows
        case _:
            return part


def _swapped(rows: Tensor, shape: tuple[int, int, int], axis: int) -> Tensor:
    """The rows, counted in three digits of these sizes, with digit ``axis`` and the next exchanged."""
    return rows.reshape(*shape, *rows.shape[1:]).transpose(axis, axis + 1).reshape(rows.shape)
