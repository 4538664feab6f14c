"""What encoders after BERT say of pairs, of each token, of a whole text."""

import torch.nn.functional as F
from torch import Tensor, nn

from clados import spec as s
from clados.nn.build import Module, Product, builds
from clados.nn.heads import Inputs as Tables
from clados.nn.heads import NextSentence, Read
from clados.nn.layers import ACTS, LayerNorm
from clados.nn.pooling import pooled
from clados.spec.pieces import Env


@builds(s.SentenceOrder)
class SentenceOrder(NextSentence):
    """Scores that two segments stand in their order (0) and that they were swapped (1)."""


@builds(s.Discriminator)
class Discriminator(Module):
    """w act(V x + c) + b at every position."""

    dense: Product
    out: Product

    def __init__(self, part: s.Discriminator, env: Env) -> None:
        super().__init__(part, env)
        self.act = ACTS[part.act]

    def forward(self, x: Tensor, inputs: Tables, read: Read) -> Tensor:
        """[batch, length, d_model] -> [batch, length]."""
        return self.out(self.act(self.dense(x))).squeeze(-1)


@builds(s.Dense)
class Dense(Module):
    """act(W x + b), plus x or a product of it where there is a residual."""

    linear: Product
    residual: Product

    def __init__(self, part: s.Dense, env: Env) -> None:
        super().__init__(part, env)
        self.act = ACTS[part.act] if part.act else None
        self.adds = part.residual

    def forward(self, x: Tensor) -> Tensor:
        """[batch, numbers] -> [batch, to]."""
        y: Tensor = self.linear(x)
        y = y if self.act is None else self.act(y)
        if not self.adds:
            return y
        return y + (self.residual(x) if "residual" in self._modules else x)


@builds(s.VectorNorm)
class VectorNorm(Module):
    """The norm of a whole vector."""

    norm: LayerNorm

    def forward(self, x: Tensor) -> Tensor:
        """Same shape."""
        y: Tensor = self.norm(x)
        return y


@builds(s.UnitLength)
class UnitLength(Module):
    """x / |x|."""

    def forward(self, x: Tensor) -> Tensor:
        """Same shape."""
        return F.normalize(x, dim=-1)


@builds(s.Embedding)
class Embedding(Module):
    """A text's vector: pooled states, then the steps."""

    reads = ("pooling_mask",)
    steps: nn.ModuleList

    def __init__(self, part: s.Embedding, env: Env) -> None:
        super().__init__(part, env)
        self.pools = part.pools
        if not part.steps:
            self.steps = nn.ModuleList()

    def forward(self, x: Tensor, inputs: Tables, read: Read) -> Tensor:
        """[batch, length, d_model] -> [batch, numbers].

        ``attention_mask`` and ``pooling_mask`` are [batch, length]: 0 for padding, and for what is not pooled.
        """
        vector = pooled(x, self.pools, read.get("attention_mask"), read.get("pooling_mask"))
        for step in self.steps:
            vector = step(vector)
        return vector
