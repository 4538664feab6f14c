"""How good a text is: one number, read at its last token."""

import torch
from torch import Tensor

from clados import spec as s
from clados.nn.build import Module, Product, builds
from clados.nn.heads import Inputs, Read


@builds(s.Scalar)
class Scalar(Module):
    """W x + b at the last position that is not padding."""

    out: Product

    def forward(self, x: Tensor, inputs: Inputs, read: Read) -> Tensor:
        """[batch, length, d_model] -> [batch]."""
        keep = read.get("attention_mask")
        if keep is None:
            return self.out(x[:, -1])[:, 0]
        last = (keep[:, -x.size(1) :] * torch.arange(x.size(1), device=x.device)).argmax(1)
        return self.out(x[torch.arange(x.size(0), device=x.device), last])[:, 0]
