"""Adam whose steps are shares of each tensor's own scale."""

from typing import Any

import torch
from torch import Tensor, nn

from clados import spec as s
from clados.train.optimisers import Adafactor, averaged, optimiser, owned, rms


class ScaledAdam(Adafactor):
    """Adafactor with whole second moments and momentum; weights decay by the square of the rate."""

    def __init__(self, params: list[nn.Parameter], lr: float, outs: list[tuple[int, ...]], beta1: float) -> None:
        super().__init__(params, lr, outs)
        self.param_groups[0]["betas"] = (beta1,)

    def _move(self, x: Tensor, g: Tensor, state: dict[str, Any], key: str, decay: float, group: dict[str, Any]) -> None:
        update = g * averaged(state, f"full{key}", g * g + group["eps"], decay).rsqrt()
        rate = group["lr"] * rms(x).clamp(min=group["least"]) / (rms(update) / group["clip"]).clamp(min=1.0)
        step = averaged(state, f"step{key}", update * rate, group["betas"][0])
        x.mul_(1 - group["lr"] ** 2).sub_(step)


@optimiser.register
def _(part: s.ScaledAdam, model: nn.Module, lr: float) -> torch.optim.Optimizer:
    rows = [*owned(model)]
    outs = [tuple(size for _, size in row.outs) for row, _ in rows]
    return ScaledAdam([tensor for _, tensor in rows], lr, outs, part.beta1)
