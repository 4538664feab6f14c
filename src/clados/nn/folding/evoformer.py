"""Blocks of an alignment and the map of its pairs. Shapes: m [batch, rows, length, d], z [batch, length, length, d].

No tensor of length^3 numbers is held whole: attention and what is wide go over so many rows at a time, and in training
those of a long protein are computed again where their gradients are.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from clados import spec as s
from clados.nn.core.module import Module, Product, TensorFn, builds
from clados.nn.dropout import drop
from clados.nn.feedforward.mlp import MLP
from clados.spec.core.pieces import Env

WIDEST = 1 << 23  # numbers of what is wide
MASKED_SCORE = 1e9  # taken from the scores of what is masked, as in the authors' code


def by_rows(compute: Callable[..., Tensor], x: Tensor, wide: int, *others: Tensor | None) -> Tensor:
    """``compute(x, *others)``, over so many rows (the second axis of all) at a time as have ``WIDEST`` numbers.

    Args:
        wide: numbers of the widest tensor that one row needs.
    """
    rows = max(1, WIDEST // max(1, x.size(0) * wide))
    if rows >= x.size(1):
        return compute(x, *others)
    pieces = [
        [each if each is None else each[:, i : i + rows] for each in (x, *others)] for i in range(0, x.size(1), rows)
    ]
    if not torch.is_grad_enabled():
        return torch.cat([compute(*piece) for piece in pieces], 1)
    return torch.cat([checkpoint(compute, *piece, use_reentrant=False) for piece in pieces], 1)


def drop_alike(x: Tensor, rate: float, training: bool, axis: int = 1) -> Tensor:
    """Dropout, alike along an axis (supplement §1.11.6)."""
    if not (training and rate):
        return x
    shape = [*x.shape]
    shape[axis] = 1
    return x * drop(x.new_ones(shape), rate, training)


class Gated(Module):
    """Attention whose heads are gated: positions of one row see each other."""

    norm: TensorFn
    qkv: Product
    gate: Product
    out: Product

    def __init__(self, part: s.Part, env: Env) -> None:
        super().__init__(part, env)
        self.heads, self.head_dim = env.dims.heads, env.dims.head_dim

    def attended(self, x: Tensor, keep: Tensor | None, bias: Tensor | None = None) -> Tensor:
        """Normed x to what is added: [batch, rows, length, d].

        Args:
            keep: [batch, rows, length] bool, False for what no one sees; bias: [batch, heads, length, length].
        """
        length = x.size(2)
        wide = length * max(self.heads * length, 4 * self.heads * self.head_dim)

        def compute(rows: Tensor, seen: Tensor | None) -> Tensor:
            batch, number = rows.shape[:2]
            q, k, v = self.qkv(rows).view(batch, number, length, 3, self.heads, self.head_dim).permute(3, 0, 1, 4, 2, 5)
            hidden = None if seen is None else (seen.to(x.dtype) - 1)[:, :, None, None] * MASKED_SCORE
            mixed = []
            for i in range(batch):  # one by one, so that the bias is not repeated for each row
                added = hidden if hidden is None else hidden[i]
                if bias is not None:
                    added = bias[i] if added is None else added + bias[i]
                if added is not None:
                    added = added.expand(number, self.heads, length, length)
                mixed.append(F.scaled_dot_product_attention(q[i], k[i], v[i], added))
            found = torch.stack(mixed).transpose(2, 3).flatten(3)
            return self.out(found * torch.sigmoid(self.gate(rows)))

        return by_rows(compute, x, wide, keep)


@builds(s.RowAttention)
class RowAttention(Gated):
    """Residues of one row see each other, with a bias from the map of pairs."""

    pair_norm: TensorFn
    bias: Product

    def __init__(self, part: s.RowAttention, env: Env) -> None:
        super().__init__(part, env)
        self.dropout = part.dropout

    def forward(self, m: Tensor, z: Tensor, keep: Tensor | None) -> Tensor:
        """What is added to m. keep: [batch, rows, length] bool."""
        bias = self.bias(self.pair_norm(z)).permute(0, 3, 1, 2)
        return drop_alike(self.attended(self.norm(m), keep, bias), self.dropout, self.training)


@builds(s.ColumnAttention)
class ColumnAttention(Gated):
    """Rows see each other at one residue."""

    def forward(self, m: Tensor, keep: Tensor | None) -> Tensor:
        """What is added to m. keep: [batch, rows, length] bool."""
        seen = None if keep is None else keep.transpose(1, 2)
        return self.attended(self.norm(m).transpose(1, 2), seen).transpose(1, 2)


@builds(s.GlobalColumnAttention)
class GlobalColumnAttention(Module):
    """Rows are seen at one residue by one query a head, of their mean."""

    norm: TensorFn
    q: Product
    kv: Product
    gate: Product
    out: Product

    def __init__(self, part: s.GlobalColumnAttention, env: Env) -> None:
        super().__init__(part, env)
        self.heads, self.head_dim = env.dims.heads, env.dims.head_dim

    def forward(self, m: Tensor, keep: Tensor | None) -> Tensor:
        """What is added to m. keep: [batch, rows, length] bool."""
        there = torch.ones_like(m[..., 0]) if keep is None else keep.to(m.dtype)
        x = self.norm(m)
        mean = (x * there[..., None]).sum(1) / (there.sum(1)[..., None] + 1e-8)
        q = self.q(mean).unflatten(-1, (self.heads, self.head_dim)) * self.head_dim**-0.5
        k, v = self.kv(x).transpose(1, 2).chunk(2, -1)
        scores = q @ k.mT + ((there.transpose(1, 2) - 1) * MASKED_SCORE)[:, :, None]
        mixed = (scores.softmax(-1) @ v).flatten(2)[:, None]
        return self.out(mixed * torch.sigmoid(self.gate(x)))


@builds(s.OuterProductMean)
class OuterProductMean(Module):
    """W vec(mean over rows of a_i b_j^T) + b."""

    norm: TensorFn
    sides: Product
    out: Product

    def __init__(self, part: s.OuterProductMean, env: Env) -> None:
        super().__init__(part, env)
        self.eps, self.width = part.eps, part.width

    def forward(self, m: Tensor, keep: Tensor | None) -> Tensor:
        """[batch, length, length, d_pair]. keep: [batch, rows, length] bool."""
        there = None if keep is None else keep.to(m.dtype)
        sides = self.sides(self.norm(m))
        a, b = (
            (sides if there is None else sides * there[..., None]).transpose(1, 2).chunk(2, -1)
        )  # [.., length, rows, c]
        length, width = m.size(2), self.width
        b = b.transpose(1, 2).flatten(2)  # [batch, rows, length c]

        def compute(some: Tensor) -> Tensor:
            outer = some.transpose(2, 3).flatten(1, 2) @ b  # [batch, i c, j c]
            outer = outer.unflatten(1, (-1, width)).unflatten(3, (length, width)).transpose(2, 3)
            return self.out(outer.flatten(3))

        summed = by_rows(compute, a, 2 * length * width**2)
        number = m.size(1) if there is None else (there.mT @ there)[..., None]
        return summed / (self.eps + number)


@builds(s.TriangleProduct)
class TriangleProduct(Module):
    """Each pair from the other two sides of its triangles."""

    norm: TensorFn
    sides: Product
    norm_out: TensorFn
    gate: Product
    out: Product

    def __init__(self, part: s.TriangleProduct, env: Env) -> None:
        super().__init__(part, env)
        self.dropout = part.dropout

    def forward(self, z: Tensor, keep: Tensor | None, *, incoming: bool) -> Tensor:
        """What is added to z. keep: [batch, length, length] bool; incoming: over sides that end at i and j."""
        wide = 4 * z.size(2) * z.size(3)

        def sides(x: Tensor, seen: Tensor | None) -> Tensor:
            a, b, a_gate, b_gate = self.sides(self.norm(x)).chunk(4, -1)
            both = torch.stack((a * torch.sigmoid(a_gate), b * torch.sigmoid(b_gate)), -1)
            return both if seen is None else both * seen[..., None, None]

        a, b = by_rows(sides, z, wide, keep).permute(4, 0, 3, 1, 2)  # each [batch, d, length, length]
        whole = (a.mT @ b if incoming else a @ b.mT).permute(0, 2, 3, 1)

        def ended(x: Tensor, product: Tensor) -> Tensor:
            return self.out(self.norm_out(product)) * torch.sigmoid(self.gate(self.norm(x)))

        return drop_alike(by_rows(ended, z, wide, whole), self.dropout, self.training)


@builds(s.TriangleAttention)
class TriangleAttention(Gated):
    """Pairs that start at one residue see each other."""

    bias: Product

    def __init__(self, part: s.TriangleAttention, env: Env) -> None:
        super().__init__(part, env)
        self.dropout = part.dropout

    def forward(self, z: Tensor, keep: Tensor | None) -> Tensor:
        """What is added to z. keep: [batch, length, length] bool."""
        x = self.norm(z)
        bias = self.bias(x).permute(0, 3, 1, 2)
        return drop_alike(self.attended(x, keep, bias), self.dropout, self.training)


@builds(s.PairBlock)
class PairBlock(Module):
    """Updates of a map of pairs, each added."""

    outgoing: TriangleProduct
    incoming: TriangleProduct
    starting: TriangleAttention
    ending: TriangleAttention
    mlp_norm: TensorFn
    mlp: MLP

    def __init__(self, part: s.PairBlock, env: Env) -> None:
        super().__init__(part, env)
        self.attention_first, self.d_ff = part.attention_first, env.dims.d_ff

    def forward(self, z: Tensor, keep: Tensor | None) -> Tensor:
        """Same shape as z. keep: [batch, length, length] bool."""
        if self.attention_first:
            z = self.multiplied(self.attended(z, keep), keep)
        else:
            z = self.attended(self.multiplied(z, keep), keep)
        return z + by_rows(lambda x: self.mlp(self.mlp_norm(x)), z, 2 * z.size(2) * self.d_ff)

    def multiplied(self, z: Tensor, keep: Tensor | None) -> Tensor:
        """After both triangle products."""
        z = z + self.outgoing(z, keep, incoming=False)
        after: Tensor = z + self.incoming(z, keep, incoming=True)
        return after

    def attended(self, z: Tensor, keep: Tensor | None) -> Tensor:
        """After attention of pairs with one start, and of those with one end."""
        z = z + self.starting(z, keep)
        turned = None if keep is None else keep.mT
        after: Tensor = z + self.ending(z.transpose(1, 2), turned).transpose(1, 2)
        return after


@builds(s.EvoformerBlock)
class EvoformerBlock(Module):
    """An alignment is updated from the map of its pairs, then the map from the alignment."""

    row: RowAttention
    column: ColumnAttention | GlobalColumnAttention
    mlp_norm: TensorFn
    mlp: MLP
    outer: OuterProductMean
    pair: PairBlock

    def __init__(self, part: s.EvoformerBlock, env: Env) -> None:
        super().__init__(part, env)
        self.d_ff = env.dims.d_ff

    def forward(self, m: Tensor, z: Tensor, keep: Tensor | None, keep_pairs: Tensor | None) -> tuple[Tensor, Tensor]:
        """Same shapes as m and z. keep: [batch, rows, length] bool; keep_pairs: [batch, length, length] bool."""
        m = m + self.row(m, z, keep)
        m = m + self.column(m, keep)
        m = m + by_rows(lambda x: self.mlp(self.mlp_norm(x)), m, 2 * m.size(2) * self.d_ff)
        z = z + self.outer(m, keep)
        return m, self.pair(z, keep_pairs)
