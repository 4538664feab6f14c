"""Learning from examples by an objective: ``fit`` trains any model on any source of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from clados import spec as s
from clados.data.errors import DataError
from clados.data.packing import generator
from clados.data.sampler import Lanes, Sampler
from clados.errors import InputError
from clados.nn.kinds.model import WholeModel
from clados.objectives import Batch, Loss, Memory, Setting, Source, Task, VocabIds, task, training_loss
from clados.objectives.rollouts import RolloutTask
from clados.train.ahead import Ahead
from clados.train.devices import Devices, world
from clados.train.log import Show
from clados.train.loop import Result, Trainer
from clados.train.trained import OWNED, hold
from clados.train.unit import Run, Unit

MOST_EPOCHS = 32  # over the held-out examples in one evaluation
HELD_OUT_LANES = 8  # texts that are gone through side by side where a model remembers
DECODER_INPUTS = "decoder_"  # what the names of a decoder's inputs begin with
HELD_OUT = 1_000_003  # the seed of what is held out, so that it is prepared the same in every run


def fit(
    model: WholeModel,
    stage: s.Stage,
    source: Source,
    run: Run,
    *,
    setting: Setting | None = None,
    held_out: Source | None = None,
    folder: Path | None = None,
    show: Show | None = None,
    resume: bool = False,
) -> Result:
    """Train a model on a stage's objective, with its optimiser and the shape of its schedule.

    Args:
        model: what ``clados.build`` gives.
        stage: a stage of a recipe, ``declaration.recipe.stages[0]``.
        source: examples by number: ``len(source)`` and ``source.at(index, epoch)``.
        run: steps, batch, rate, seed ...
        setting: the sequence length and the vocabulary's roles; the declared ones when not given.
        held_out: what is measured before, after and ``run.every`` steps.
        folder: where log.jsonl and checkpoints go.

    What is trained with the model, low-rank updates and what the objective owns, stays there until
    ``clados.train.trained.merge`` takes it away.

    Raises:
        CladosError: see ``Trainer.fit``.
    """
    if setting is None:
        spec: s.Model = model.spec
        vocab_ids = VocabIds.declared(spec.vocab) if spec.reads(s.Tokens) else None
        setting = Setting(spec, stage.length or 0, vocab_ids)
    unit = SupervisedUnit(model, stage, setting, source, run, held_out)
    return Trainer(unit, run, folder, show or Show()).fit(resume=resume)


@dataclass
class SupervisedUnit(Unit):
    """A model that learns from examples by an objective.

    Attributes:
        shuffled: whether it is a control that has nothing to learn, see ``prepared``.
    """

    model: WholeModel
    stage: s.Stage
    setting: Setting
    source: Source
    run: Run
    held_out: Source | None = None
    shuffled: bool = False

    def __post_init__(self) -> None:
        self.task: Task[Any, Any] = task(self.stage.objective)
        if isinstance(self.task, RolloutTask):
            name = type(self.stage.objective).__name__
            raise InputError(f"{name} learns from judged answers, and no judge is given")
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
        self.ahead = Ahead(self.batches, run.steps)

    def equip(self, model: WholeModel) -> None:  # type: ignore[override]
        hold(self.stage, model, self.run.seed)
        if owned := self.task.owned(model, self.setting, self.run.seed):
            model.add_module(OWNED, owned)

    def updates(self, step: int) -> Iterator[Sequence[Batch]]:
        """The batches of a step; those of the next are prepared in a thread while this one learns from them."""
        yield self.ahead(step)

    def batches(self, step: int) -> list[Batch]:
        """The batches of a step, whose gradients are added up."""
        return [
            self.prepared(self.task, self.source, rows, self.run.seed, self._at(step))
            for rows in _drawn(self.sampler, step, self.micro)
        ]

    def _at(self, step: int) -> Setting:
        """The setting of a step of the run."""
        return replace(self.setting, update=step / self.run.steps * (self.stage.steps or self.run.steps))

    def loss(self, batch: Batch) -> Loss:
        return self.memory.run(partial(training_loss, self.task), self.model, batch)

    @property
    def carried(self) -> dict[str, Tensor]:
        return self.world.collected(self.memory.saved()) if self.task.remembers else {}

    def resume(self, carried: Mapping[str, Tensor]) -> None:
        if isinstance(self.sampler, Lanes):
            self.memory.restore(carried, self.sampler.numbers, self.device)

    def evaluate(self, devices: Devices, targets: int = 0) -> dict[str, float]:
        """The mean loss and measures over held-out examples, each term over its own targets.

        Prepared from fixed seeds, the same in every run, so that runs can be compared: the same ones are drawn, and
        for more ``targets`` all are prepared anew (other tokens masked).

        Raises:
            DataError: when the examples hold nothing to predict.
        """
        if self.held_out is None:
            return {}
        held_out, world, source = self.task.held_out, self.world, self.held_out
        number = len(source) if targets else min(len(source), self.run.held_out)
        sums: dict[str, list[float]] = {}
        for epoch in range(MOST_EPOCHS):
            memory = Memory()
            for rows, counted in self._shares(epoch, number, len(source)):
                batch = self.prepared(held_out, source, rows, HELD_OUT)
                batch = held_out.text_only(batch, self.setting) if self.text_only else batch
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

    def judged(self, found: Mapping[str, float]) -> float:
        return self.task.main_loss(found)

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

    def prepared(
        self, task: Task[Any, Any], source: Source, drawn: "Drawn", seed: int, setting: Setting | None = None
    ) -> Batch:
        """The batch of some examples.

        A control's examples hold no order (``SourceConfig.shuffled``), but what a decoder writes may still be read off
        what its encoder sees, where both are made of one text: its decoder writes the target of another example.
        """
        rows = [(task.epoch(epoch), index) for epoch, index in drawn.rows]
        setting = setting or self.setting
        batch = self._batch(task, source, rows, seed, setting)
        if self.shuffled and any(name.startswith(DECODER_INPUTS) for name in batch.inputs):
            number = len(source)
            others = [(epoch, (index + number // 2) % number) for epoch, index in rows]
            batch = unpaired(batch, self._batch(task, source, others, seed, setting))
        batch = replace(batch, lanes=drawn.lanes, begins=drawn.begins)
        return batch.to(self.device) if self.device.type == "cuda" else batch

    def _batch(
        self, task: Task[Any, Any], source: Source, rows: Sequence[tuple[int, int]], seed: int, setting: Setting
    ) -> Batch:
        examples = [source.at(index, epoch) for epoch, index in rows]
        return task.prepare(examples, [generator(seed, 1, epoch, index) for epoch, index in rows], setting)

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
