"""Learned biases of buckets of distance, of a stack or of each layer."""

import math

import torch
from torch import Tensor

from clados import spec as s
from clados.nn.attention.dense import Attention
from clados.nn.core.context import AttentionContext, PositionTerms
from clados.nn.core.module import Module, Rows, builds
from clados.spec.core.pieces import Env


@builds(s.RelativeBias)
class RelativeBias(Module):
    """Half of the buckets hold one distance each, the others grow with its logarithm (Raffel et al. 2020, §2.1).

    Both sides where a stack sees both, each with half of the buckets; one side where it sees the past alone.
    """

    table: Rows

    def __init__(self, part: s.RelativeBias, env: Env) -> None:
        super().__init__(part, env)
        self.buckets, self.distance, self.both = part.buckets, part.distance, not env.causal

    def position_terms(self, x: Tensor, positions: Tensor, length: int, past: int) -> PositionTerms:
        """The biases of these distances."""
        return PositionTerms(bias=self(length, past))

    def forward(self, length: int, past: int = 0) -> Tensor:
        """The biases of ``length`` positions after ``past`` others: [1, heads, length, past + length]."""
        gap = gaps(length, past, self.table.weight.device)
        return self.table(bucket(gap, self.buckets, self.distance, self.both)).permute(2, 0, 1)[None]


def gaps(length: int, past: int, device: torch.device) -> Tensor:
    """How far before each query each key stands, of ``length`` queries after ``past`` others: [queries, keys]."""
    key = torch.arange(past + length, device=device)
    return key[past:, None] - key


def bucket(gap: Tensor, buckets: int, distance: int, both: bool) -> Tensor:
    """The bucket of each distance: same shape."""
    buckets //= 2 if both else 1
    side = buckets * (gap < 0) if both else 0
    gap = gap.abs() if both else gap.clamp(min=0)
    exact = buckets // 2
    growth = torch.log(gap.clamp(min=1) / exact) / math.log(distance / exact)
    far = (exact + (growth * (buckets - exact)).long()).clamp(max=buckets - 1)
    return side + torch.where(gap < exact, gap, far)


@builds(s.LayerBias)
class LayerBias(Module):
    """The bucket of each distance, worked out once for all layers."""

    def __init__(self, part: s.LayerBias, env: Env) -> None:
        super().__init__(part, env)
        self.buckets, self.distance, self.both = part.buckets, part.distance, not env.causal

    def position_terms(self, x: Tensor, positions: Tensor, length: int, past: int) -> PositionTerms:
        """The buckets of ``length`` queries after ``past`` others, and a zero, so that there is a mask to add to."""
        numbers = bucket(gaps(length, past, x.device), self.buckets, self.distance, self.both)
        return PositionTerms(bias=x.new_zeros(1, 1, 1, 1), distances=numbers)


@builds(s.Attention, s.LayerBias)
class BiasedAttention(Attention):
    """softmax(scale q k + b[bucket] + mask) v."""

    distance: Rows

    def attend(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, context: AttentionContext) -> Tensor:
        if not isinstance(context.distances, torch.Tensor) or mask is None:
            raise s.SpecError("this attention needs its stack's distances")
        bias = self.distance(context.distances[: q.size(2), : k.size(2)]).permute(2, 0, 1)[None]
        return super().attend(q, k, v, mask + bias, context)
