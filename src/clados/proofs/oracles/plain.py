"""The few functions that several papers share, on one vector at a time."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]


def layer_norm(x: Vector, weight: Vector, bias: Vector, eps: float) -> Vector:
    """(x - mean) / sqrt(variance + eps) * weight + bias (arXiv:1607.06450 eq. 4)."""
    apart = x - np.mean(x)
    normed: Vector = apart / math.sqrt(np.mean(apart**2) + eps) * weight + bias
    return normed


def gelu_tanh(x: Vector) -> Vector:
    """The tanh form of GELU (arXiv:1606.08415 §2)."""
    bent: Vector = 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
    return bent


def gelu(x: Vector) -> Vector:
    """x times the normal distribution at x (arXiv:1606.08415 §2)."""
    return np.array([each * 0.5 * (1 + math.erf(each / math.sqrt(2))) for each in x])


def softmax(scores: Vector) -> Vector:
    """e^s over the sum of them."""
    shares = np.exp(scores - scores.max())
    return np.array(shares / shares.sum())


def attend(
    query: Vector, keys: Mapping[int, Vector], values: Mapping[int, Vector], places: Iterable[int], scale: float
) -> Vector:
    """softmax(scale q k) v over the places that may be seen (arXiv:1706.03762 eq. 1)."""
    allowed = list(places)
    scores = np.array([scale * (query @ keys[place]) for place in allowed])
    weights = np.exp(scores - scores.max())
    mixed: Vector = weights / weights.sum() @ np.array([values[place] for place in allowed])
    return mixed


def heads(x: Vector, count: int) -> list[Vector]:
    """A vector cut into equal parts."""
    return [np.array(each) for each in np.split(x, count)]


def block_of(weights: Any, path: str) -> Any:
    """``w("attn.out.weight")`` for the tensors below a path."""
    return lambda name: weights[f"{path}.{name}"]
