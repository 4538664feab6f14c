"""Norms. Shapes: x is [batch, length, d_model]."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from clados import spec as s
from clados.nn.core.module import Module, builds
from clados.spec.core.pieces import Env


@builds(s.LayerNorm)
class LayerNorm(Module):
    """(x - mean) / sqrt(variance + eps) * weight + bias."""

    weight: nn.Parameter
    bias: nn.Parameter

    def __init__(self, part: s.LayerNorm, env: Env) -> None:
        super().__init__(part, env)
        self.shape, self.eps = (env.dims.d_model,), part.eps
        if not part.bias:
            self.register_parameter("bias", None)

    def forward(self, x: Tensor) -> Tensor:
        """Same shape."""
        return torch.layer_norm(x, self.shape, self.weight, self.bias, self.eps)


@builds(s.RMSNorm)
class RMSNorm(Module):
    """x / sqrt(mean(x^2) + eps) * weight."""

    weight: nn.Parameter

    def __init__(self, part: s.RMSNorm, env: Env) -> None:
        super().__init__(part, env)
        self.shape, self.eps = (env.dims.d_model,), part.eps

    def forward(self, x: Tensor) -> Tensor:
        """Same shape."""
        return F.rms_norm(x, self.shape, self.weight, self.eps)


@builds(s.GroupNorm)
class GroupNorm(Module):
    """(x - mean) / sqrt(variance + eps) * weight + bias, over each group of channels of [batch, channels, ...]."""

    weight: nn.Parameter
    bias: nn.Parameter

    def __init__(self, part: s.GroupNorm, env: Env) -> None:
        super().__init__(part, env)
        self.groups, self.eps = part.groups, part.eps

    def forward(self, x: Tensor) -> Tensor:
        """Same shape."""
        return F.group_norm(x, self.groups, self.weight, self.bias, self.eps)


MOVES = 0.1  # by how much of the way running statistics move in a step


@builds(s.BatchNorm)
class BatchNorm(Module):
    """(x - mean) / sqrt(variance + eps) * weight + bias, of each channel of [batch, channels, ...]."""

    weight: nn.Parameter
    bias: nn.Parameter
    mean: Tensor
    variance: Tensor

    def __init__(self, part: s.BatchNorm, env: Env) -> None:
        super().__init__(part, env)
        self.eps = part.eps

    def forward(self, x: Tensor) -> Tensor:
        """Same shape."""
        return F.batch_norm(x, self.mean, self.variance, self.weight, self.bias, self.training, MOVES, self.eps)
