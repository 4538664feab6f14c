"""Linear biases on the scores."""

import math

import torch
from torch import Tensor

from clados import spec as s
from clados.nn.core.context import PositionTerms
from clados.nn.core.module import Module, builds
from clados.spec.core.pieces import Env


@builds(s.ALiBi)
class ALiBi(Module):
    """slope * (key - query), a slope for each head."""

    def __init__(self, part: s.ALiBi, env: Env) -> None:
        super().__init__(part, env)
        self.slopes = slopes(env.dims.heads)

    def position_terms(self, x: Tensor, positions: Tensor, length: int, past: int) -> PositionTerms:
        """The biases of ``length`` positions after ``past`` others: [1, heads, length, past + length]."""
        key = torch.arange(past + length, device=x.device, dtype=torch.float32)
        slope = torch.tensor(self.slopes, device=x.device)[:, None, None]
        return PositionTerms(bias=(slope * (key - key[past:, None]))[None].to(x.dtype))


def slopes(heads: int) -> list[float]:
    """2^(-8h/n) for heads 1 to n, the power of two at or below ``heads``; then those of 2n, every second one."""
    below = 2 ** int(math.log2(heads))
    first = [2 ** (-8 * h / below) for h in range(1, below + 1)]
    return first + [2 ** (-4 * h / below) for h in range(1, 2 * (heads - below), 2)]
