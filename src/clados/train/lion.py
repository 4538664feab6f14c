"""Lion, registered beside the other optimisers."""

import torch
from torch import nn

from clados import spec as s
from clados.train.optimisers import optimiser, owned


@optimiser.register
def _(part: s.Lion, model: nn.Module, lr: float) -> torch.optim.Optimizer:
    rows = list(owned(model))
    groups = [
        {"params": [tensor for row, tensor in rows if len(row.shape) > 1], "weight_decay": part.decay},
        {"params": [tensor for row, tensor in rows if len(row.shape) < 2], "weight_decay": 0.0},
    ]
    return Lion([group for group in groups if group["params"]], lr, (part.beta1, part.beta2))


class Lion(torch.optim.Optimizer):
    """The sign of an average of gradients, which is kept apart from the one that is remembered (Chen et al. 2023)."""

    def __init__(self, groups: list[dict[str, object]], lr: float, betas: tuple[float, float]) -> None:
        super().__init__(groups, {"lr": lr, "betas": betas, "weight_decay": 0.0})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Move every tensor that has a gradient."""
        for group in self.param_groups:
            first, second = group["betas"]
            for tensor in group["params"]:
                if tensor.grad is None:
                    continue
                average = self.state[tensor].setdefault("average", torch.zeros_like(tensor))
                tensor.mul_(1 - group["lr"] * group["weight_decay"])
                tensor.sub_(average.lerp(tensor.grad, 1 - first).sign_(), alpha=group["lr"])
                average.lerp_(tensor.grad, 1 - second)
