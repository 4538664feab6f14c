"""fit: the one loop that trains every model.

A step is a function of the weights, the seed and its number: which examples, how they are prepared and which units
are dropped all follow from these. So a run that was killed goes on as if it had not been, and needs no state but the
step, the weights and the optimiser's moments.
"""

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import nn

from clados import spec as s
from clados.checkpoints.atomic import LOCK, locked
from clados.data.packing import generator
from clados.data.sampler import Sampler
from clados.errors import CladosError
from clados.nn.memory import enough_memory
from clados.objectives import Batch, Loss, Setting, Source, Task, Words, task, training_loss
from clados.train import saved
from clados.train.log import Entry, Log, Show
from clados.train.optimisers import fitted, optimiser, share
from clados.train.processes import World, world
from clados.train.recorded import differences

FORMS = {"float32": torch.float32, "bfloat16": torch.bfloat16}
CHECKPOINTS = "checkpoints"  # the folder of a run in which they are
WATCHING = ("every", "save_every", "held_out")  # what of a run's numbers changes nothing of what it comes to
MOST_EPOCHS = 32  # over the held-out examples in one evaluation
SMALLER = "try a smaller --micro, --batch, --length or --params"
HELD_OUT = 1_000_003  # added to the seed of what is held out, so that it is prepared the same in every run


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

    def __post_init__(self) -> None:
        for name in ("steps", "batch", "micro", "held_out"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise CladosError(f"{name} is {value}; it must be at least 1")
        if self.dtype not in FORMS:
            raise CladosError(f"dtype is {self.dtype!r}; allowed: {', '.join(FORMS)}")
        if not 0 < self.lr < math.inf:
            raise CladosError(f"lr is {self.lr}; it must be above 0")


@dataclass
class Result:
    """What came of a run: its log, whether it reached its last step, and the checkpoint to go on from."""

    entries: list[Entry]
    finished: bool
    checkpoint: Path | None = None

    @property
    def losses(self) -> list[float]:
        """The loss of each step."""
        return [entry["loss"] for entry in self.entries if "loss" in entry]

    @property
    def held_out(self) -> list[dict[str, float]]:
        """The evaluations, in order."""
        return [entry["held_out"] for entry in self.entries if "held_out" in entry]


@dataclass
class Trainer:
    """A model, what it learns and from what; ``fit`` runs it.

    Attributes:
        stage: objective, optimiser, schedule and clipping.
        folder: where checkpoints and log.jsonl go; nothing is written without one.
        notes: more that decides what the run comes to; kept in a checkpoint's state, and compared when it goes on.
        text_only: how what is held out is measured on the way, as in ``evaluate``.
        stop: asked after each step; when it says so the run is saved and ends.
        begin: called before the first step, when it is sure that a run that goes on is the same.
    """

    model: nn.Module
    stage: s.Stage
    setting: Setting
    source: Source
    run: Run
    held_out: Source | None = None
    folder: Path | None = None
    show: Show = field(default_factory=Show)
    notes: dict[str, Any] = field(default_factory=dict)
    text_only: bool = False
    stop: Callable[[], bool] = bool
    begin: Callable[[], object] = bool

    def __post_init__(self) -> None:
        self.task: Task[Any, Any] = task(self.stage.objective)
        self.world: World = world()
        self.device = next(self.model.parameters()).device
        self.schedule = fitted(self.stage, self.run.steps)
        self.optimiser = optimiser(self.stage.optimiser, self.model, self.run.lr)
        self.sampler = Sampler(len(self.source), self.run.seed, self.run.batch, self.world.rank, self.world.size)
        self.micro = min(self.run.micro or self.run.batch, len(self.sampler.step(0)))
        if trained := getattr(self.stage, "trains", None):
            raise CladosError(f"Stage.trains is {trained!r}: training a part of a model is not there yet")
        if self.task.whole_batch and self.micro < len(self.sampler.step(0)):
            name = type(self.stage.objective).__name__
            raise CladosError(f"micro is {self.micro}: {name} compares a whole batch, so it must be {self.run.batch}")

    def fit(self, *, resume: bool = False) -> Result:
        """Train to the last step, or until stopped; with ``resume``, from the last checkpoint in the folder.

        A run whose ``steps`` have grown goes on too: from there on the rate is that of a run of so many steps.

        Raises:
            CladosError: for a folder in which another process trains or, without ``resume``, that holds checkpoints
                already; for a checkpoint that is damaged, or of a run that differs in anything but its steps (each
                difference is named); for a loss that is no longer finite.
        """
        if self.folder is None or not self.world.first:
            return self._fit(resume=resume)
        folder = self.folder / CHECKPOINTS
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / LOCK):
            if saved.checkpoints(folder) and not resume:
                raise CladosError(f"{folder}: holds a run's checkpoints; resume it, or name another folder")
            return self._fit(resume=resume)

    def _fit(self, *, resume: bool) -> Result:
        start = self._resume() if resume else 0
        if self.world.first:
            self.begin()
        log = Log(self.folder / "log.jsonl" if self.folder and self.world.first else None, start)
        self.model.train()
        try:
            with self.show:
                self.show.start(start, self.run.steps)
                if start == 0:
                    self._evaluate(0, log)
                done = self._steps(start, log)
        finally:
            log.close()
        checkpoint = self._save(done) if done > start else self._at(done)
        self.model.eval()
        return Result(log.entries, done == self.run.steps, checkpoint)

    def _steps(self, start: int, log: Log) -> int:
        """Train from one step to the last; the steps done."""
        saved_at = start
        for step in range(start, self.run.steps):
            began = time.perf_counter()
            with enough_memory(f"step {step + 1}", SMALLER):
                entry = self.step(step)
            seconds = time.perf_counter() - began
            entry |= {"seconds": round(seconds, 6), "tokens_per_second": round(entry["tokens"] / seconds, 1)}
            log(entry)
            self.show.step(entry)
            done = step + 1
            if not math.isfinite(entry["loss"]):
                stays = f"; the checkpoint of step {saved_at} stays" if saved_at else ""
                said = f"the loss is {entry['loss']} at step {done}: try a lower --lr than {self.run.lr}"
                raise CladosError(said + stays)
            if done == self.run.steps or (self.run.every and done % self.run.every == 0):
                self._evaluate(done, log)
            if self.world.agreed(self.stop()):
                return done
            if self.run.save_every and done % self.run.save_every == 0 and done < self.run.steps:
                self._save(done)
                saved_at = done
        return self.run.steps

    def step(self, number: int) -> Entry:
        """One step, counted from 0: its losses, rate and gradient's norm; a part that has no target in it is 0."""
        batches = list(self.batches(number))
        weights, tokens = self._weights(batches)
        lr = self.run.lr * share(self.schedule, number, self.run.steps)
        for group in self.optimiser.param_groups:
            group["lr"] = lr
        sums: dict[str, torch.Tensor] = {}
        for i, batch in enumerate(batches):
            self._seed(number, i)
            with self._form():
                found = training_loss(self.task, self.model, batch)
            weights = {**dict.fromkeys(found.parts, next(iter(weights.values()))), **weights}
            found.over(weights).backward()
            for name, part in found.parts.items():
                sums[name] = sums.get(name, 0.0) + part.sum.detach()
        self.world.add_gradients(self.model)
        entry: Entry = {"step": number + 1, "lr": lr}
        if self.stage.clip:
            entry["gradient"] = float(nn.utils.clip_grad_norm_(self.model.parameters(), self.stage.clip))
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        means = self._means(sums, weights)
        return {**entry, "loss": sum(means.values()), **(means if len(means) > 1 else {}), "tokens": tokens}

    def batches(self, number: int) -> Iterator[Batch]:
        """The batches that this process computes at a step."""
        rows = self.sampler.step(number)
        for at in range(0, len(rows), self.micro):
            yield self._batch(self.task, self.source, rows[at : at + self.micro], self.run.seed)

    def evaluate(
        self, source: Source, examples: int | None = None, *, targets: int = 0, text_only: bool = False
    ) -> dict[str, float]:
        """The mean loss and measures over held-out examples, each part over its own targets.

        Prepared from fixed seeds, the same in every run, so that runs can be compared.

        Args:
            examples: so many of them, drawn once; all when not given.
            targets: go over them again, prepared anew (other tokens masked), until there are so many predictions;
                then ``targets`` says how many there were.
            text_only: which word, where one stands: marks such as sentinels and ends are neither asked for nor guessed.

        Raises:
            CladosError: when the examples hold nothing to predict.
        """
        held_out = self.task.held_out
        number = min(len(source), examples or len(source))
        chosen = np.sort(generator(HELD_OUT).permutation(len(source))[:number])
        size = self.run.micro or self.run.batch  # the same groups of examples however many processes share them
        sums: dict[str, list[float]] = {}
        was = self.model.training
        self.model.eval()
        with torch.no_grad(), self._form():
            for epoch in range(MOST_EPOCHS):
                rows = [(epoch, int(i)) for i in chosen]
                for at in range(0, len(rows), size)[self.world.rank :: self.world.size]:
                    batch = self._batch(held_out, source, rows[at : at + size], HELD_OUT)
                    batch = held_out.text_only(batch, self.setting) if text_only else batch
                    _add(sums, held_out.loss(self.model, batch))
                whole = self.world.merged(sums)
                reached = next(iter(whole.values()))[1]
                if reached >= targets:
                    break
        self.model.train(was)
        if empty := [name.removeprefix("+") for name, (_, weight) in whole.items() if not weight]:
            raise CladosError(f"none of the {number} held-out examples has anything to predict ({', '.join(empty)})")
        return {**_means(whole), "targets": reached} if targets else _means(whole)

    def _batch(self, task: Task[Any, Any], source: Source, rows: Sequence[tuple[int, int]], seed: int) -> Batch:
        rows = [(task.epoch(epoch), index) for epoch, index in rows]
        examples = [source.at(index, epoch) for epoch, index in rows]
        batch = task.prepare(examples, [generator(seed, 1, epoch, index) for epoch, index in rows], self.setting)
        return batch.to(self.device) if self.device.type == "cuda" else batch

    def _weights(self, batches: Sequence[Batch]) -> tuple[dict[str, int], int]:
        """The targets of each part and the positions of a step, over all batches and processes."""
        names = list(batches[0].weights)
        own = [sum(batch.weights[name] for batch in batches) for name in names]
        tokens = sum(batch.tokens for batch in batches)
        if self.world.size > 1:
            *own, tokens = map(int, self.world.summed([*own, tokens], self.device))
        return dict(zip(names, own)), tokens

    def _means(self, sums: dict[str, torch.Tensor], weights: dict[str, int]) -> dict[str, float]:
        totals = self.world.summed(sums.values(), self.device) if self.world.size > 1 else map(float, sums.values())
        return {name: total / weights[name] if weights[name] else 0.0 for name, total in zip(sums, totals)}

    def _seed(self, number: int, batch: int) -> None:
        """Dropout of a batch: a function of seed, step, batch and process."""
        if self.device.type == "cuda":
            torch.cuda.manual_seed(_mixed(self.run.seed, number, batch, self.world.rank))
        else:
            torch.default_generator.manual_seed(_mixed(self.run.seed, number, batch, self.world.rank))

    def _form(self) -> AbstractContextManager[Any]:
        if self.run.dtype == "float32":
            return nullcontext()
        return torch.autocast(self.device.type, FORMS[self.run.dtype])

    def _evaluate(self, step: int, log: Log) -> None:
        if self.held_out is None:
            return
        with enough_memory("what is held out", SMALLER):
            entry = {
                "step": step,
                "held_out": self.evaluate(self.held_out, self.run.held_out, text_only=self.text_only),
            }
        log(entry)
        self.show.evaluated(entry)

    def _save(self, step: int) -> Path | None:
        if self.folder is None:
            return None
        if self.world.first:
            saved.save(self.folder / CHECKPOINTS, step, self.model, self.optimiser, self.recorded)
        self.world.wait()
        return self._at(step)

    def _at(self, step: int) -> Path | None:
        return self.folder / CHECKPOINTS / f"step-{step:08d}" if self.folder else None

    @property
    def recorded(self) -> dict[str, Any]:
        """All that decides what the run comes to, as plain data."""
        run = {name: value for name, value in asdict(self.run).items() if name not in WATCHING}
        spec, facts = getattr(self.model, "spec", None), {"length": self.setting.length, "examples": len(self.source)}
        return {"declaration": repr(spec), "stage": repr(self.stage), **facts, **run, **self.notes}

    def _resume(self) -> int:
        """The step to go on from, its tensors restored."""
        found = saved.checkpoints(self.folder / CHECKPOINTS) if self.folder else []
        if not found:
            raise CladosError(f"{self.folder}: there is no checkpoint to resume from")
        state = saved.state_of(found[-1])
        self.continues(state, str(found[-1]))
        saved.restore(found[-1], self.model, self.optimiser)
        return int(state["step"])

    def continues(self, was: Mapping[str, Any], where: str) -> None:
        """Check that a run was made from the same as this one; the steps may have grown.

        Args:
            was: what is recorded of it; where: the file or folder that says so.

        Raises:
            CladosError: where they differ, with every difference.
        """
        now = json.loads(json.dumps(self.recorded))
        steps, version = was.get("steps"), was.get("clados", now.get("clados"))
        if isinstance(steps, int) and steps < self.run.steps:
            rate = f"its learning rate is now that of {self.run.steps} steps, {self.schedule!r}"
            self.show.note(f"the run is extended from {steps} to {self.run.steps} steps; {rate}")
            now["steps"] = steps
        if version != now.get("clados"):
            self.show.note(f"the run was begun by Clados {version}; this is {now['clados']}")
            now["clados"] = version
        other = was.get("model") != now.get("model")
        if different := differences(was, {"model": now["model"]} if other else now):
            kind = "model" if other or was.get("declaration") != now["declaration"] else "run"
            raise CladosError(f"{where}: this is of another {kind}: {'; '.join(different)}")


