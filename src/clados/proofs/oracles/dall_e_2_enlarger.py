"""DALL-E 2's upsamplers (arXiv:2204.06125 §2.1): GLIDE's network without attention and without a text."""

import math
from typing import Any

import numpy as np

from clados.proofs.oracles.imagen import Image, block_of, network, network_numbers, silu, step_vector
from clados.proofs.oracles.plain import *

CARDS = ("dall-e-2",)
SOURCE = "arXiv:2204.06125 §2.1, arXiv:2105.05233 §3"


def fits(model: Any) -> bool:
    """It is a network over images without attention."""
    return hasattr(model, "unet") and model.unet.attention is None


def numbers(model: Any) -> dict[str, Any]:
    """Sizes and constants of the network."""
    return {**network_numbers(model.unet, model.size), "factor": model.low.factor}


def run(numbers: Numbers, weights: Arrays, read: Arrays) -> Outputs:
    """The noise foreseen in each image at its step."""
    found, w = [], block_of(weights, "unet")
    for x, step, small in zip(read["sample"], read["timesteps"], read["low_res"]):
        both = np.concatenate([np.array(x, np.float64), enlarged(np.array(small, np.float64), numbers["factor"])])
        found.append(network(both, silu(step_vector(step, w, numbers)), lambda x, w: x, w, numbers))
    return {"prediction": np.array(found)}


def enlarged(x: Image, factor: int) -> Image:
    """Between the nearest two pixels each way, whose middles are pixels' places; beyond the last, the last."""
    channels, high, wide = x.shape
    y = np.zeros((channels, high * factor, wide * factor))
    for i in range(high * factor):
        for j in range(wide * factor):
            (a, b, down), (c, d, right) = between(i, factor, high), between(j, factor, wide)
            above = (1 - right) * x[:, a, c] + right * x[:, a, d]
            y[:, i, j] = (1 - down) * above + down * ((1 - right) * x[:, b, c] + right * x[:, b, d])
    return y


def between(place: int, factor: int, length: int) -> tuple[int, int, float]:
    """The two places that one of the longer side lies between, and how far it is towards the second."""
    at = max(0.0, (place + 0.5) / factor - 0.5)
    first = math.floor(at)
    return first, min(first + 1, length - 1), at - first
