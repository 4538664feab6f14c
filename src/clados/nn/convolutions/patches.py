"""A block of convolutions that turns a patch of an image into a vector."""

import torch.nn.functional as F
from torch import Tensor

from clados import spec as s
from clados.nn.core.module import Kernel, Module, Product, TensorFn, builds


@builds(s.PatchResNet)
class PatchResNet(Module):
    """A convolution, a residual block with its norms in front, the mean over the places, projected."""

    enter: Kernel
    first_norm: TensorFn
    first: Kernel
    second_norm: TensorFn
    second: Kernel
    out: Product

    def forward(self, patches: Tensor) -> Tensor:
        """[patches, channels, side, side] -> [patches, d_model]."""
        x = self.enter(patches)
        y = self.first(F.gelu(self.first_norm(x)))
        x = x + self.second(F.gelu(self.second_norm(y)))
        return self.out(x.mean((2, 3)))
