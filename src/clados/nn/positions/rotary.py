"""Positions as functions of their numbers: learned, sinusoidal, rotary, relative."""

import math

import torch
from torch import Tensor

from clados import spec as s
from clados.nn.build import Module, Rows, builds
from clados.nn.sight import Placed
from clados.spec.pieces import Env


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


@builds(s.Rotary)
class Rotary(Module):
    """Angles position * base^(-2i/turned) for each plane i of a head (Su et al. 2021, eq. 15)."""

    def __init__(self, part: s.Rotary, env: Env) -> None:
        super().__init__(part, env)
        self.turned, self.base = part.turned(env.dims.head_dim), part.base
        self.neighbours, self.scaling = part.pairs == "neighbours", part.scaling

    def place(self, x: Tensor, positions: Tensor, length: int, past: int) -> Placed:
        """The angles of these positions."""
        return Placed(rotary=self(positions, x.dtype))

    def forward(self, positions: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
        """[batch or 1, length] -> cosines and sines, [batch or 1, 1, length, turned]."""
        plane = torch.arange(0, self.turned, 2, device=positions.device, dtype=torch.float32)
        angle = positions[:, None, :, None] * scaled(self.base ** (-plane / self.turned), self.scaling)
        angle = angle.repeat_interleave(2, -1) if self.neighbours else torch.cat([angle, angle], -1)
        return angle.cos().to(dtype), angle.sin().to(dtype)


def scaled(speed: Tensor, scaling: s.RotaryScaling | None) -> Tensor:
    """The angles a position that planes turn by, [planes], as a scaling changes them."""
    match scaling:
        case s.LinearScaling():
            return speed / scaling.factor
        case s.BandScaling():
            turns = scaling.original * speed / (2 * math.pi)  # in the original number of positions
            kept = ((turns - scaling.low) / (scaling.high - scaling.low)).clamp(0, 1)
            return (1 - kept) * speed / scaling.factor + kept * speed
        case _:
            return speed


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


@builds(s.RelativeBias)
class RelativeBias(Module):
    """Half of the buckets hold one distance each, the others grow with its logarithm (Raffel et al. 2020, §2.1).

    Both sides where a stack sees both, each with half of the buckets; one side where it sees the past alone.
    """

    table: Rows

    def __init__(self, part: s.RelativeBias, env: Env) -> None:
        super().__init__(part, env)
        self.buckets, self.distance, self.both = part.buckets, part.distance, not env.causal

    def place(self, x: Tensor, positions: Tensor, length: int, past: int) -> Placed:
        """The biases of these distances."""
        return Placed(bias=self(length, past))

    def forward(self, length: int, past: int = 0) -> Tensor:
        """The biases of ``length`` positions after ``past`` others: [1, heads, length, past + length]."""
        gap = gaps(length, past, self.table.weight.device)
        return self.table(bucket(gap, self.buckets, self.distance, self.both)).permute(2, 0, 1)[None]


def gaps(length: int, past: int, device: torch.device) -> Tensor:
    """How far before each query each key stands, of ``length`` queries after ``past`` others: [queries, keys]."""
    key = torch.arange(past + length, device=device)
    return key[past:, None] - key


def bucket(gap: Tensor, buckets: int, distance: int, both: bool) -> Tensor:
    """The bucket of each distance: same shape."""
    buckets //= 2 if both else 1
    side = buckets * (gap < 0) if both else 0
    gap = gap.abs() if both else gap.clamp(min=0)
    exact = buckets // 2
    growth = torch.log(gap.clamp(min=1) / exact) / math.log(distance / exact)
    far = (exact + (growth * (buckets - exact)).long()).clamp(max=buckets - 1)
    return side + torch.where(gap < exact, gap, far)
