"""Attention. Shapes: x is [batch, length, d_model]; q, k, v are [batch, heads, length, head_dim]."""

import torch
from torch import Tensor

from clados import spec as s
from clados.nn.core.context import KV, AttentionContext
from clados.nn.core.module import Module, Product, builds
from clados.nn.dropout import attend
from clados.nn.positions.rotary import turn
from clados.spec.core.pieces import Env


@builds(s.Attention)
class Attention(Module):
    """softmax(scale q k^T + bias) v; queries, keys and values in one product, grouped when kv_heads are fewer."""

    qkv: Product
    out: Product

    def __init__(self, part: s.Attention, env: Env) -> None:
        super().__init__(part, env)
        size = env.dims
        self.head_dim, self.split = size.head_dim, (size.heads, size.kv_heads, size.kv_heads)
        self.turned = size.heads + size.kv_heads, size.kv_heads  # queries and keys turn alike, values do not
        self.scale, self.dropout, self.grouped = part.scale, part.dropout, size.kv_heads < size.heads
        self.neighbours = isinstance(env.position, s.Rotary) and env.position.pairs == "neighbours"

    def forward(self, x: Tensor, context: AttentionContext, kv: KV | None = None) -> tuple[Tensor, KV | None]:
        """The attended [batch, length, d_model], and the keys and values with these positions written in."""
        batch, length, _ = x.shape
        qk, v = self.qkv(x).view(batch, length, -1, self.head_dim).transpose(1, 2).split_with_sizes(self.turned, 1)
        if context.rotary is not None:
            qk = turn(qk, context.rotary, self.neighbours)
        q, k = qk.split_with_sizes(self.split[:2], 1)
        if kv is not None:
            end = context.past + length
            kv.k[:, :, context.past : end] = k
            kv.v[:, :, context.past : end] = v
            k, v = kv.k.narrow(2, 0, end), kv.v.narrow(2, 0, end)
        if context.lengths is not None:
            y = self.apart(q, k, v, context)
        else:
            y = self.attend(q, k, v, context.mask, context)
        return self.out(y.transpose(1, 2).reshape(batch, length, -1)), kv

    def attend(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, context: AttentionContext) -> Tensor:
        """[batch, heads, length, head_dim]; ``mask`` is what the context's says of these queries and keys."""
        return attend(q, k, v, mask, context.causal, self.scale, self.grouped, self.dropout, self.training)

    def apart(self, q: Tensor, k: Tensor, v: Tensor, context: AttentionContext) -> Tensor:
        """Packed texts: each attends to itself alone, so that no padding is computed."""
        lengths = list(context.lengths or ())
        texts = zip(q.split(lengths, 2), k.split(lengths, 2), v.split(lengths, 2), lengths, strict=True)
        masks = (None if context.mask is None else context.mask[..., :n, :n] for n in lengths)
        return torch.cat([self.attend(q, k, v, mask, context) for (q, k, v, _), mask in zip(texts, masks)], 2)


@builds(s.CrossAttention)
class CrossAttention(Module):
    """Queries from here; keys and values from the encoder's states, computed once for a text."""

    q: Product
    kv: Product
    out: Product

    def __init__(self, part: s.CrossAttention, env: Env) -> None:
        super().__init__(part, env)
        size = env.dims
        self.head_dim, self.asking, self.heads = size.head_dim, size.heads, (size.kv_heads, size.kv_heads)
        self.scale, self.dropout, self.grouped = part.scale, part.dropout, size.kv_heads < size.heads

    def read(self, memory: Tensor) -> KV:
        """The encoder's states as keys and values."""
        k, v = self.kv(memory).unflatten(-1, (-1, self.head_dim)).transpose(1, 2).split_with_sizes(self.heads, 1)
        return KV(k, v)

    def forward(self, x: Tensor, context: AttentionContext, kv: KV | None = None) -> tuple[Tensor, KV]:
        """The attended [rows, length, d_model], and the encoder's keys and values, of as many texts or of fewer.

        Rows that answer one text stand side by side and ask as one: what they read is kept once.
        """
        if kv is None:
            if context.memory is None:
                raise s.SpecError("cross-attention has nothing to read: give the encoder's states")
            kv = self.read(context.memory)
        q = self.q(x).view(kv.k.size(0), -1, self.asking, self.head_dim).transpose(1, 2)
        y = self.attend(q, kv.k, kv.v, context.memory_mask, context)
        return self.out(y.transpose(1, 2).reshape(*x.shape[:2], -1)), kv

    def attend(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, context: AttentionContext) -> Tensor:
        """[texts, heads, length, head_dim]."""
        given = mask, False, self.scale, self.grouped, self.dropout, self.training
        return attend(q, k, v, *given)
