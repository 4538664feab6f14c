"""The optimisers and schedules that recipes name, and how they are brought to a run of another length and width."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import singledispatch
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributed.tensor import DTensor

from clados import spec as s
from clados.errors import InputError
from clados.nn.kinds.model import WholeModel
from clados.spec.core.pieces import Weight, linear
from clados.spec.core.scale import width
from clados.spec.norms import Norm
from clados.train.trained import OWNED, UPDATE, check_layered

LEAST_WARMUP, MOST_WARMUP = 0.05, 0.25  # of a run
MOST_RAISED = 16.0  # a rate is never raised by more than this
HIGHEST = 3e-3  # and never above this
RATE = "rate"  # of a group of parameters, as a share of the schedule's


def is_relative(part: s.Optimiser) -> bool:
    """Whether an optimiser's rate is a share of the weights."""
    return isinstance(part, s.ScaledAdam | s.LAMB) or (isinstance(part, s.Adafactor) and part.relative)


@singledispatch
def optimiser(part: s.Optimiser, model: nn.Module, lr: float) -> torch.optim.Optimizer:
    """The optimiser of a recipe over a model's parameters; ``lr`` is the peak of the schedule.

    Raises:
        InputError: when nothing makes this type of optimiser.
    """
    raise InputError(f"nothing makes {type(part).__name__}")


@optimiser.register
def _(part: s.AdamW, model: nn.Module, lr: float) -> torch.optim.Optimizer:
    decayed: list[nn.Parameter] = []
    spared: list[nn.Parameter] = []
    for row, tensor in owned(model):
        (decayed if part.decay and _decays(row, part.decays) else spared).append(tensor)
    groups = [{"params": decayed, "weight_decay": part.decay}, {"params": spared, "weight_decay": 0.0}]
    kept: list[Any] = [group for group in groups if group["params"]]
    return torch.optim.AdamW(kept, lr=lr, betas=(part.beta1, part.beta2), eps=part.eps, fused=True)


@optimiser.register
def _(part: s.Adafactor, model: nn.Module, lr: float) -> torch.optim.Optimizer:
    outs = [tuple(size for _, size in row.outs) for row, _ in owned(model)]
    return Adafactor([tensor for _, tensor in owned(model)], lr, outs, relative=part.relative)


@optimiser.register
def _(part: s.ScaledAdam, model: nn.Module, lr: float) -> torch.optim.Optimizer:
    rows = [*owned(model)]
    outs = [tuple(size for _, size in row.outs) for row, _ in rows]
    return ScaledAdam([tensor for _, tensor in rows], lr, outs, part.beta1)


@optimiser.register
def _(part: s.Adagrad, model: nn.Module, lr: float) -> torch.optim.Optimizer:
    held = [tensor for _, tensor in owned(model)]
    return torch.optim.Adagrad(held, lr=lr, initial_accumulator_value=part.initial)


@optimiser.register
def _(part: s.Lion, model: nn.Module, lr: float) -> torch.optim.Optimizer:
    rows = list(owned(model))
    groups = [
        {"params": [tensor for row, tensor in rows if len(row.shape) > 1], "weight_decay": part.decay},
        {"params": [tensor for row, tensor in rows if len(row.shape) < 2], "weight_decay": 0.0},
    ]
    return Lion([group for group in groups if group["params"]], lr, (part.beta1, part.beta2))


@optimiser.register
def _(part: s.LAMB, model: nn.Module, lr: float) -> torch.optim.Optimizer:
    return LAMB([*owned(model)], lr, part)


