"""DeBERTa's positions and attention (He et al. 2021)."""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from clados import spec as s
from clados.nn.attention.dense import Attention
from clados.nn.core.context import KV, AttentionContext, PositionTerms
from clados.nn.core.module import Module, Product, Rows, TensorFn, builds
from clados.nn.dropout import attend, drop
from clados.spec.core.pieces import Env


class Near(NamedTuple):
    """The rows of the table that a text's distances meet, and which of them stands for each query and key."""

    rows: Tensor  # [distances, d_model]
    which: Tensor  # [queries, keys]


@builds(s.Disentangled)
class Disentangled(Module):
    """A row for each distance, both signs; far ones share rows by logarithm, or share the last."""

    table: Rows
    norm: TensorFn

    def __init__(self, part: s.Disentangled, env: Env) -> None:
        super().__init__(part, env)
        self.side, self.furthest, self.bucketed = part.side, part.furthest, part.buckets is not None
        self.normed, self.dropout = part.norm, part.dropout

    def position_terms(self, x: Tensor, positions: Tensor, length: int, past: int) -> PositionTerms:
        """The rows of these distances, normed once for all layers."""
        place = torch.arange(length, device=x.device)
        gap = place[:, None] - place
        index = self.bucket(gap) if self.bucketed else gap
        near = min(length, self.side)
        rows = self.table.weight[self.side - near : self.side + near]
        rows = drop(self.norm(rows) if self.normed else rows, self.dropout, self.training)
        return PositionTerms(bias=x.new_zeros(1, 1, 1, 1), distances=Near(rows, (index + near).clamp(0, 2 * near - 1)))

    def bucket(self, gap: Tensor) -> Tensor:
        """Distances to half of the buckets as they are, then by logarithm (DeBERTa/deberta/da_utils.py)."""
        middle = self.side // 2
        growth = (gap.abs().clamp(min=1).double() / middle).log() / math.log((self.furthest - 1) / middle)
        far = (growth * (middle - 1)).ceil().long() + middle
        return torch.where(gap.abs() <= middle, gap, far * gap.sign())


@builds(s.Attention, s.Disentangled)
class DisentangledAttention(Attention):
    """Queries and keys meet each other and, each by itself, the distance between them."""

    distance_k: Product
    distance_q: Product
    q_bias: nn.Parameter
    v_bias: nn.Parameter

    def __init__(self, part: s.Attention, env: Env) -> None:
        super().__init__(part, env)
        self.factor = (3 * self.head_dim) ** -0.5 if part.scale is None else part.scale
        given = env.position
        self.own = isinstance(given, s.Disentangled) and not given.shared
        self.reverse = isinstance(given, s.Disentangled) and given.reverse
        self.wide = (self.split[0] * self.head_dim, self.split[1] * self.head_dim)

    def forward(self, x: Tensor, context: AttentionContext, kv: KV | None = None) -> tuple[Tensor, KV | None]:
        """The attended [batch, length, d_model]; with a memory in context, keys and values are the memory's."""
        q, k, v = self.heads(x)
        if context.memory is not None:
            _, k, v = self.heads(context.memory)
        y = self.attend(q, k, v, context.mask, context) if context.lengths is None else self.apart(q, k, v, context)
        return self.out(y.transpose(1, 2).flatten(2)), None

    def heads(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values: [batch, heads, length, head_dim]."""
        y = self.qkv(x).unflatten(-1, (-1, self.head_dim)).transpose(1, 2)
        q, k, v = y.split_with_sizes(self.split, 1)
        if self.own:
            q, v = q + self.q_bias.view(-1, 1, self.head_dim), v + self.v_bias.view(-1, 1, self.head_dim)
        return q, k, v

    def attend(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, context: AttentionContext) -> Tensor:
        if not isinstance(context.distances, Near) or mask is None:
            raise s.SpecError("this attention needs its stack's distances")
        distant_q, distant_k = self.distant(context.distances.rows)
        index = context.distances.which[: q.size(2), : k.size(2)]
        each = (*q.shape[:2], *index.shape)
        scores = (q @ distant_k.mT).gather(-1, index.expand(each))
        back = (k @ distant_q.mT).gather(-1, (index if self.reverse else index.mT).expand(each))
        given = False, self.factor, self.grouped, self.dropout, self.training
        return attend(q, k, v, mask + self.factor * (scores + back.mT), *given)

    def distant(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Distances as queries and as keys: [heads, distances, head_dim]."""
        if self.own:
            both = self.distance_q(rows), self.distance_k(rows)
        else:
            q, k, _ = self.qkv(rows).split_with_sizes([each * self.head_dim for each in self.split], -1)
            both = q, k
        q, k = (each.unflatten(-1, (-1, self.head_dim)).transpose(0, 1) for each in both)
        return q, k
