"""What a run trains. The loop knows a unit and nothing else: not which objective, nor how many models.

``SupervisedUnit`` learns from examples. Others fit beside it: one whose model holds a generator or a teacher, or one
that samples answers in ``updates`` and goes over them several times.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from clados import spec as s
from clados.data.errors import DataError
from clados.data.packing import generator
from clados.data.sampler import Lanes, Sampler
from clados.errors import InputError
from clados.nn.kinds.model import WholeModel
from clados.objectives import Batch, Loss, Memory, Setting, Source, Task, task, training_loss
from clados.train.devices import Devices, world
from clados.train.optimisers import optimiser
from clados.train.trained import OWNED, hold

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
MOST_EPOCHS = 32  # over the held-out examples in one evaluation
HELD_OUT_LANES = 8  # texts that are gone through side by side where a model remembers
DECODER_INPUTS = "decoder_"  # what the names of a decoder's inputs begin with
HELD_OUT = 1_000_003  # the seed of what is held out, so that it is prepared the same in every run


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
    sharded: bool = False

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "micro", "held_out"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise InputError(f"{name} is {value}; it must be at least 1")
        if self.dtype not in DTYPES:
            raise InputError(f"dtype is {self.dtype!r}; allowed: {', '.join(DTYPES)}")
        if not 0 < self.lr < math.inf:
            raise InputError(f"lr is {self.lr}; it must be above 0")


class Unit(ABC):
    """What a run trains.

    Attributes:
        model: all modules that learn, or that are saved with those that do.
        stage: its schedule and clipping are the loop's.
    """

    model: nn.Module
    stage: s.Stage

    def optimiser(self, lr: float) -> torch.optim.Optimizer:
        """The stage's optimiser over what learns; ``lr`` is the peak of the schedule."""
        return optimiser(self.stage.optimiser, self.model, lr)

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
    def evaluate(self, devices: Devices) -> dict[str, float]:
        """Losses and measures on what is held out; empty when nothing is."""

    @property
    @abstractmethod
    def recorded(self) -> dict[str, Any]:
        """All that decides what the unit comes to, as plain data."""


