"""What a network over images reads beside the step."""

import torch
import torch.nn.functional as F
from torch import Tensor

from clados import spec as s
from clados.nn.core.module import Module, Product, TensorFn, builds


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

    def forward(self, memory: Tensor, mask: Tensor | None = None) -> Tensor:
        """[batch, length, width] -> [batch, width of the step's vector]; ``mask`` is [batch, length] bool."""
        x = self.norm(memory)
        kept = torch.ones_like(x[..., :1]) if mask is None else mask[..., None].to(x.dtype)
        mean = (x * kept).sum(1, keepdim=True) / kept.sum(1, keepdim=True).clamp(min=1)
        k, v = self.kv(x).chunk(2, -1)
        y = F.scaled_dot_product_attention(self.q(mean), k, v, None if mask is None else mask[:, None])
        return self.project(y[:, 0])
