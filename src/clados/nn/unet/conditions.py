"""What a network over images reads beside the step."""

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

    def forward(self, memory: Tensor, mask: Tensor | None = None) -> Tensor:
        """[batch, length, width] -> [batch, width of the step's vector]; ``mask`` is [batch, length] bool."""
        x = self.norm(memory)
        kept = torch.ones_like(x[..., :1]) if mask is None else mask[..., None].to(x.dtype)
        mean = (x * kept).sum(1, keepdim=True) / kept.sum(1, keepdim=True).clamp(min=1)
        k, v = self.kv(x).chunk(2, -1)
        y = F.scaled_dot_product_attention(self.q(mean), k, v, None if mask is None else mask[:, None])
        return self.project(y[:, 0])


@builds(s.PictureVector)
class PictureVector(Module):
    """What the vector of a picture adds to the step's, and further tokens of it."""

    project: Product
    spread: Product

    def __init__(self, part: s.PictureVector, env: Env) -> None:
        super().__init__(part, env)
        self.width, self.tokens = part.width, part.tokens

    def forward(self, batch: int, picture: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """[batch, width] -> [batch, width of the step's vector] and [batch, tokens, width of the text's states]."""
        if picture is None:
            picture = self.project.weight.new_zeros(batch, self.width)
        return self.project(picture), self.spread(picture).unflatten(-1, (self.tokens, -1))
