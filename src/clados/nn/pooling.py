"""A text's states as one vector, in the ways of sentence-transformers (6.2.0, ``Pooling``)."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor


def pooled(
    x: Tensor, pools: Sequence[str], attention_mask: Tensor | None = None, pooling_mask: Tensor | None = None
) -> Tensor:
    """Each pooling of the states, side by side; zero where nothing of a text is left to pool.

    Args:
        x: [batch, length, d_model].
        pools: names of ``clados.spec.Pool``.
        attention_mask: [batch, length], 0 for padding.
        pooling_mask: [batch, length], 0 for what is read but not pooled.

    Returns:
        [batch, number of poolings times d_model].
    """
    there = _mask(x, attention_mask)
    keep = there if pooling_mask is None else there & pooling_mask.bool()
    vectors = [_POOLS[name](x, keep, there) for name in pools]
    return vectors[0] if len(vectors) == 1 else torch.cat(vectors, -1)


def _mask(x: Tensor, mask: Tensor | None) -> Tensor:
    return x.new_ones(x.shape[:2], dtype=torch.bool) if mask is None else mask.bool()


def _weighted(x: Tensor, weights: Tensor, power: float = 1.0) -> Tensor:
    """The sum of the states times their weights [batch, length], over the sum of these to a power; in float32."""
    total = weights.sum(1, keepdim=True)
    total = torch.where(total > 0, total, 1.0)
    return ((x * weights[..., None]).sum(1) / total**power).to(x.dtype)


def _mean(x: Tensor, keep: Tensor, there: Tensor) -> Tensor:
    return _weighted(x, keep.float())


def _mean_sqrt_len(x: Tensor, keep: Tensor, there: Tensor) -> Tensor:
    return _weighted(x, keep.float(), 0.5)


def _weighted_mean(x: Tensor, keep: Tensor, there: Tensor) -> Tensor:
    """Weighted by position, from 1 at the text's first token, whether it is pooled or not."""
    return _weighted(x, there.cumsum(1).float() * keep)


def _max(x: Tensor, keep: Tensor, there: Tensor) -> Tensor:
    most = x.masked_fill(~keep[..., None], -torch.inf).amax(1)
    return most.masked_fill(~keep.any(1, keepdim=True), 0)


def _first(x: Tensor, keep: Tensor, there: Tensor) -> Tensor:
    return _at(x, keep, keep.int().argmax(1))


def _last(x: Tensor, keep: Tensor, there: Tensor) -> Tensor:
    return _at(x, keep, x.size(1) - 1 - keep.flip(1).int().argmax(1))


def _at(x: Tensor, keep: Tensor, index: Tensor) -> Tensor:
    state = x.gather(1, index[:, None, None].expand(-1, 1, x.size(-1)))[:, 0]
    return state.masked_fill(~keep.any(1, keepdim=True), 0)


_POOLS: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "cls": _first,
    "max": _max,
    "mean": _mean,
    "mean_sqrt_len_tokens": _mean_sqrt_len,
    "weightedmean": _weighted_mean,
    "lasttoken": _last,
}
