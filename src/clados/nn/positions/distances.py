"""Positions by distance, with sinusoids: Transformer-XL's and its children's."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from clados import spec as s
from clados.nn.attention.dense import Attention
from clados.nn.core.context import KV, AttentionContext, DistanceTable, PositionTerms
from clados.nn.core.module import Module, Product, builds
from clados.nn.dropout import attend, drop
from clados.nn.positions.absolute import Sinusoidal
from clados.nn.products import product
from clados.spec.core.pieces import Env


@builds(s.Distances)
class Distances(Module):
    """R: sinusoids of every distance that occurs in a stack, from the longest down to that of the last key ahead."""

    u: nn.Parameter | None
    v: nn.Parameter | None
    shares = tuple[str, ...](("u", "v"))

    def __init__(self, part: s.Distances, env: Env) -> None:
        super().__init__(part, env)
        self.sinusoids = Sinusoidal(s.Sinusoidal("halves"), env)
        self.causal, self.furthest, self.dropout = env.causal, part.furthest, part.dropout
        if part.biases == "layer":
            for name in self.shares:
                self.register_parameter(name, None)

    def position_terms(self, x: Tensor, positions: Tensor, length: int, past: int) -> PositionTerms:
        """Distances past + length - 1 ... -1, or down to -length where a stack sees both sides."""
        far = torch.arange(past + length - 1, -2 if self.causal else -length - 1, -1, device=x.device)
        if self.furthest is not None:
            far = far.clamp(-self.furthest, self.furthest)
        rows = drop(self.sinusoids(far).to(x.dtype), self.dropout, self.training)
        shared = {name: getattr(self, name) for name in self.shares}
        return PositionTerms(bias=x.new_zeros(1, 1, 1, 1), distances=DistanceTable(rows, past + length, shared))


@builds(s.Attention, s.Distances)
class RelativeAttention(Attention):
    """softmax(scale ((q + u) k + (q + v) W R) + mask) v."""

    distance: Product
    u: nn.Parameter | None
    v: nn.Parameter | None
    shares = tuple[str, ...](("u", "v"))

    def __init__(self, part: s.Attention, env: Env) -> None:
        super().__init__(part, env)
        self.factor = self.head_dim**-0.5 if part.scale is None else part.scale
        self.causal = env.causal
        if isinstance(env.position, s.Distances) and env.position.biases == "stack":
            for name in self.shares:
                self.register_parameter(name, None)

    def recall(self, x: Tensor, room: int) -> KV:
        """Keys and values of earlier states, [batch, earlier, d_model], with room for as many positions in all."""
        own = self.split[0] * self.head_dim
        bias = None if self.qkv.bias is None else self.qkv.bias[own:]
        each = product(x, self.qkv.weight[own:], bias).unflatten(-1, (-1, self.head_dim)).transpose(1, 2)
        k, v = F.pad(each, (0, 0, 0, room - x.size(1))).split_with_sizes(self.split[1:], 1)
        return KV(k.clone(), v.clone())

    def attend(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, context: AttentionContext) -> Tensor:
        given = context.distances
        if given is None or mask is None:
            raise s.SpecError("this attention needs its stack's distances")
        mask = mask + self.factor * self.position_scores(q, k.size(2), given)
        rest = False, self.factor, self.grouped, self.dropout, self.training
        return attend(q + self.shared("u", given), k, v, mask, *rest)

    def position_scores(self, q: Tensor, keys: int, given: DistanceTable) -> Tensor:
        """What the places of the last of the keys and of all of them add to the scores, before these are scaled."""
        rows = given.rows[given.keys - keys :][: keys + (1 if self.causal else q.size(2))]
        return shifted(self.distant(q + self.shared("v", given), rows, given.signs), keys)

    def shared(self, name: str, given: DistanceTable) -> Tensor:
        """A bias, [heads, 1, head_dim]: this layer's, or that of all."""
        own = getattr(self, name)
        held: Tensor = given.shared[name] if own is None else own
        return held[:, None]

    def distant(self, q: Tensor, rows: Tensor, signs: Tensor | None = None) -> Tensor:
        """q W R for each query and distance: [batch, heads, queries, distances]."""
        weight = self.distance.weight.view(q.size(1), self.head_dim, -1)
        if signs is not None:
            return (q @ weight * signs) @ rows.T
        if q.size(2) < self.head_dim:  # (q W) R costs less than q (W R), which projects every distance
            return (q @ weight) @ rows.T
        return q @ (weight @ rows.T)


def shifted(scores: Tensor, keys: int) -> Tensor:
    """From columns of distances, the longest first, to columns of keys: [..., queries, keys].

    Each row begins one column earlier than the row before, so that reading the numbers in rows one shorter lines them
    up (Dai et al. 2019, appendix B).
    """
    queries, columns = scores.shape[-2:]
    lined: Tensor = scores.flatten(-2)[..., queries - 1 : -1].unflatten(-1, (queries, columns - 1))
    return lined[..., :keys]


@builds(s.SegmentedDistances)
class SegmentedDistances(Distances):
    """The same sinusoids, and three biases where layers share them."""

    s: nn.Parameter | None
    shares = tuple[str, ...](("u", "v", "s"))


@builds(s.Attention, s.SegmentedDistances)
class SegmentedAttention(RelativeAttention):
    """The scores gain (q + s) e, e of the same segment or of another."""

    s: nn.Parameter | None
    segments: nn.Parameter
    shares = tuple[str, ...](("u", "v", "s"))

    def position_scores(self, q: Tensor, keys: int, given: DistanceTable) -> Tensor:
        scores = super().position_scores(q, keys, given)
        return scores if given.differ is None else scores + self.segment_scores(q, given.differ, given)

    def segment_scores(self, q: Tensor, differ: Tensor, given: DistanceTable) -> Tensor:
        """(q + s) e for each query and key: [batch, heads, queries, keys], of ``differ``, [batch, 1, queries, keys]."""
        each = (q + self.shared("s", given)) @ self.segments.permute(1, 2, 0)
        return torch.where(differ, each[..., 1:], each[..., :1])

    def ask(self, g: Tensor, places: Tensor, kv: KV, mask: Tensor, given: DistanceTable) -> Tensor:
        """The same attention for another stream: [batch, asked, d_model].

        Args:
            g: [batch, asked, d_model], which stand at ``places``, [batch, asked], counted with the memory.
            kv: of the memory and the text; mask: to be added, [batch, 1, asked, keys].
        """
        own, keys = self.split[0] * self.head_dim, kv.k.size(2)
        bias = None if self.qkv.bias is None else self.qkv.bias[:own]
        q = product(g, self.qkv.weight[:own], bias).unflatten(-1, (-1, self.head_dim)).transpose(1, 2)
        rows = keys - 1 - places[..., None] + torch.arange(keys, device=g.device)
        scores = self.distant(q + self.shared("v", given), given.rows, given.signs)
        scores = scores.gather(-1, rows[:, None].expand(-1, q.size(1), -1, -1))
        if given.differ is not None:
            there = (places - (keys - given.differ.size(2)))[:, None, :, None].expand(-1, 1, -1, keys)
            scores = scores + self.segment_scores(q, given.differ.gather(2, there), given)
        rest = False, self.factor, self.grouped, self.dropout, self.training
        y = attend(q + self.shared("u", given), kv.k, kv.v, mask + self.factor * scores, *rest)
        return self.out(y.transpose(1, 2).flatten(2))
