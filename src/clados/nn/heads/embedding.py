"""A vector for each example."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from clados import spec as s
from clados.nn.activations import ACTS
from clados.nn.core.module import Module, Product, builds
from clados.nn.heads.base import Inputs, Read
from clados.nn.norms import LayerNorm
from clados.nn.pooling import pooled
from clados.spec.core.pieces import Env


def unit(x: Tensor) -> Tensor:
    """x / |x|."""
    return F.normalize(x, dim=-1)


@builds(s.Projected)
class Projected(Module):
    """W x at the first position, at the first end-of-text, or at the highest id."""

    out: Product

    def __init__(self, part: s.Projected, env: Env) -> None:
        super().__init__(part, env)
        eos = env.inputs.vocab.eos if isinstance(env.inputs, s.Tokens) else None
        if part.at == "eos" and eos is None:
            raise s.SpecError("Projected.at is 'eos', but the vocabulary names no eos")
        if part.at == "highest" and not isinstance(env.inputs, s.Tokens):
            raise s.SpecError(f"Projected.at is 'highest', but {type(env.inputs).__name__} have no ids")
        self.at, self.eos = part.at, eos

    def forward(self, x: Tensor, inputs: Inputs, read: Read) -> Tensor:
        """[batch, length, d_model] -> [batch, joint]."""
        if self.at == "first":
            return self.out(x[:, 0])
        ids = read["input_ids"]
        end = (ids if self.at == "highest" else ids.eq(self.eos or 0).int()).argmax(1)
        return self.out(x[torch.arange(x.size(0), device=x.device), end])


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
        return unit(x)


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

    def forward(self, x: Tensor, inputs: Inputs, read: Read) -> Tensor:
        """[batch, length, d_model] -> [batch, numbers].

        ``attention_mask`` and ``pooling_mask`` are [batch, length]: 0 for padding, and for what is not pooled.
        """
        vector = pooled(x, self.pools, read.get("attention_mask"), read.get("pooling_mask"))
        for step in self.steps:
            vector = step(vector)
        return vector
