"""Weights and activations in few bits, and attention that is looked at while it is computed (Li et al. 2022, §3)."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor, nn

from clados import spec as s
from clados.checkpoints.formats.few_bits import Coded
from clados.nn.attention.dense import Attention, CrossAttention
from clados.nn.core.context import AttentionContext
from clados.nn.core.module import Product
from clados.nn.dropout import drop
from clados.nn.kinds.model import WholeModel

LEAST_STEP = 1e-12  # of a scale, so that a tensor of zeros stays one
STACKS = "encoder", "decoder"


class Bits(Protocol):
    """An objective that says in how many bits matrices, tables and activations are, and where they are cut."""

    @property
    def weights(self) -> int: ...
    @property
    def tables(self) -> int: ...
    @property
    def activations(self) -> int: ...
    @property
    def clip(self) -> float: ...


def ternary(x: Tensor, *, rows: bool) -> Coded:
    """-a, 0 or a: 0 up to 0.7 mean |x|, a the mean of the other magnitudes (Li & Liu 2016; the authors' TwnQuantizer).

    Args:
        rows: each row has an a of its own.
    """
    size, axes = x.abs(), (-1,) if rows else (0, 1)
    kept = size > 0.7 * size.mean(axes, keepdim=True)
    sums, number = (each.sum(axes, keepdim=True) for each in (size * kept, kept))
    return Coded(x.sign() * kept, sums / number.clamp(min=1))


def uniform(x: Tensor, bits: int, *, rows: bool) -> Coded:
    """Steps of the largest magnitude / (2^(bits-1) - 1) (SymQuantizer of the authors)."""
    largest = x.abs().amax(-1, keepdim=True) if rows else x.abs().max()
    step = largest.clamp(min=LEAST_STEP) / (2 ** (bits - 1) - 1)
    return Coded((x / step).round(), step)


def coded(x: Tensor, bits: int, clip: float, *, rows: bool = False) -> Coded:
    """A tensor in so many bits, cut to ``clip`` first."""
    x = x.detach().clamp(-clip, clip)
    return ternary(x, rows=rows) if bits == 2 else uniform(x, bits, rows=rows)


def quantised(x: Tensor, bits: int, clip: float, *, rows: bool = False) -> Tensor:
    """A tensor in so many bits. The gradient passes as if nothing were rounded, and not where the tensor is cut."""
    cut = x.clamp(-clip, clip)
    return cut + (coded(x, bits, clip, rows=rows).whole - cut).detach()


def quantisable(model: s.Model) -> Iterator[tuple[s.Row, bool]]:
    """The tensors that are kept in few bits, and whether they are tables: matrices of the stacks, tables of words.

    Positions stay whole, as in the authors' code (quant/modeling_bart_quant.py, BartLearnedPositionalEmbedding).
    """
    for row in s.rows(model):
        words = row.path.endswith("tokens.weight")
        if words or (len(row.shape) == 2 and not row.embedding and row.path.startswith(STACKS)):
            yield row, words


def in_bits(objective: Bits, row: s.Row, table: bool, tensor: Tensor) -> list[Coded]:
    """A tensor in its bits: a table by rows, each product that is computed with others by itself."""
    if table:
        return [coded(tensor, objective.tables, objective.clip, rows=True)]
    sizes = [size for _, size in row.outs]
    return [coded(each, objective.weights, objective.clip) for each in tensor.split(sizes)]


@contextmanager
def quantising(model: WholeModel, objective: Bits) -> Iterator[None]:
    """While this lasts, the model computes with weights and activations in few bits."""
    with ExitStack() as stack:
        for row, table in quantisable(model.spec):
            path, _, name = row.path.rpartition(".")
            module = model.get_submodule(path)
            own = module._parameters[name]
            assert own is not None
            bits = objective.tables if table else objective.weights
            pieces = [own] if table else list(own.split([size for _, size in row.outs]))
            few = [quantised(each, bits, objective.clip, rows=table) for each in pieces]
            module._parameters[name] = torch.cat(few) if len(few) > 1 else few[0]  # type: ignore[assignment]
            stack.callback(module._parameters.__setitem__, name, own)
            if isinstance(module, Product):
                cut = partial(quantised, bits=objective.activations, clip=objective.clip)
                stack.callback(module.register_forward_pre_hook(lambda _, given, cut=cut: (cut(given[0]),)).remove)
        yield


class Looked(NamedTuple):
    """What was computed on the way: probabilities of attention, by module, and states, by stack."""

    maps: dict[str, list[Tensor]]
    states: dict[str, list[Tensor]]


@contextmanager
def looking(model: WholeModel, objective: Bits | None = None) -> Iterator[Looked]:
    """Keep probabilities and states while this lasts; what attention multiplies is in few bits with an objective.

    States of a stack are what enters it, and what leaves each of its blocks.
    """
    found = Looked({}, {name: [] for name in STACKS})
    with ExitStack() as stack:
        for name, module in model.named_modules():
            if isinstance(module, Attention | CrossAttention) and name.startswith(STACKS):
                maps = found.maps.setdefault(name, [])
                module.attend = partial(_attended, module, objective, maps)  # type: ignore[method-assign]
                stack.callback(delattr, module, "attend")
        for name in STACKS:
            one = model.get_submodule(name)
            states = found.states[name]
            stack.callback(one.register_forward_pre_hook(partial(_entering, states)).remove)
            for block in one.get_submodule("blocks").children():
                stack.callback(block.register_forward_hook(partial(_leaving, states)).remove)
        yield found


def _entering(states: list[Tensor], module: nn.Module, given: tuple[Any, ...]) -> None:
    states.append(given[0])


def _leaving(states: list[Tensor], module: nn.Module, given: Any, output: tuple[Tensor, Any]) -> None:
    states.append(output[0])


def _attended(
    module: Attention | CrossAttention,
    objective: Bits | None,
    maps: list[Tensor],
    q: Tensor,
    k: Tensor,
    v: Tensor,
    mask: Tensor | None,
    context: AttentionContext,
) -> Tensor:
    """Attention, step by step; its probabilities are kept before dropout."""

    def few(x: Tensor) -> Tensor:
        return x if objective is None else quantised(x, objective.activations, objective.clip)

    if module.grouped:
        k, v = (each.repeat_interleave(q.size(1) // each.size(1), 1) for each in (k, v))
    scores = few(q * (q.size(-1) ** -0.5 if module.scale is None else module.scale)) @ few(k).mT
    if isinstance(module, Attention) and context.causal:
        seen = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).tril()
        scores = scores.masked_fill(~seen, torch.finfo(scores.dtype).min)
    if mask is not None:
        least = torch.finfo(scores.dtype).min
        scores = scores.masked_fill(~mask, least) if mask.dtype is torch.bool else scores + mask
    p = scores.float().softmax(-1).to(v.dtype)
    maps.append(p)
    return few(drop(p, module.dropout, module.training)) @ few(v)
