"""-log p of labels under a large vocabulary, without ever holding the scores of all positions."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

from clados.nn.products import product_type

CHUNK = 256  # positions at once


def nll(
    x: Tensor, weight: Tensor, bias: Tensor | None, labels: Tensor, smoothing: float = 0.0, z: float = 0.0
) -> Tensor:
    """The sum over positions of -log softmax(x W^T + b)[label] + z log^2 Z, Z the sum under that softmax.

    The gradients are computed along with the sum, chunk by chunk while the scores are there: their softmax less the
    target. So neither scores nor probabilities outlive their chunk, and backward only multiplies them by a number, in
    their own place: another copy of a large table's takes long. A second backward through the graph is torch's error.

    Args:
        x: [positions, d_model]; weight: [vocabulary, d_model]; labels: [positions].
        smoothing: this share of the target is spread evenly over the vocabulary (Szegedy et al. 2016, §7).
    """
    found: Tensor = _NLL.apply(x, weight, bias, labels, smoothing, z, torch.is_grad_enabled())  # type: ignore[no-untyped-call]
    return found


class _NLL(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any,
        x: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        labels: Tensor,
        smoothing: float,
        z: float,
        learning: bool,
    ) -> Tensor:
        kind = product_type(x)
        with torch.autocast(x.device.type, enabled=False):
            states, table = x.to(kind), weight.to(kind)
            grads = _Grads(states, weight, bias) if learning else None
            losses = []
            for i in range(0, len(x), CHUNK):
                some, label = states[i : i + CHUNK], labels[i : i + CHUNK, None]
                loss, error = _chunk(some, table, bias, label, smoothing, z, learning)
                losses.append(loss)
                if grads is not None:
                    grads.add(i, error.to(kind), some, table)
            ctx.save_for_backward(*(grads.done(x, weight) if grads else ()))
            return torch.stack(losses).sum() if losses else states.new_zeros((), dtype=torch.float32)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, *bias = (each.mul_(grad.to(each.dtype)) for each in ctx.saved_tensors)
        return x, weight, bias[0] if bias else None, None, None, None, None


def _chunk(
    x: Tensor, weight: Tensor, bias: Tensor | None, label: Tensor, smoothing: float, z: float, learning: bool
) -> tuple[Tensor, Tensor]:
    """The loss of some positions, and its gradient by their scores, [positions, vocabulary]."""
    scores = F.linear(x, weight, None if bias is None else bias.to(x.dtype))
    scores = scores.to(torch.promote_types(scores.dtype, torch.float32))
    logs = scores.log_softmax(-1)
    loss = (smoothing - 1) * logs.gather(1, label).sum()
    if smoothing:
        loss -= smoothing * logs.mean(-1).sum()
    if z:
        log_sum = scores[:, :1] - logs[:, :1]
        loss += z * log_sum.square().sum()
    if learning:
        scores = logs.exp_()
        if z:
            scores *= 1 + 2 * z * log_sum
        if smoothing:
            scores -= smoothing / scores.size(1)
        scores.scatter_add_(1, label, scores.new_full(label.shape, smoothing - 1))
    return loss, scores


class _Grads:
    """The gradients of one call, added up chunk by chunk."""

    def __init__(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> None:
        self.kind = torch.promote_types(weight.dtype, torch.float32)
        self.x = torch.empty_like(x)
        self.weight: Tensor | None = None
        self.bias = None if bias is None else torch.zeros_like(bias, dtype=self.kind)

    def add(self, start: int, error: Tensor, x: Tensor, weight: Tensor) -> None:
        """Those of the positions from ``start``: ``error`` is the gradient of their scores."""
        torch.mm(error, weight, out=self.x[start : start + len(error)])
        if self.weight is None:
            self.weight = (error.T @ x).to(self.kind)
        elif error.dtype == self.kind:
            self.weight.addmm_(error.T, x)
        else:
            self.weight += error.T @ x
        if self.bias is not None:
            self.bias += error.sum(0)

    def done(self, x: Tensor, weight: Tensor) -> tuple[Tensor, ...]:
        """Those of states, weight and bias, in their types."""
        table = torch.zeros_like(weight) if self.weight is None else self.weight.to(weight.dtype)
        found = self.x.to(x.dtype), table
        return found if self.bias is None else (*found, self.bias.to(weight.dtype))