def by_layer(made: torch.optim.Optimizer, rates: s.Rates | None, model: nn.Module) -> torch.optim.Optimizer:
    """An optimiser whose groups are parted by layer, each with its share of the rate.

    Layers are counted over both stacks of a model that has two, the encoder's below the decoder's; what is read before
    them stands below all, and heads, as what follows the last layer, above all.

    Raises:
        InputError: for an optimiser that has one group, and a model whose layers do not follow each other.
    """
    if rates is None:
        return made
    if isinstance(model, WholeModel):
        check_layered(model.spec, "Rates")
    if not isinstance(made, torch.optim.AdamW | torch.optim.Adagrad | Lion):
        raise InputError(f"rates by layer need AdamW, Adagrad or Lion; the stage's optimiser is {type(made).__name__}")
    paths = {id(tensor): path for path, tensor in model.named_parameters()}
    blocks = [name for name, each in model.named_modules() if re.fullmatch(r"(.*\.)?blocks\.\d+", name)]
    layers = {name: number for number, name in enumerate(blocks, 1)}
    parted = list[dict[str, Any]]()
    for group in made.param_groups:
        shares: dict[float, list[nn.Parameter]] = {}
        for tensor in group["params"]:
            shares.setdefault(_share(paths[id(tensor)], layers, rates), []).append(tensor)
        parted += [{**group, "params": tensors, RATE: share} for share, tensors in shares.items()]
    made.param_groups[:] = parted
    return made


def _share(path: str, layers: Mapping[str, int], rates: s.Rates) -> float:
    top = len(layers)
    if path.startswith("heads."):
        return rates.head
    inside = next((number for name, number in layers.items() if path.startswith(f"{name}.")), None)
    if inside is None:
        inside = top if ".norm_out." in path else 0
    return rates.decay ** (top - inside)


def owned(model: nn.Module) -> Iterator[tuple[s.Row, nn.Parameter]]:
    """Each tensor that learns, and its row in the ledger; a low-rank update follows the weight that it is added to.

    What the objective owns comes last: whole models by their own ledgers, other tensors as they are.
    """
    tensors = {path: tensor for path, tensor in model.named_parameters() if tensor.requires_grad}
    updates = [path for path in tensors if f".{UPDATE}." in path]
    for row in s.rows(model.spec):  # type: ignore[arg-type]
        if row.path in tensors:
            yield row, tensors[row.path]
        for path in updates:
            if path.startswith(f"{row.path.removesuffix('weight')}{UPDATE}."):
                shape = tuple(tensors[path].shape)
                yield replace(row, path=path, shape=shape, piece=linear(shape[1], shape[0], bias=False)), tensors[path]
    beside = {path: tensor for path, tensor in tensors.items() if path.startswith(f"{OWNED}.")}
    for name, module in model.named_modules():
        if name.startswith(f"{OWNED}.") and isinstance(module, WholeModel) and isinstance(module.spec, s.Model):
            for row in s.rows(module.spec):
                if (path := f"{name}.{row.path}") in beside:
                    yield replace(row, path=path), beside.pop(path)
    for path, tensor in beside.items():
        yield s.Row(path, tuple(tensor.shape), Weight(tuple(tensor.shape)), model.spec, None), tensor  # type: ignore[arg-type]


def _decays(row: s.Row, which: str) -> bool:
    if which == "all":
        return True
    if row.is_bias or isinstance(row.part, Norm) or len(row.shape) < 2:
        return False
    return which == "matrices" or not row.embedding


