"""Rotary positions."""

import math
from abc import ABC, abstractmethod
from typing import Any

import torch
from torch import Tensor

from clados import spec as s
from clados.nn.core.context import PositionTerms
from clados.nn.core.module import Module, builds, made
from clados.spec.core.pieces import Env


@builds(s.Rotary)
class Rotary(Module):
    """Angles position * base^(-2i/turned) for each plane i of a head (Su et al. 2021, eq. 15)."""

    def __init__(self, part: s.Rotary, env: Env) -> None:
        super().__init__(part, env)
        self.turned, self.base = part.turned(env.dims.head_dim), part.base
        self.neighbours = part.pairs == "neighbours"
        self.scaling: Scaling | None = None if part.scaling is None else made(part.scaling)

    def position_terms(self, x: Tensor, positions: Tensor, length: int, past: int) -> PositionTerms:
        """The angles of these positions."""
        return PositionTerms(rotary=self(positions, x.dtype))

    def forward(self, positions: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """[batch or 1, length] -> cosines and sines, [batch or 1, 1, length, turned]."""
        plane = torch.arange(0, self.turned, 2, device=positions.device, dtype=torch.float32)
        speed = self.base ** (-plane / self.turned)
        angle = positions[:, None, :, None] * (speed if self.scaling is None else self.scaling(speed))
        angle = angle.repeat_interleave(2, -1) if self.neighbours else torch.cat([angle, angle], -1)
        return angle.cos().to(dtype), angle.sin().to(dtype)


class Scaling(ABC):
    """The angles a position that planes turn by, [planes], changed for longer texts."""

    def __init__(self, part: Any, env: Env | None = None) -> None:
        self.part = part

    @abstractmethod
    def __call__(self, speed: Tensor) -> Tensor:
        """Same shape."""


@builds(s.LinearScaling)
class LinearScaling(Scaling):
    """All divided by a factor."""

    part: s.LinearScaling

    def __call__(self, speed: Tensor) -> Tensor:
        return speed / self.part.factor


@builds(s.BandScaling)
class BandScaling(Scaling):
    """Slow ones divided by a factor."""

    part: s.BandScaling

    def __call__(self, speed: Tensor) -> Tensor:
        part = self.part
        turns = part.original * speed / (2 * math.pi)  # in the original number of positions
        kept = ((turns - part.low) / (part.high - part.low)).clamp(0, 1)
        return (1 - kept) * speed / part.factor + kept * speed


def turn(x: Tensor, rotary: tuple[Tensor, Tensor], neighbours: bool) -> Tensor:
    """Each plane (a, b) of a head to (a cos - b sin, b cos + a sin); what is not turned stays."""
    cos, sin = rotary
    turned = cos.size(-1)
    part = x if turned == x.size(-1) else x[..., :turned]
    if neighbours:
        other = torch.stack([-part[..., 1::2], part[..., ::2]], -1).flatten(-2)
    else:
        a, b = part.chunk(2, -1)
        other = torch.cat([-b, a], -1)
    part = part * cos + other * sin
    return part if turned == x.size(-1) else torch.cat([part, x[..., turned:]], -1)
