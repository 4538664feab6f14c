"""Experts. What is computed follows the experts that are met, not how many there are."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from clados import spec as s
from clados.nn.activations import ACTS
from clados.nn.core.context import AttentionContext
from clados.nn.core.module import Module, Product, builds, made
from clados.nn.dropout import drop
from clados.nn.feedforward.mlp import MLP
from clados.nn.products import product
from clados.spec.core.pieces import Env


def eager_grouped_mm(x: Tensor, counts: Tensor, weight: Tensor) -> Tensor:
    """Rows times the matrix of their run: the first ``counts[0]`` rows meet ``weight[0]``, and so on; the rest is 0.

    [rows, n_in], [runs], [runs, n_out, n_in] -> [rows, n_out].
    """
    out = x.new_empty(x.size(0), weight.size(1))
    start = 0
    for i, count in enumerate(counts.tolist()):
        if count:
            out[start : start + count] = product(x[start : start + count], weight[i], None)
            start += count
    out[start:] = 0
    return out


grouped_mm = torch.library.custom_op("clados::grouped_mm", eager_grouped_mm, mutates_args=())


@grouped_mm.register_fake
def _(x: Tensor, counts: Tensor, weight: Tensor) -> Tensor:
    return x.new_empty(x.size(0), weight.size(1))


@torch.library.custom_op("clados::grouped_mm_grad", mutates_args=())
def grouped_mm_grad(grad: Tensor, x: Tensor, counts: Tensor, weight: Tensor) -> Tensor:
    """The gradient of the matrices: [runs, n_out, n_in]."""
    out = torch.zeros_like(weight)
    start = 0
    for i, count in enumerate(counts.tolist()):
        if count:
            torch.mm(grad[start : start + count].T, x[start : start + count], out=out[i])
            start += count
    return out


@grouped_mm_grad.register_fake
def _(grad: Tensor, x: Tensor, counts: Tensor, weight: Tensor) -> Tensor:
    return torch.empty_like(weight)


def _keep(ctx: Any, inputs: tuple[Tensor, Tensor, Tensor], output: Tensor) -> None:
    ctx.save_for_backward(*inputs)


def _backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, Tensor]:
    x, counts, weight = ctx.saved_tensors
    return grouped_mm(grad, counts, weight.mT), None, grouped_mm_grad(grad.contiguous(), x, counts, weight)


grouped_mm.register_autograd(_backward, setup_context=_keep)


# ---------------------------------------------------------------- capacity


class Routing(NamedTuple):
    """What the room of an expert depends on."""

    experts: int  # how many
    training: bool
    shape: tuple[int, ...]  # [batch, length]
    context: AttentionContext


def order_of_arrival(numbers: Tensor) -> Tensor:
    """How many entries before each have its number."""
    ordered, order = numbers.sort(stable=True)
    place = torch.arange(len(numbers), device=numbers.device) - torch.searchsorted(ordered, ordered)
    return torch.empty_like(order).scatter_(0, order, place)


class Capacity(ABC):
    """Which tokens find no room with their expert, of ``chosen`` ones in order of precedence; None: all do."""

    def __init__(self, part: Any, env: Env | None = None) -> None:
        self.part = part

    @abstractmethod
    def __call__(self, chosen: Tensor, routing: Routing) -> Tensor | None:
        """Which of the chosen find no room, as ``chosen``; None: none."""


@builds(s.OfBatch)
class OfBatch(Capacity):
    """Capacity for a share of a batch's tokens."""

    part: s.OfBatch

    def __call__(self, chosen: Tensor, routing: Routing) -> Tensor | None:
        share = (self.part.training if routing.training else self.part.evaluation) / routing.experts
        keep = routing.context.keep
        if keep is not None:
            return order_of_arrival(chosen) >= (keep.sum() * share).floor().clamp(min=self.part.least)
        tokens = routing.shape[0] * routing.shape[1]
        room = max(self.part.least, int(tokens * share))
        return None if tokens <= room else order_of_arrival(chosen) >= room


