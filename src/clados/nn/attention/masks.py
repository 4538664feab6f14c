"""Which positions a position attends to."""

from functools import singledispatch

import torch
import torch.nn.functional as F
from torch import Tensor

from clados import spec as s


@singledispatch
def visible(part: s.Part, query: Tensor, key: Tensor) -> Tensor:
    """Which keys a query may see, by their places in the sequence: [queries, keys] bool."""
    raise s.SpecError(f"nothing says what {type(part).__name__} sees")


@visible.register
def _(part: s.All, query: Tensor, key: Tensor) -> Tensor:
    return torch.ones(query.size(0), key.size(0), dtype=torch.bool, device=query.device)


@visible.register
def _(part: s.Causal, query: Tensor, key: Tensor) -> Tensor:
    return key <= query[:, None]


@visible.register
def _(part: s.Banded, query: Tensor, key: Tensor) -> Tensor:
    return query[:, None] - key < part.span


def look(
    sees: s.Sees,
    pattern: s.Pattern | None,
    length: int,
    past: int,
    keep: Tensor | None,
    bias: Tensor | None,
    device: torch.device,
    read: Tensor | None = None,
) -> tuple[Tensor | None, bool]:
    """The mask of a layer, and whether it is causal without one.

    Args:
        length: positions that look.
        past: positions before them, in the cache.
        keep: [batch, past + length] bool, False for padding.
        bias: [1, heads, length, past + length] to be added to the scores.
        read: [batch or 1, length] bool, True for positions that all may see.
    """
    causal = isinstance(sees, s.Causal)
    open_ = keep is None and bias is None and pattern is None and (read is None or length == 1)
    if open_ and (past == 0 or length == 1 or not causal):
        return None, causal and length > 1
    key = torch.arange(past + length, device=device)
    query = key[past:]
    allowed = visible(sees, query, key)
    if read is not None:
        allowed = (allowed | F.pad(read, (past, 0))[:, None])[:, None]
    if pattern is not None:
        allowed = allowed & visible(pattern, query, key)
    if keep is not None:  # a padded position sees itself, so that no row is empty
        allowed = allowed & keep[:, None, None] | (key == query[:, None])
    if bias is None:
        return allowed, False
    return bias.masked_fill(~allowed, torch.finfo(bias.dtype).min), False
