"""What a model of binned trajectories predicts."""

import torch.nn.functional as F
from torch import Tensor, nn

from clados import spec as s
from clados.nn.core.module import Module, builds
from clados.nn.heads.base import Inputs, Read


@builds(s.BinLogits)
class BinLogits(Module):
    """W_i x of the token at place i of its step."""

    products: nn.Parameter

    def forward(self, x: Tensor, inputs: Inputs, read: Read) -> Tensor:
        """[batch, length, d_model] -> [batch, length, bins + 1]."""
        length, step = x.size(1), self.products.size(0)
        steps = F.pad(x, (0, 0, 0, -length % step)).unflatten(1, (-1, step))
        scores: Tensor = (steps.transpose(1, 2) @ self.products.mT).transpose(1, 2).flatten(1, 2)
        return scores[:, :length]
