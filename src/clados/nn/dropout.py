"""Dropout, and attention with dropout, without torch's number by number draws on a CPU."""

import torch
import torch.nn.functional as F
from torch import Tensor

from clados.nn.products import product_type

STEPS = 1 << 16  # a rate is rounded to so many, since each number is kept or not by 16 random bits


def drop(x: Tensor, rate: float, training: bool) -> Tensor:
    """Dropout (Srivastava et al. 2014), and nothing at all where there is none."""
    if not (training and rate):
        return x
    if not x.is_cpu or torch.compiler.is_compiling():
        return F.dropout(x, rate)
    return x * kept(x, rate) * (1 / (1 - rate))


def kept(x: Tensor, rate: float) -> Tensor:
    """Which numbers stay, of a tensor's shape, bool: each by 16 bits of its own, four out of one draw of 64."""
    draws = torch.empty(-(-x.numel() // 4), dtype=torch.int64).random_(-(2**63), None)
    return draws.view(torch.int16)[: x.numel()].view(x.shape) >= round(rate * STEPS) - STEPS // 2


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
        least = torch.finfo(scores.dtype).min
        scores = scores.masked_fill(~mask, least) if mask.dtype is torch.bool else scores + mask
    return (drop(scores.softmax(-1), rate, training) @ v).to(given)