@builds(s.OfText)
class OfText(Capacity):
    """Capacity for so many tokens of each text."""

    part: s.OfText

    def __call__(self, chosen: Tensor, routing: Routing) -> Tensor | None:
        batch, length = routing.shape
        if length <= self.part.tokens:
            return None
        lengths = routing.context.lengths or (length,) * batch
        sizes = torch.tensor(lengths, device=chosen.device)
        text = torch.arange(len(lengths), device=chosen.device).repeat_interleave(sizes, output_size=batch * length)
        text = text.repeat(len(chosen) // (batch * length))
        return order_of_arrival(text * (routing.experts + 1) + chosen) >= self.part.tokens


# ---------------------------------------------------------------- the layer


class Router(Product):
    """Scores in float32, whatever the rest is computed in (Fedus et al. 2021, §2.4, selective precision)."""

    def forward(self, x: Tensor) -> Tensor:
        """[..., d_model] -> [..., experts]."""
        kind = torch.promote_types(x.dtype, torch.float32)
        with torch.autocast(x.device.type, enabled=False):
            return F.linear(x.to(kind), self.weight.to(kind))


@builds(s.Experts)
class Experts(Module):
    """Tokens sorted by their expert, each run multiplied with its own matrices, brought back to their places."""

    router: Router
    up: nn.Parameter
    down: nn.Parameter

    def __init__(self, part: s.Experts, env: Env) -> None:
        super().__init__(part, env)
        self.capacity: Capacity | None = None if part.capacity is None else made(part.capacity)
        self.count, self.top = self.up.size(0), part.top
        self.act, self.gated, self.dropout, self.jitter = ACTS[part.act], part.gated, part.dropout, part.jitter
        self.normalised, self.balance, self.z = part.gates == "normalised", part.balance, part.z
        self.router = Router(env.dims.d_model, self.count, bias=False)

    def forward(self, x: Tensor, context: AttentionContext) -> Tensor:
        """[batch, length, d_model], the same shape."""
        rows = x.flatten(0, 1)
        gates, chosen = self.route(self.router(self.jittered(x)).flatten(0, 1), context, x)
        if torch.compiler.is_compiling() or torch.is_grad_enabled():
            y = self.dispatch(rows, chosen, grouped_mm)
        elif len(chosen) == 1:  # one word is decoded
            y = self.one_token(rows, int(chosen))
        else:
            y = self.dispatch(rows, chosen, eager_grouped_mm)
        return (y * gates[:, None]).view(self.top, *x.shape).sum(0)

    def dispatch(self, rows: Tensor, chosen: Tensor, multiply: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Tensor:
        """What its expert makes of each of ``top`` times all rows."""
        order = chosen.argsort(stable=True)
        counts = torch.bincount(chosen, minlength=self.count + 1)[: self.count]
        inner = self.activate(multiply(rows[order % len(rows)], counts, self.up))
        return rows.new_empty(len(order), rows.size(1)).index_copy_(0, order, multiply(inner, counts, self.down))

    def one_token(self, row: Tensor, expert: int) -> Tensor:
        """What an expert makes of one row."""
        if expert == self.count:
            return torch.zeros_like(row)
        return product(self.activate(product(row, self.up[expert], None)), self.down[expert], None)

    def activate(self, inner: Tensor) -> Tensor:
        """After the activation, and the gate where there is one."""
        if self.gated:
            gate, inner = inner.chunk(2, -1)
            return drop(self.act(gate) * inner, self.dropout, self.training)
        return drop(self.act(inner), self.dropout, self.training)

    def route(self, scores: Tensor, context: AttentionContext, x: Tensor) -> tuple[Tensor, Tensor]:
        """Gates and experts of each token, [top * tokens], first choices first; ``count`` where there is no room."""
        gates, chosen = scores.softmax(-1).topk(self.top, -1)
        if self.normalised:
            gates = gates / gates.sum(-1, keepdim=True)
        chosen, gates = chosen.T.flatten(), gates.T.flatten().to(x.dtype)
        if context.keep is not None:
            chosen = chosen.where(context.keep.flatten().repeat(self.top), self.count)
        if self.capacity is not None:
            over = self.capacity(chosen, Routing(self.count, self.training, x.shape[:2], context))
            chosen = chosen if over is None else chosen.masked_fill(over, self.count)
        return gates, chosen

    def jittered(self, x: Tensor) -> Tensor:
        """What the router reads."""
        if not (self.training and self.jitter):
            return x
        return x * torch.empty_like(x).uniform_(1 - self.jitter, 1 + self.jitter)


@builds(s.ProductMLP)
class ProductMLP(MLP):
    """down(act(gate x * up x)), gate and up in one product."""

    def forward(self, x: Tensor, context: AttentionContext | None = None) -> Tensor:
        """Same shape."""
        gate, up = self.up(x).chunk(2, -1)
        return self.down(drop(self.act(gate * up), self.dropout, self.training))
