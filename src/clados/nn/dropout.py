"""Dropout, and attention with dropout, without torch's number by number draws on a CPU."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from clados.nn.products import product_type

DROPOUT_STEPS = 1 << 16  # a rate is rounded to so many, since each number is kept or not by 16 random bits


def drop(x: Tensor, rate: float, training: bool) -> Tensor:
    """Dropout (Srivastava et al. 2014), and nothing at all where there is none."""
    if not (training and rate):
        return x
    if not x.is_cpu or torch.compiler.is_compiling():
        return F.dropout(x, rate)
    found: Tensor = _Dropped.apply(x, rate)  # type: ignore[no-untyped-call]
    return found


def drop_path(x: Tensor, rate: float, training: bool) -> Tensor:
    """A branch, left out for a share of the examples, and larger for the others (Huang et al. 2016, eq. 2)."""
    if not (training and rate):
        return x
    stays = x.new_empty(x.size(0), *(x.dim() - 1) * (1,)).bernoulli_(1 - rate)
    return x * (stays / (1 - rate))


def draws(x: Tensor) -> Tensor:
    """16 random bits for each number of a tensor, in its shape: four out of one draw of 64."""
    drawn = torch.empty(-(-x.numel() // 4), dtype=torch.int64).random_(-(2**63), None)
    return drawn.view(torch.int16)[: x.numel()].view(x.shape)


def kept(x: Tensor, drawn: Tensor, rate: float) -> Tensor:
    """A tensor's numbers where they stay, and 0 elsewhere; as they are, not larger."""
    least = round(rate * DROPOUT_STEPS) - DROPOUT_STEPS // 2
    return torch.ge(drawn, least, out=torch.empty_like(x)).mul_(x)  # numbers times bool take a longer way


class _Dropped(torch.autograd.Function):
    """What backward needs is the bits alone, two bytes a number."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, rate: float) -> Tensor:
        drawn = draws(x)
        ctx.save_for_backward(drawn)
        ctx.rate = rate
        return kept(x, drawn, rate).mul_(1 / (1 - rate))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        (drawn,) = ctx.saved_tensors
        return kept(grad, drawn, ctx.rate).mul_(1 / (1 - ctx.rate)), None


class _Mixed(torch.autograd.Function):
    """drop(p) @ v; the dropped probabilities are not kept, but dropped again by the same bits."""

    @staticmethod
    def forward(ctx: Any, p: Tensor, v: Tensor, rate: float) -> Tensor:
        drawn = draws(p)
        ctx.save_for_backward(p, v, drawn)
        ctx.rate = rate
        with torch.autocast("cpu", enabled=False):  # as backward, which no autocast reaches
            return (kept(p, drawn, rate) @ v).mul_(1 / (1 - rate))

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, Tensor, None]:
        p, v, drawn = ctx.saved_tensors
        grad = grad * (1 / (1 - ctx.rate))
        return kept(grad @ v.mT, drawn, ctx.rate), kept(p, drawn, ctx.rate).mT @ grad, None


def attend(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    mask: Tensor | None,
    causal: bool,
    scale: float | None,
    grouped: bool,
    rate: float,
    training: bool,
) -> Tensor:
    """softmax(scale q k^T + mask) v, its probabilities dropped at a rate: [batch, heads, length, head_dim].

    Args:
        mask: bool, True where a query may look, or a bias to add; causal: without a mask, only at what came before.
        grouped: there are fewer keys than queries, and several heads share one.
    """
    rate = rate if training else 0.0
    if not rate or not q.is_cpu or torch.compiler.is_compiling():
        return F.scaled_dot_product_attention(q, k, v, mask, rate, causal, scale=scale, enable_gqa=grouped)
    kind, given = product_type(q), q.dtype
    q, k, v = q.to(kind), k.to(kind), v.to(kind)
    if grouped:
        k, v = (each.repeat_interleave(q.size(1) // each.size(1), 1) for each in (k, v))
    scores = (q * (q.size(-1) ** -0.5 if scale is None else scale)) @ k.mT
    if causal:
        mask = torch.ones(q.size(-2), k.size(-2), dtype=torch.bool).tril()
    if mask is not None:
        if mask.dtype is torch.bool:  # small, as it is the same for all heads
            mask = torch.zeros(mask.shape, dtype=kind).masked_fill_(~mask, torch.finfo(kind).min)
        scores += mask
    mixed: Tensor = _Mixed.apply(scores.softmax(-1).to(kind), v, rate)  # type: ignore[no-untyped-call]
    return mixed.to(given)