@dataclass
class SupervisedUnit(Unit):
    """A model that learns from examples by an objective.

    Attributes:
        text_only: how what is held out is measured, as in ``measured``.
        shuffled: whether it is a control that has nothing to learn, see ``prepared``.
    """

    model: WholeModel
    stage: s.Stage
    setting: Setting
    source: Source
    run: Run
    held_out: Source | None = None
    text_only: bool = False
    shuffled: bool = False

    def __post_init__(self) -> None:
        self.task: Task[Any, Any] = task(self.stage.objective)
        self.device = next(self.model.parameters()).device
        self.world, run = world(), self.run
        number, of, shared = len(self.source), (self.world.rank, self.world.size), self.task.remembers
        self.sampler = Lanes(number, run.batch, *of) if shared else Sampler(number, run.seed, run.batch, *of)
        self.memory = Memory()
        own = len(self.sampler.step(0))
        self.micro = min(run.micro or own, own)
        if self.task.whole_batch and self.micro < own:
            name = type(self.stage.objective).__name__
            raise InputError(f"micro is {self.micro}: {name} compares a whole batch, so it must be {run.batch}")

    def equip(self, model: WholeModel) -> None:  # type: ignore[override]
        hold(self.stage, model, self.run.seed)
        if owned := self.task.owned(model, self.setting, self.run.seed):
            model.add_module(OWNED, owned)

    def updates(self, step: int) -> Iterator[Sequence[Batch]]:
        yield [
            self.prepared(self.task, self.source, rows, self.run.seed)
            for rows in _drawn(self.sampler, step, self.micro)
        ]

    def loss(self, batch: Batch) -> Loss:
        return self.memory.run(partial(training_loss, self.task), self.model, batch)

    @property
    def carried(self) -> dict[str, Tensor]:
        return self.world.collected(self.memory.saved()) if self.task.remembers else {}

    def resume(self, carried: Mapping[str, Tensor]) -> None:
        if isinstance(self.sampler, Lanes):
            self.memory.restore(carried, self.sampler.numbers, self.device)

    def evaluate(self, devices: Devices) -> dict[str, float]:
        if self.held_out is None:
            return {}
        return self.measured(devices, self.held_out, self.run.held_out, text_only=self.text_only)

    def measured(
        self,
        devices: Devices,
        source: Source,
        examples: int | None = None,
        *,
        targets: int = 0,
        text_only: bool = False,
    ) -> dict[str, float]:
        """The mean loss and measures over held-out examples, each term over its own targets.

        Prepared from fixed seeds, the same in every run, so that runs can be compared.

        Args:
            examples: so many of them, drawn once; all when not given.
            targets: go over them again, prepared anew (other tokens masked), until there are so many predictions;
                then ``targets`` says how many there were.
            text_only: which word, where one stands: special tokens are neither asked for nor guessed.

        Raises:
            DataError: when the examples hold nothing to predict.
        """
        held_out, world = self.task.held_out, self.world
        number = min(len(source), examples or len(source))
        sums: dict[str, list[float]] = {}
        for epoch in range(MOST_EPOCHS):
            memory = Memory()
            for rows, counted in self._shares(epoch, number, len(source)):
                batch = self.prepared(held_out, source, rows, HELD_OUT)
                batch = held_out.text_only(batch, self.setting) if text_only else batch
                found = devices.run(memory.run, held_out.loss, self.model, batch)
                if counted:
                    _add(sums, found)
            whole = world.merged(sums)
            reached = next(iter(whole.values()))[1]
            if reached >= targets:
                break
        if empty := [name.removeprefix("+") for name, (_, weight) in whole.items() if not weight]:
            raise DataError(f"none of the {number} held-out examples has anything to predict ({', '.join(empty)})")
        return {**_means(whole), "targets": reached} if targets else _means(whole)

    def _shares(self, epoch: int, number: int, of: int) -> Iterator[tuple["Drawn", bool]]:
        """This process's batches of held-out examples in an epoch, and whether their losses are to be counted.

        Every process runs as often: the last ones again what another has already counted. Where a model remembers, all
        of them go through the same lanes, so that no figure depends on how many there are.
        """
        size, world = self.run.batch if self.task.whole_batch else self.micro, self.world
        if self.task.remembers:
            lanes = Lanes(number, min(number, HELD_OUT_LANES))
            for step in range(epoch * lanes.steps, (epoch + 1) * lanes.steps):
                yield from ((rows, world.first) for rows in _drawn(lanes, step, size))
            return
        chosen = np.sort(generator(HELD_OUT).permutation(of)[:number])
        rows = [(epoch, int(i)) for i in chosen]
        groups = [rows[at : at + size] for at in range(0, len(rows), size)]
        for at in range(world.rank, -(-len(groups) // world.size) * world.size, world.size):
            yield Drawn(groups[min(at, len(groups) - 1)]), at < len(groups)

    def prepared(self, task: Task[Any, Any], source: Source, drawn: "Drawn", seed: int) -> Batch:
        """The batch of some examples.

        A control's examples hold no order (``SourceConfig.shuffled``), but what a decoder writes may still be read off
        what its encoder sees, where both are made of one text: its decoder writes the target of another example.
        """
        rows = [(task.epoch(epoch), index) for epoch, index in drawn.rows]
        batch = self._batch(task, source, rows, seed)
        if self.shuffled and any(name.startswith(DECODER_INPUTS) for name in batch.inputs):
            number = len(source)
            others = [(epoch, (index + number // 2) % number) for epoch, index in rows]
            batch = unpaired(batch, self._batch(task, source, others, seed))
        batch = replace(batch, lanes=drawn.lanes, begins=drawn.begins)
        return batch.to(self.device) if self.device.type == "cuda" else batch

    def _batch(self, task: Task[Any, Any], source: Source, rows: Sequence[tuple[int, int]], seed: int) -> Batch:
        examples = [source.at(index, epoch) for epoch, index in rows]
        return task.prepare(examples, [generator(seed, 1, epoch, index) for epoch, index in rows], self.setting)

    @property
    def recorded(self) -> dict[str, Any]:
        facts = {"length": self.setting.length, "examples": len(self.source)}
        return {"declaration": repr(getattr(self.model, "spec", None)), "stage": repr(self.stage), **facts}


def unpaired(read: Batch, written: Batch) -> Batch:
    """What the encoder reads in the one batch, and what the decoder writes in the other, of as many rows."""
    inputs = {name: value for name, value in read.inputs.items() if not name.startswith(DECODER_INPUTS)}
    inputs |= {name: value for name, value in written.inputs.items() if name.startswith(DECODER_INPUTS)}
    return replace(written, inputs=inputs)


@dataclass(frozen=True)
class Drawn:
    """Examples of a batch by epoch and number; the texts that they go on with, where a model remembers."""

    rows: Sequence[tuple[int, int]]
    lanes: tuple[int, ...] | None = None
    begins: bool = False


def _drawn(sampler: Sampler | Lanes, step: int, size: int) -> list[Drawn]:
    """The examples of a step, so many at once."""
    rows = sampler.step(step)
    cuts = [slice(at, at + size) for at in range(0, len(rows), size)]
    if isinstance(sampler, Sampler):
        return [Drawn(rows[cut]) for cut in cuts]
    return [Drawn(rows[cut], tuple(sampler.numbers[cut]), sampler.begins(step)) for cut in cuts]


def _add(sums: dict[str, list[float]], found: Loss) -> None:
    """Terms of the loss get a plus sign before their name."""
    named = {f"+{name}": term for name, term in found.parts.items()} | found.measures
    for name, term in named.items():
        total = sums.setdefault(name, [0.0, 0.0])
        total[0] += float(term.sum)
        total[1] += term.weight


def _means(sums: dict[str, list[float]]) -> dict[str, float]:
    """The loss, its terms where it has several, and the measures."""
    means = {name: total / weight for name, (total, weight) in sums.items()}
    terms = {name.removeprefix("+"): value for name, value in means.items() if name.startswith("+")}
    measures = {name: value for name, value in means.items() if not name.startswith("+")}
    return {"loss": sum(terms.values()), **(terms if len(terms) > 1 else {}), **measures}
