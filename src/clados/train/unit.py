"""What a run trains. The loop knows a unit and nothing else: not which objective, nor how many models.

``SupervisedUnit`` learns from examples. Others fit beside it: one whose model holds a generator or a teacher, or one
that samples answers in ``updates`` and goes over them several times.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import torch
from torch import Tensor, nn

from clados import spec as s
from clados.errors import InputError
from clados.nn.core.module import module
from clados.objectives import Batch, Loss
from clados.train.devices import Devices
from clados.train.optimisers import by_layer, optimiser
from clados.train.trained import hold, merge

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}


@dataclass(frozen=True, kw_only=True)
class Run:
    """The numbers of one run.

    Attributes:
        batch: examples of a step, over all processes.
        micro: examples computed at once by one process; a step adds up as many as it takes.
        lr: the peak of the schedule.
        every: steps between evaluations; 0 for none but the first and the last.
        save_every: steps between checkpoints; 0 for none but the last.
        held_out: examples of each evaluation at most.
        patience: evaluations in a row without a better one after which the run ends; the best weights are what comes of
            it then. None: those of the last step.
        best: the best weights are what comes of it, though it goes to its last step.
        sharded: each process holds a part of every tensor only.
    """

    steps: int
    batch: int = 16
    micro: int | None = None
    lr: float = 1e-3
    seed: int = 0
    dtype: Literal["float32", "bfloat16"] = "float32"
    every: int = 0
    save_every: int = 0
    held_out: int = 256
    patience: int | None = None
    best: bool = False
    sharded: bool = False

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "micro", "held_out", "patience"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise InputError(f"{name} is {value}; it must be at least 1")
        if self.dtype not in DTYPES:
            raise InputError(f"dtype is {self.dtype!r}; allowed: {', '.join(DTYPES)}")
        if not 0 < self.lr < math.inf:
            raise InputError(f"lr is {self.lr}; it must be above 0")


def smaller(model: s.Model | None, options: Sequence[str]) -> str:
    """What to try where memory is too small: ``try a smaller --micro or --batch``.

    Args:
        model: what is trained, where it is known: one that reads images alone has no length.
    """
    images = model is not None and all(isinstance(each.inputs, s.ImageInputs) for each in model.towers)
    *first, last = (each for each in options if each != "--length" or not images)
    return f"try a smaller {' or '.join([', '.join(first), last] if first else [last])}"


class Unit(ABC):
    """What a run trains.

    Attributes:
        model: all modules that learn, or that are saved with those that do.
        stage: its schedule and clipping are the loop's.
        text_only: which word is asked for in evaluations, where one stands: special tokens are neither asked for nor
            guessed.
        noted: what a unit has to say of its last step beside losses, for the log.
    """

    model: nn.Module
    stage: s.Stage
    text_only: bool = False
    noted: Mapping[str, float] = MappingProxyType({})

    def optimiser(self, lr: float) -> torch.optim.Optimizer:
        """The stage's optimiser over what learns; ``lr`` is the peak of the schedule."""
        made = optimiser(self.stage.optimiser, self.model, lr)
        return by_layer(made, self.stage.rates, self.model) if isinstance(self.stage, s.Tuning) else made

    def equip(self, model: nn.Module) -> None:
        """Make a model of the unit's declaration ready to learn: what stays is held, what is needed beside it added."""
        hold(self.stage, model)

    @abstractmethod
    def updates(self, step: int) -> Iterator[Sequence[Batch]]:
        """For each update of the weights in a step, the batches of this process whose gradients are added up."""

    @abstractmethod
    def loss(self, batch: Batch) -> Loss:
        """The loss of a batch in training."""

    @property
    def carried(self) -> dict[str, Tensor]:
        """What the next step depends on beside weights and moments, of all processes; kept in the run's checkpoints."""
        return {}

    def resume(self, carried: Mapping[str, Tensor]) -> None:
        """Go on with what was ``carried``, which is nothing where a unit carries nothing."""
        assert not carried

    @abstractmethod
    def evaluate(self, devices: Devices, targets: int = 0) -> dict[str, float]:
        """Losses and measures on some of what is held out; empty when nothing is.

        Args:
            targets: on all of it instead, and until there are so many predictions; then ``targets`` says how many.
        """

    def judged(self, found: Mapping[str, float]) -> float:
        """Of an evaluation the number that is to become small."""
        return found["loss"]

    @property
    @abstractmethod
    def recorded(self) -> dict[str, Any]:
        """All that decides what the unit comes to, as plain data."""

    def trained(self, weights: Mapping[str, Tensor] | None = None) -> nn.Module:
        """The model that came of it, of its declaration and no more; where it is sharded, of its whole ``weights``."""
        model = self.model
        if weights is not None:
            model = module(model.spec)  # type: ignore[arg-type]
            self.equip(model)
            model.load_state_dict(weights)
        merge(model)
        return model.eval()
