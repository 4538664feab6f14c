"""Noise added to what is learned, and what a prediction says of it. Tensors are [batch, channels, height, width]."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from clados import spec as s
from clados.nn.core.module import builds, made
from clados.spec.core.pieces import Env

BoundFn = Callable[[Tensor], Tensor]


@builds(s.Clipped)
def _clipped(part: s.Clipped, env: Env | None = None) -> BoundFn:
    return lambda x: x.clamp(-part.most, part.most)


@builds(s.DynamicThreshold)
def _threshold(part: s.DynamicThreshold, env: Env | None = None) -> BoundFn:
    def bound(x: Tensor) -> Tensor:
        most = x.float().abs().flatten(1).quantile(part.share, 1).clamp(1, part.most)
        most = most.to(x.dtype).view(-1, *(1,) * (x.dim() - 1))
        return x.clamp(-most, most) / most

    return bound


@builds(s.Diffusion)
class Diffusion:
    """x_t = sqrt(a_t) x_0 + sqrt(1 - a_t) noise. ``alpha_bars`` has each a_t: [steps]."""

    def __init__(self, part: s.Diffusion, env: Env | None = None) -> None:
        self.part = part
        self.alpha_bars = torch.tensor(
            [1 - beta for beta in part.betas.values(part.steps)], dtype=torch.float64
        ).cumprod(0)
        self.bound: BoundFn | None = None if part.bound is None else made(part.bound)

    def noised(self, x: Tensor, noise: Tensor, timesteps: Tensor) -> Tensor:
        """What becomes of images by steps [batch]: same shape."""
        signal, share = self.shares(x, timesteps)
        return signal * x + share * noise

    def target(self, x: Tensor, noise: Tensor, timesteps: Tensor) -> Tensor:
        """What is to be predicted of it: same shape."""
        if self.part.predicts == "data":
            return x
        if self.part.predicts == "noise":
            return noise
        signal, share = self.shares(x, timesteps)
        return signal * noise - share * x

    def shares(self, x: Tensor, timesteps: Tensor) -> tuple[Tensor, Tensor]:
        """sqrt(a_t) and sqrt(1 - a_t) of steps [batch], to be multiplied with x."""
        alpha_bar = self.alpha_bars.to(x.device)[timesteps].view(-1, *(1,) * (x.dim() - 1))
        return alpha_bar.sqrt().to(x.dtype), (1 - alpha_bar).sqrt().to(x.dtype)

    def clean(self, x: Tensor, predicted: Tensor, timesteps: Tensor) -> Tensor:
        """The image x_0 that a prediction at steps [batch] foresees, without a bound: same shape."""
        signal, share = self.shares(x, timesteps)
        if self.part.predicts == "noise":
            return (x - share * predicted) / signal
        return signal * x - share * predicted if self.part.predicts == "velocity" else predicted

    def data(self, x: Tensor, predicted: Tensor, alpha_bar: float) -> Tensor:
        """The image x_0 that a prediction at a_t = ``alpha_bar`` foresees, within its bound: same shape."""
        signal, share = math.sqrt(alpha_bar), math.sqrt(1 - alpha_bar)
        if self.part.predicts == "noise":
            x = (x - share * predicted) / signal
        elif self.part.predicts == "velocity":
            x = signal * x - share * predicted
        else:
            x = predicted
        return x if self.bound is None else self.bound(x)

    def noise(self, x: Tensor, data: Tensor, alpha_bar: float) -> Tensor:
        """The noise that parts x_t from the image foreseen: same shape."""
        return (x - math.sqrt(alpha_bar) * data) / math.sqrt(1 - alpha_bar)


def guided(given: Tensor, without: Tensor, guidance: float, channels: int) -> Tensor:
    """What is predicted with a text, led away from what is predicted without (Ho & Salimans 2022, eq. 6, as 1 + w).

    Args:
        channels: those of the image; further ones, of a learned variance, stay those with the text.
    """
    led = without[:, :channels] + guidance * (given[:, :channels] - without[:, :channels])
    return torch.cat([led, given[:, channels:]], 1)
