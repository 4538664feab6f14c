"""What a model's routers add to the loss in training: tokens spread over the experts, scores that stay small."""

from dataclasses import replace
from typing import Any

import torch.nn.functional as F
from torch import Tensor

from clados.nn.capture import capture
from clados.nn.feedforward.experts import Experts
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Loss, LossTerm
from clados.objectives.tasks import Task


def routers(model: WholeModel) -> dict[str, Experts]:
    """The experts of a model by the names of their routers."""
    return {f"{name}.router": each for name, each in model.named_modules() if isinstance(each, Experts)}


def training_loss(task: Task[Any, Any], model: WholeModel, batch: Batch) -> Loss:
    """The loss of a model in training; that of its routers is a part of its own, over the targets of the first."""
    experts = routers(model)
    if not any(each.balance or each.z for each in experts.values()):
        return task.loss(model, batch)
    with capture(model, *experts) as scores:
        found = task.loss(model, batch)
    added = [strayed(each, experts[name], real_tokens(each, name, batch)) for name, each in scores.items()]
    routing = LossTerm(sum(added) * found.weight, found.weight)  # type: ignore[arg-type]
    return replace(found, parts={**found.parts, "routing": routing})


def real_tokens(scores: Tensor, name: str, batch: Batch) -> Tensor | None:
    """Which rows of a router's scores are tokens, [batch, length] bool; None: all, as where texts are packed."""
    keep = batch.inputs.get("decoder_attention_mask" if name.startswith("decoder.") else "attention_mask")
    return keep.bool() if keep is not None and keep.shape == scores.shape[:-1] else None


def strayed(scores: Tensor, experts: Experts, keep: Tensor | None = None) -> Tensor:
    """The two losses of one layer, each with its weight; the router's scores are [batch, length, experts]."""
    return experts.balance * unbalance(scores, keep) + experts.z * largeness(scores, keep)


def unbalance(scores: Tensor, keep: Tensor | None = None) -> Tensor:
    """N sum_e f_e P_e; 1 when the tokens are spread evenly (Fedus et al. 2021, eq. 4-6)."""
    shares = scores.softmax(-1)
    first = F.one_hot(shares.argmax(-1), shares.size(-1)).to(shares.dtype)
    return shares.size(-1) * (mean(first, keep) * mean(shares, keep)).sum()


def largeness(scores: Tensor, keep: Tensor | None = None) -> Tensor:
    """The mean of logsumexp(x)^2 over tokens (Zoph et al. 2022, eq. 5)."""
    return mean(scores.logsumexp(-1, keepdim=True).square(), keep).sum()


def mean(rows: Tensor, keep: Tensor | None) -> Tensor:
    """Of [batch, length, n] over the tokens that are kept: [n]."""
    if keep is None:
        return rows.flatten(0, -2).mean(0)
    return (rows * keep[..., None]).flatten(0, -2).sum(0) / keep.sum()
