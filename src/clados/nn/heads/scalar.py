"""One number for each example."""

import torch
from torch import Tensor

from clados import spec as s
from clados.nn.core.module import Module, Product, builds
from clados.nn.heads.base import Inputs, Read


def last(x: Tensor, read: Read) -> Tensor:
    """The states of the last position of each text that is not padding, [batch, d_model]."""
    keep = read.get("attention_mask")
    if keep is None:
        return x[:, -1]
    end = (keep[:, -x.size(1) :] * torch.arange(x.size(1), device=x.device)).argmax(1)
    return x[torch.arange(x.size(0), device=x.device), end]


@builds(s.Scalar)
class Scalar(Module):
    """W x + b at the last position that is not padding."""

    out: Product

    def forward(self, x: Tensor, inputs: Inputs, read: Read) -> Tensor:
        """[batch, length, d_model] -> [batch]."""
        return self.out(last(x, read))[:, 0]
