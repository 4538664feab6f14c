"""Relative biases that each layer learns for itself."""

import torch
from torch import Tensor

from clados import spec as s
from clados.nn.attention import KINDS, Attention
from clados.nn.build import Module, Rows, builds
from clados.nn.positions import bucket, gaps
from clados.nn.sight import Placed, Sight
from clados.spec.pieces import Env


@builds(s.LayerBias)
class LayerBias(Module):
    """The bucket of each distance, worked out once for all layers."""

    def __init__(self, part: s.LayerBias, env: Env) -> None:
        super().__init__(part, env)
        self.buckets, self.distance, self.both = part.buckets, part.distance, not env.causal

    def place(self, x: Tensor, positions: Tensor, length: int, past: int) -> Placed:
        """The buckets of ``length`` queries after ``past`` others, and a zero, so that there is a mask to add to."""
        numbers = bucket(gaps(length, past, x.device), self.buckets, self.distance, self.both)
        return Placed(bias=x.new_zeros(1, 1, 1, 1), distances=numbers)


class BiasedAttention(Attention):
    """softmax(scale q k + b[bucket] + mask) v."""

    distance: Rows

    def attend(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, sight: Sight) -> Tensor:
        if not isinstance(sight.distances, torch.Tensor) or mask is None:
            raise s.SpecError("this attention needs its stack's distances")
        bias = self.distance(sight.distances[: q.size(2), : k.size(2)]).permute(2, 0, 1)[None]
        return super().attend(q, k, v, mask + bias, sight)


KINDS[s.LayerBias] = BiasedAttention