class Adafactor(torch.optim.Optimizer):
    """Adafactor without momentum (Shazeer & Stern 2018, algorithm 4).

    Products that are computed together keep scales of their own: ``outs`` are their sizes along the first axis.

    Args:
        relative: whether the rate is a share of each tensor's scale.

    Raises:
        InputError: for tensors that are shared out among processes.
    """

    def __init__(
        self, params: list[nn.Parameter], lr: float, outs: list[tuple[int, ...]], *, relative: bool = True
    ) -> None:
        if any(isinstance(each, DTensor) for each in params):
            name = type(self).__name__
            raise InputError(f"sharded is True, but {name} needs whole tensors: leave it out, or train by AdamW")
        super().__init__(params, {"lr": lr, "eps": 1e-30, "least": 1e-3, "clip": 1.0, "power": 0.8})
        self.outs, self.relative = outs, relative

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Move every tensor that has a gradient."""
        group = self.param_groups[0]
        for tensor, outs in zip(group["params"], self.outs):
            if tensor.grad is None:
                continue
            state = self.state[tensor]
            state.setdefault("step", torch.zeros(()))
            state["step"] += 1
            decay = 1 - float(state["step"]) ** -group["power"]
            if len(outs) == 1:
                self._move(tensor, tensor.grad, state, "0", decay, group)
                continue
            for i, (x, g) in enumerate(zip(tensor.split(outs), tensor.grad.split(outs))):
                self._move(x, g, state, str(i), decay, group)

    def _move(self, x: Tensor, g: Tensor, state: dict[str, Any], key: str, decay: float, group: dict[str, Any]) -> None:
        squares = g * g + group["eps"]
        if x.dim() > 1:
            row = averaged(state, f"row{key}", squares.mean(-1), decay)
            column = averaged(state, f"column{key}", squares.mean(-2), decay)
            scale = (row / row.mean(-1, keepdim=True)).rsqrt()[..., None] * column.rsqrt()[..., None, :]
        else:
            scale = averaged(state, f"full{key}", squares, decay).rsqrt()
        update = g * scale
        rate = group["lr"] / (rms(update) / group["clip"]).clamp(min=1.0)
        x.sub_(update * (rate * rms(x).clamp(min=group["least"]) if self.relative else rate))


def averaged(state: dict[str, Any], name: str, value: Tensor, decay: float) -> Tensor:
    if name not in state:
        state[name] = torch.zeros_like(value)
    average: Tensor = state[name]
    return average.mul_(decay).add_(value, alpha=1 - decay)


def rms(x: Tensor) -> Tensor:
    return x.square().mean().sqrt()


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


class LAMB(torch.optim.Optimizer):
    """Adam's step and the decay, together brought to the length of the tensor (You et al. 2020, algorithm 2).

    Gains and biases neither decay nor are they scaled, and a tensor of zeros is not scaled either, as in
    google-research/albert lamb_optimizer.py. Products that are computed together keep lengths of their own.
    """

    def __init__(self, rows: list[tuple[s.Row, nn.Parameter]], lr: float, part: s.LAMB) -> None:
        defaults = {"lr": lr, "betas": (part.beta1, part.beta2), "eps": part.eps, "weight_decay": part.decay}
        super().__init__([tensor for _, tensor in rows], defaults)
        self.outs = [tuple(size for _, size in row.outs) if _decays(row, "matrices") else () for row, _ in rows]

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]
        """Move every tensor that has a gradient."""
        group = self.param_groups[0]
        first, second = group["betas"]
        for tensor, outs in zip(group["params"], self.outs):
            if tensor.grad is None:
                continue
            state = self.state[tensor]
            state.setdefault("step", torch.zeros(()))
            state["step"] += 1
            mean = averaged(state, "mean", tensor.grad, first) / (1 - first ** float(state["step"]))
            square = averaged(state, "square", tensor.grad.square(), second) / (1 - second ** float(state["step"]))
            update = mean / (square.sqrt() + group["eps"])
            if not outs:
                tensor.sub_(update, alpha=group["lr"])
                continue
            update.add_(tensor, alpha=group["weight_decay"])
            for x, step in zip(tensor.split(outs), update.split(outs)):
                length, moved = x.norm(), step.norm()
                x.sub_(step * torch.where((length > 0) & (moved > 0), length / moved, 1.0), alpha=group["lr"])


# ---------------------------------------------------------------- schedules


@singledispatch
def lr_factor(schedule: s.Schedule, step: int, steps: int) -> float:
    """The rate of a step, counted from 0, as a share of the peak.

    Raises:
        InputError: when nothing computes this type of schedule.
    """
    raise InputError(f"nothing computes {type(schedule).__name__}")


@lr_factor.register
def _(schedule: s.Constant, step: int, steps: int) -> float:
    return _rise(step, schedule.warmup)


@lr_factor.register
def _(schedule: s.LinearDecay, step: int, steps: int) -> float:
    if step < schedule.warmup:
        return _rise(step, schedule.warmup)
    return schedule.floor + (1 - schedule.floor) * (1 - _done(schedule, step, steps))


@lr_factor.register
def _(schedule: s.Cosine, step: int, steps: int) -> float:
    if step < schedule.warmup:
        return _rise(step, schedule.warmup)
    return schedule.floor + (1 - schedule.floor) * (1 + math.cos(math.pi * _done(schedule, step, steps))) / 2


def _done(schedule: s.LinearDecay | s.Cosine, step: int, steps: int) -> float:
    """The share of the way down that lies behind."""
    whole = max(1, (schedule.over or steps) - schedule.warmup)
    return min(1.0, (step - schedule.warmup) / whole)


@lr_factor.register
def _(schedule: s.Noam, step: int, steps: int) -> float:
    return min(_rise(step, schedule.warmup), math.sqrt(schedule.warmup / (step + 1)))


@lr_factor.register
def _(schedule: s.InverseSquareRoot, step: int, steps: int) -> float:
    if step < schedule.warmup:
        return _rise(step, schedule.warmup) if schedule.rising else 1.0
    return math.sqrt(schedule.warmup / (step + 1))


def _rise(step: int, warmup: int) -> float:
    return min(1.0, (step + 1) / max(1, warmup))


def fitted_schedule(stage: s.Stage, steps: int) -> s.Schedule:
    """The stage's schedule for a run of so many steps: the same shape, warmup in proportion.

    The warmup's share is the paper's, but at least a twentieth (a handful of steps would not do what it is for) and
    at most a quarter of the run; a twentieth where the paper does not give its steps.
    """
    if steps == stage.steps:
        return stage.schedule
    warmup = getattr(stage.schedule, "warmup", 0)
    part = warmup / stage.steps if stage.steps else LEAST_WARMUP
    changes: dict[str, Any] = {}
    if warmup:
        changes["warmup"] = max(1, round(steps * min(max(part, LEAST_WARMUP), MOST_WARMUP)))
    over = getattr(stage.schedule, "over", None)
    if over:
        changes["over"] = round(over / stage.steps * steps) if stage.steps else None
    return stage.schedule.but(**changes)


def peak_lr(stage: s.Stage, paper: s.Model, model: s.Model) -> float:
    """The peak rate for a model of another width than the paper's, which is that of ``rate_model``.

    Adam's steps are of the rate's own size whatever the gradient, so their effect on a sum over d_model inputs grows
    with d_model: the rate is the paper's times the ratio of the widths (Yang et al. 2022, table 3), at most 16 times
    it and at most 0.003.

    The rates of Adafactor, Scaled Adam and LAMB are shares of the weights. A product's weights, drawn by fan-in, are as
    the square root of the ratio larger in a narrower model, and such a step needs another square root to be Adam's; no
    paper says so, and tables and gains take it too. It is at most 4 times the paper's rate, and never less: PaLM's
    small self ends at 3.86 nats after 400 steps, at the paper's own rate at 4.19.
    """
    lr = published_lr(stage, paper)
    ratio = width(paper) / width(model)
    if is_relative(stage.optimiser):
        return lr * math.sqrt(max(1.0, min(ratio, MOST_RAISED)))
    return max(lr if ratio >= 1 else 0.0, min(lr * min(ratio, MOST_RAISED), HIGHEST))


def rate_reason(stage: s.Stage, paper: s.Model, model: s.Model) -> str:
    """Why ``peak_lr`` is another than the paper's, in a line; empty where it is the same."""
    here, published = peak_lr(stage, paper, model), published_lr(stage, paper)
    if here == published:
        return ""
    widths = f"published for d_model {width(paper):,}, here {width(model):,}"
    if is_relative(stage.optimiser):
        most = math.sqrt(MOST_RAISED)
        return f"{widths}: raised by the square root of the ratio, at most {most:g} times, as a share of the weights"
    if here < published:
        return f"{widths}: lowered by the ratio"
    return f"{widths}: raised by the ratio, at most {MOST_RAISED:g} times and to {HIGHEST:g}"


def published_lr(stage: s.Stage, paper: s.Model) -> float:
    """The paper's own peak rate, which its schedule may take from the model's width."""
    lr = float(stage.optimiser.lr)  # type: ignore[attr-defined]
    schedule = stage.schedule
    return lr * (width(paper) * schedule.warmup) ** -0.5 if isinstance(schedule, s.Noam) else lr
