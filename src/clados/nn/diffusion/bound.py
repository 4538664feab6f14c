"""The variational bound that a learned variance is trained by. Tensors are [batch, channels, height, width]."""

import math

import torch
from torch import Tensor

from clados.nn.diffusion.noise import Diffusion

HALF_BIN = 1 / 255  # half of what parts two of the 256 numbers of a pixel, from -1 to 1
LEAST_CHANCE = 1e-12  # of a probability, so that its logarithm is finite


def bound_terms(diffusion: Diffusion, image: Tensor, x: Tensor, predicted: Tensor, timesteps: Tensor) -> Tensor:
    """Each number's share of a step's term L_t of the bound, in bits: [batch, channels, height, width].

    KL(q(x_{t-1} | x_t, x_0) || p(x_{t-1} | x_t)), and -log p(x_0 | x_1) of pixels of 256 numbers at the first step (Ho
    et al. 2020, eq. 5, 13). The mean learns nothing of it (Nichol & Dhariwal 2021, §3.1: L_vlb alone trains the
    variance); the variance lies between the least and the most (eq. 15).

    Args:
        image: x_0; x: x_t; predicted: of twice the channels, what is predicted and the variance's share, from -1 to 1.
    """
    channels = image.size(1)
    bars = diffusion.alpha_bars.to(x.device)
    before = torch.cat([bars.new_ones(1), bars[:-1]])
    betas = 1 - bars / before
    least = (1 - before) / (1 - bars) * betas
    least = torch.cat([least[1:2], least[1:]])  # of the first step, whose own is 0, that of the second

    def at(values: Tensor) -> Tensor:
        return values[timesteps].view(-1, 1, 1, 1).to(x.dtype)

    def mean(clean: Tensor) -> Tensor:
        drawn = before.sqrt() * betas / (1 - bars), (bars / before).sqrt() * (1 - before) / (1 - bars)
        return at(drawn[0]) * clean + at(drawn[1]) * x

    true, log_least = mean(image), at(least.log())
    ours = mean(diffusion.clean(x, predicted[:, :channels].detach(), timesteps))
    share = (predicted[:, channels:] + 1) / 2
    log_variance = share * at(betas.log()) + (1 - share) * log_least
    apart = log_least - log_variance
    divergence = 0.5 * (apart.exp() - 1 - apart + (true - ours) ** 2 * (-log_variance).exp())
    first = (timesteps == 0).view(-1, 1, 1, 1)
    return torch.where(first, -_log_likelihood(image, ours, log_variance), divergence) / math.log(2)


def _log_likelihood(image: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """Of each number of an image, which stands for all that are nearest to it; the ends for all beyond (eq. 13)."""
    spread = (-0.5 * log_variance).exp()
    upper = torch.special.ndtr((image - mean + HALF_BIN) * spread)
    lower = torch.special.ndtr((image - mean - HALF_BIN) * spread)
    upper = torch.where(image > 1 - HALF_BIN, torch.ones_like(upper), upper)
    lower = torch.where(image < HALF_BIN - 1, torch.zeros_like(lower), lower)
    return (upper - lower).clamp(min=LEAST_CHANCE).log()
