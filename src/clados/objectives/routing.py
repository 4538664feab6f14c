"""What a model's routers add to the loss in training: tokens spread over the experts, scores that stay small."""

from typing import Any

import torch.nn.functional as F
from torch import Tensor

from clados import spec as s
from clados.nn.capture import capture
from clados.nn.experts import Experts
from clados.objectives.base import Batch, Loss, Part, loss

ROUTERS = "*.blocks.*.mlp.router"


def learned(objective: s.Objective, model: Any, batch: Batch) -> Loss:
    """The loss of a model in training; that of its routers is a part of its own, over the targets of the first."""
    if not any(isinstance(each, Experts) and (each.balance or each.z) for each in model.modules()):
        return loss(objective, model, batch)
    with capture(model, ROUTERS) as scores:
        found = loss(objective, model, batch)
    added = [strayed(each, model.get_submodule(name.removesuffix(".router"))) for name, each in scores.items()]
    return Loss({**found.parts, "routing": Part(sum(added) * found.weight, found.weight)}, found.measures)  # type: ignore[arg-type]


def strayed(scores: Tensor, experts: Experts) -> Tensor:
    """The two losses of one layer, each with its weight; the router's scores are [batch, length, experts]."""
    return experts.balance * unbalance(scores) + experts.z * largeness(scores)


def unbalance(scores: Tensor) -> Tensor:
    """N sum_e f_e P_e; 1 when the tokens are spread evenly (Fedus et al. 2021, eq. 4-6)."""
    shares = scores.flatten(0, -2).softmax(-1)
    first = F.one_hot(shares.argmax(-1), shares.size(-1)).to(shares.dtype)
    return shares.size(-1) * (first.mean(0) * shares.mean(0)).sum()


def largeness(scores: Tensor) -> Tensor:
    """The mean of logsumexp(x)^2 over tokens (Zoph et al. 2022, eq. 5)."""
    return scores.logsumexp(-1).square().mean()
