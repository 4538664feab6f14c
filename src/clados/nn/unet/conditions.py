"""What a network over images is told beside the step."""

import torch
import torch.nn.functional as F
from torch import Tensor

from clados import spec as s
from clados.nn.core.module import Module, Product, TensorFn, builds
from clados.spec.core.pieces import Env


@builds(s.LastState)
class LastState(Module):
    """A product of the text's last state."""

    project: Product

    def forward(self, memory: Tensor, mask: Tensor | None = None) -> Tensor:
        """[batch, length, width] -> [batch, width of the step's vector]."""
        return self.project(memory[:, -1])


@builds(s.PooledStates)
class PooledStates(Module):
    """A product of what the mean of a text's states finds among them."""

    norm: TensorFn
    q: Product
    kv: Product
    project: Product

    def __init__(self, part: s.PooledStates, env: Env) -> None:
        super().__init__(part, env)
        self.head_dim = part.head_dim

    def forward(self, memory: Tensor, mask: Tensor | None = None) -> Tensor:
        """[batch, length, width] -> [batch, width of the step's vector]; ``mask`` is [batch, length] bool."""
        x = self.norm(memory)
        kept = torch.ones_like(x[..., :1]) if mask is None else mask[..., None].to(x.dtype)
        mean = (x * kept).sum(1, keepdim=True) / kept.sum(1, keepdim=True).clamp(min=1)
        q, kv = (each.unflatten(-1, (-1, self.head_dim)).transpose(1, 2) for each in (self.q(mean), self.kv(x)))
        k, v = kv.chunk(2, 1)
        y = F.scaled_dot_product_attention(q, k, v, None if mask is None else mask[:, None, None])
        return self.project(y.transpose(1, 2).flatten(1))