def fit(
    model: nn.Module,
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

    Raises:
        CladosError: see ``Trainer.fit``.
    """
    if setting is None:
        spec: s.Model = model.spec  # type: ignore[assignment]
        reads = isinstance(spec, s.TwoTower) or isinstance(getattr(spec, "inputs", None), s.Tokens)
        words = Words.declared(spec.vocab) if reads else None
        setting = Setting(spec, stage.length or 0, words)
    return Trainer(model, stage, setting, source, run, held_out, folder, show or Show()).fit(resume=resume)


def _add(sums: dict[str, list[float]], found: Loss) -> None:
    """Terms of the loss get a plus sign before their name."""
    named = {f"+{name}": part for name, part in found.parts.items()} | found.measures
    for name, part in named.items():
        total = sums.setdefault(name, [0.0, 0.0])
        total[0] += float(part.sum)
        total[1] += part.weight


def _means(sums: dict[str, list[float]]) -> dict[str, float]:
    """The loss, its parts where it has several, and the measures."""
    means = {name: total / weight for name, (total, weight) in sums.items()}
    terms = {name.removeprefix("+"): value for name, value in means.items() if name.startswith("+")}
    looked = {name: value for name, value in means.items() if not name.startswith("+")}
    return {"loss": sum(terms.values()), **(terms if len(terms) > 1 else {}), **looked}


def _mixed(*numbers: int) -> int:
    """One seed out of several numbers."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> np.uint64(1))
