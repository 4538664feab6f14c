"""A vector for each position: learned, or sinusoids."""

import math

import torch
from torch import Tensor

from clados import spec as s
from clados.nn.core.module import Module, Rows, builds
from clados.spec.core.pieces import Env


@builds(s.Learned)
class Learned(Module):
    """table[start + position]."""

    table: Rows

    def __init__(self, part: s.Learned, env: Env) -> None:
        super().__init__(part, env)
        self.start = part.start

    def forward(self, positions: Tensor) -> Tensor:
        """[batch or 1, length] -> [batch or 1, length, d_model]."""
        return self.table(positions + self.start if self.start else positions)


@builds(s.Sinusoidal)
class Sinusoidal(Module):
    """sin and cos of position / 10000^(2i/d), in turn or side by side (Vaswani et al. 2017, §3.5)."""

    def __init__(self, part: s.Sinusoidal, env: Env) -> None:
        super().__init__(part, env)
        self.d_model, self.turns = env.dims.d_model, part.order == "neighbours"

    def forward(self, positions: Tensor) -> Tensor:
        """[batch or 1, length] -> [batch or 1, length, d_model]."""
        half = torch.arange(0, self.d_model, 2, device=positions.device, dtype=torch.float32)
        angle = positions[..., None] * torch.exp(half * (-math.log(10_000.0) / self.d_model))
        pair = angle.sin(), angle.cos()
        return torch.stack(pair, -1).flatten(-2) if self.turns else torch.cat(pair, -1)
