"""Which positions a position attends to."""

from abc import ABC, abstractmethod
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from clados import spec as s
from clados.nn.core.module import builds
from clados.spec.core.pieces import Env
from clados.spec.inputs.binned import binned_inputs


class Mask(ABC):
    """Which keys a query may see, by their places in the sequence: [queries] and [keys] to [queries, keys] bool."""

    causal = False  # whether it is what torch's own causal attention computes
    paired = False  # whether a position may be two numbers

    def __init__(self, part: Any, env: Env | None = None) -> None:
        self.part = part

    @abstractmethod
    def __call__(self, query: Tensor, key: Tensor) -> Tensor:
        """Whether each query sees each key."""

    def read(self, positions: Tensor) -> tuple[Tensor, Tensor | None]:
        """Single positions, and whether each is one that all may see: twice [batch or 1, length]; None: none is."""
        return positions, None


@builds(s.All)
class All(Mask):
    """Everything."""

    def __call__(self, query: Tensor, key: Tensor) -> Tensor:
        return torch.ones(query.size(0), key.size(0), dtype=torch.bool, device=query.device)


@builds(s.Causal)
class Causal(Mask):
    """Itself and what came before."""

    causal = True

    def __call__(self, query: Tensor, key: Tensor) -> Tensor:
        return key <= query[:, None]


@builds(s.Banded)
class Banded(Mask):
    """The last ``span`` positions, itself included."""

    part: s.Banded

    def __call__(self, query: Tensor, key: Tensor) -> Tensor:
        return query[:, None] - key < self.part.span


@builds(s.WithoutValues)
class WithoutValues(Mask):
    """No last token of a step."""

    def __init__(self, part: s.WithoutValues, env: Env) -> None:
        super().__init__(part, env)
        self.step = binned_inputs(part, env).step

    def __call__(self, query: Tensor, key: Tensor) -> Tensor:
        return (key % self.step != self.step - 1).expand(query.size(0), -1)


def make_mask(
    sees: Mask,
    pattern: Mask | None,
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
    causal = sees.causal
    open_ = keep is None and bias is None and pattern is None and (read is None or length == 1)
    if open_ and (past == 0 or length == 1 or not causal):
        return None, causal and length > 1
    key = torch.arange(past + length, device=device)
    query = key[past:]
    allowed = sees(query, key)
    if read is not None:
        allowed = (allowed | F.pad(read, (past, 0))[:, None])[:, None]
    if pattern is not None:
        allowed = allowed & pattern(query, key)
    if keep is not None:  # a padded position sees itself, so that no row is empty
        allowed = torch.where(keep[:, None, None], allowed, key == query[:, None])
    if bias is None:
        return allowed, False
    return bias.masked_fill(~allowed, torch.finfo(bias.dtype).min), False
