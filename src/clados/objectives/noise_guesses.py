"""What noise can be foreseen of without a model: guesses of each number by itself, and the best that is linear."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from clados.data.packing import generator

Numbers = NDArray[np.float64]
PIXEL_LEVELS = 256  # numbers of a pixel
TRIED_STEPS = 40  # at which guesses of single numbers are tried, evenly apart
TRIED_NUMBERS = 20_000  # numbers that are tried at each


def guesses(trained: NDArray[np.uint8], held_out: NDArray[np.uint8], alpha_bars: Numbers) -> Mapping[str, float]:
    """The mean square that is left of the noise in held-out images, over all steps alike; ``loss`` is the least.

    ``linear``: the best linear guess from all numbers of the noisy image, of the trained images' mean and covariance.
    ``number by number``: the best guess of each number from itself, of the numbers that stand there in them.

    Args:
        trained, held_out: [images, numbers]; alpha_bars: [steps].
    """
    levels = from_bytes(np.arange(PIXEL_LEVELS, dtype=np.uint8))
    return _guesses(from_bytes(trained), from_bytes(held_out), trained, levels, alpha_bars)


def latent_guesses(trained: Numbers, held_out: Numbers, alpha_bars: Numbers) -> Mapping[str, float]:
    """The same of latents, each taken as one of as many levels as a pixel has: [images, numbers]."""
    levels = np.linspace(trained.min(), trained.max(), PIXEL_LEVELS)
    step = levels[1] - levels[0] or 1.0  # of latents that are all the same
    nearest = np.rint((trained - levels[0]) / step).astype(np.uint8)
    return _guesses(trained, held_out, nearest, levels, alpha_bars)


def _guesses(
    trained: Numbers, held_out: Numbers, nearest: NDArray[np.uint8], levels: Numbers, alpha_bars: Numbers
) -> Mapping[str, float]:
    found = {"linear": linear_guess(trained, held_out, alpha_bars)}
    found["number by number"] = single_guess(nearest, held_out, levels, alpha_bars)
    return {"loss": min(found.values()), **found}


def from_bytes(images: NDArray[np.uint8]) -> Numbers:
    """Numbers from -1 to 1."""
    return images.astype(np.float64) / 127.5 - 1


def linear_guess(trained: Numbers, held_out: Numbers, alpha_bars: Numbers) -> float:
    """What the best linear guess leaves: exact for the noise, over held-out images.

    In a direction of variance v the guess is sqrt(1 - a) / (a v + 1 - a) of x_t there, the mean apart; of an image that
    stands c from the mean it leaves (a^2 v^2 + a (1 - a) c^2) / (a v + 1 - a)^2.
    """
    mean = trained.mean(0)
    values, directions = np.linalg.eigh(np.cov(trained.T, bias=True))
    away = (((held_out - mean) @ directions) ** 2).mean(0)
    a, v = alpha_bars[:, None], np.maximum(values, 0)
    return float((((a * v) ** 2 + a * (1 - a) * away) / (a * v + 1 - a) ** 2).mean())


def single_guess(trained: NDArray[np.uint8], held_out: Numbers, levels: Numbers, alpha_bars: Numbers) -> float:
    """What the best guess of each number from itself leaves, with noise drawn at steps evenly apart.

    Args:
        trained: which of the levels each number has: [images, numbers].
    """
    places = trained.shape[1]
    shares = np.stack([(trained == level).mean(0) for level in range(PIXEL_LEVELS)], 1) + 1e-6  # [numbers, levels]
    clean, random, left = held_out[: max(1, TRIED_NUMBERS // places)], generator(0, 5), []
    for a in alpha_bars[((np.arange(TRIED_STEPS) + 0.5) * len(alpha_bars) / TRIED_STEPS).astype(int)]:
        noise = random.standard_normal(clean.shape)
        x = np.sqrt(a) * clean + np.sqrt(1 - a) * noise
        away = (x[..., None] - np.sqrt(a) * levels) ** 2 / (2 * (1 - a))
        weights = np.exp(away.min(-1, keepdims=True) - away) * shares
        foreseen = (weights @ levels) / weights.sum(-1)
        left.append((((x - np.sqrt(a) * foreseen) / np.sqrt(1 - a) - noise) ** 2).mean())
    return float(np.mean(left))
