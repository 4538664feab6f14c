"""The one loop that trains every unit.

A step is a function of the weights, the seed and its number: which examples, how they are prepared and which units
are dropped all follow from these. So a run that was killed goes on as if it had not been, and needs no state but the
step, the weights, the optimiser's moments and what the unit itself carries from one step to the next.
"""

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from clados.checkpoints.atomic import LOCK
from clados.errors import CladosError, InputError
from clados.files import locked
from clados.nn.memory import enough_memory, return_freed
from clados.objectives import Batch
from clados.reports.log import Entry, begun_and_kept
from clados.train import saved
from clados.train.averages import WeightAverage, fitted_average
from clados.train.best import Best
from clados.train.devices import Devices, World, full_number, world
from clados.train.log import Log, Show
from clados.train.optimisers import RATE, fitted_schedule, lr_factor
from clados.train.recorded import differences
from clados.train.unit import DTYPES, Run, Unit, smaller

CHECKPOINTS = "checkpoints"  # the folder of a run in which they are
# of a run's numbers those that change nothing of what it comes to
WATCHING = ("every", "save_every", "held_out", "best", "sharded")
FREED_EVERY = 50  # steps after which freed memory is given back
SMALLER = "--micro", "--batch", "--length", "--params"  # options that take less memory


@dataclass
class Result:
    """What came of a run: its log, whether it reached its end, and the checkpoint to go on from."""

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

    @property
    def before_and_after(self) -> tuple[dict[str, float], dict[str, float]]:
        """The evaluations of the weights that it began with, and of those that came of it; empty without any."""
        return begun_and_kept(self.entries)


@dataclass
class Trainer:
    """A unit and the numbers of its run; ``fit`` runs it.

    Attributes:
        folder: where checkpoints and log.jsonl go; nothing is written without one.
        notes: more that decides what the run comes to; kept in a checkpoint's state, and compared when it goes on.
        stop: asked after each step; when it says so the run is saved and ends.
        begin: called before the first step, when it is sure that a run that goes on is the same.
        kept: called with the folder of each checkpoint before the last, the model's weights as they are evaluated; not
            where they are in parts.
    """

    unit: Unit
    run: Run
    folder: Path | None = None
    show: Show = field(default_factory=Show)
    notes: dict[str, Any] = field(default_factory=dict)
    stop: Callable[[], bool] = bool
    begin: Callable[[], object] = bool
    kept: Callable[[Path], object] = bool

    def __post_init__(self) -> None:
        self.world: World = world()
        self.model, self.stage = self.unit.model, self.unit.stage
        self.unit.equip(self.model)
        self.device = next(self.model.parameters()).device
        self.schedule = fitted_schedule(self.stage, self.run.steps)
        self.devices = Devices(self.model, self.world, sharded=self.run.sharded)
        self.optimiser = self.unit.optimiser(self.run.lr)
        decay = fitted_average(self.stage, self.run.steps)
        self.average = None if decay is None else WeightAverage(self.optimiser, decay)
        folder = self.folder / CHECKPOINTS if self.folder else None
        self.best: Best | None = None
        if self.run.best or self.run.patience:
            self.best = Best(self.run.patience, folder, writes=self.world.first)
        if self.run.sharded and self.best:
            raise InputError("sharded is True, but the best weights are kept whole: leave it out")

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
                raise InputError(f"{folder}: holds a run's checkpoints; resume it, or name another folder")
            return self._fit(resume=resume)

    def _fit(self, *, resume: bool) -> Result:
        start = self._resume() if resume else 0
        if self.world.first:
            self.begin()
        log = Log(self.folder / "log.jsonl" if self.folder and self.world.first else None, start)
        if self.best:
            evaluations = [entry for entry in log.entries if "held_out" in entry]
            self.best.replay((entry["step"], self.unit.judged(entry["held_out"])) for entry in evaluations)
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
        finished = done == self.run.steps or self._over
        if self.best and finished:
            self.world.wait()
            self.best.restore(self.model)
            if self.run.best:
                self.show.note(f"what is kept are the weights of step {self.best.step}, judged best of those held out")
        elif self.average and finished:
            self.average.settle()
        self.model.eval()
        return Result(log.entries, finished, checkpoint)

    @property
    def _smaller(self) -> str:
        """What to try where memory is too small."""
        return smaller(getattr(self.model, "spec", None), SMALLER)

    @property
    def _over(self) -> bool:
        """Whether the run has ended early."""
        return self.best is not None and self.best.over

    def _steps(self, start: int, log: Log) -> int:
        """Train from one step to the last; the steps done."""
        saved_at = start
        if self._over:
            return start
        for step in range(start, self.run.steps):
            began = time.perf_counter()
            with enough_memory(f"step {step + 1}", self._smaller), self._saved_before(step, saved_at):
                entry = self.step(step)
            seconds = time.perf_counter() - began
            entry |= {"seconds": round(seconds, 6), "tokens_per_second": round(entry["tokens"] / seconds, 1)}
            log(entry)
            self.show.step(entry)
            done = step + 1
            if done % FREED_EVERY == 0:
                return_freed()
            if not math.isfinite(entry["loss"]):
                stays = f"; the checkpoint of step {saved_at} stays" if saved_at else ""
                said = f"the loss is {entry['loss']} at step {done}: try a lower --lr than {self.run.lr}"
                raise CladosError(said + stays)
            if done == self.run.steps or (self.run.every and done % self.run.every == 0):
                with self._saved_before(done, saved_at):
                    self._evaluate(done, log)
            if self._over or self.world.agreed(self.stop()):
                return done
            if self.run.save_every and done % self.run.save_every == 0 and done < self.run.steps:
                self._save(done)
                saved_at = done
        return self.run.steps

    @contextmanager
    def _saved_before(self, done: int, saved_at: int) -> Iterator[None]:
        """What a unit refuses in a step, such as a judge's score that is none, comes after the run has been saved."""
        try:
            yield
        except InputError as error:
            if done > saved_at:
                self._save(done)
            stays = f"; the checkpoint of step {done} stays" if done and self.folder else ""
            raise InputError(f"step {done + 1}: {error}{stays}") from error

    def step(self, number: int) -> Entry:
        """One step, counted from 0: its losses, rate and gradient's norm; a term that has no target in it is 0.

        Of a step with several updates the entry is that of the last.
        """
        lr = self.run.lr * lr_factor(self.schedule, number, self.run.steps)
        for group in self.optimiser.param_groups:
            group["lr"] = lr * group.get(RATE, 1.0)
        entry: Entry = {}
        for update, batches in enumerate(self._updates(number)):
            entry = self._update(number, update, batches)
        return {"step": number + 1, "lr": lr, **entry, **self.unit.noted}

    def _updates(self, number: int) -> Iterator[Sequence[Batch]]:
        """The batches of a step's updates; what a model says before them is as precise as in its loss."""
        updates = self.unit.updates(number)
        while True:
            with self._autocast():
                batches = next(updates, None)
            if batches is None:
                return
            yield batches

    def _update(self, number: int, update: int, batches: Sequence[Batch]) -> Entry:
        """One update of the weights: losses of all batches and processes, the norm of their gradient, tokens."""
        weights, tokens = self._weights(batches)
        sums: dict[str, torch.Tensor] = {}
        for i, batch in enumerate(batches):
            self._seed(number, update, i)
            with self._autocast(), self.devices.accumulating(last=i == len(batches) - 1):
                found = self.devices.run(self.unit.loss, batch)
                weights = {**dict.fromkeys(found.parts, next(iter(weights.values()))), **weights}
                (found.over(weights) * self.world.size).backward()  # processes' gradients are averaged
            for name, term in found.parts.items():
                sums[name] = sums.get(name, 0.0) + term.sum.detach()
        entry: Entry = {}
        if self.stage.clip:
            entry["gradient"] = full_number(nn.utils.clip_grad_norm_(self.model.parameters(), self.stage.clip))
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        means = self._means(sums, weights)
        return {**entry, "loss": sum(means.values()), **(means if len(means) > 1 else {}), "tokens": tokens}

    def _weights(self, batches: Sequence[Batch]) -> tuple[dict[str, int], int]:
        """The targets of each term and the positions of an update, over all batches and processes."""
        names = list(batches[0].weights)
        own = [sum(batch.weights[name] for batch in batches) for name in names]
        tokens = sum(batch.tokens for batch in batches)
        if self.world.size > 1:
            *own, tokens = map(int, self.world.summed([*own, tokens], self.device))
        return dict(zip(names, own)), tokens

    def _means(self, sums: dict[str, torch.Tensor], weights: dict[str, int]) -> dict[str, float]:
        totals = self.world.summed(sums.values(), self.device) if self.world.size > 1 else map(float, sums.values())
        return {name: total / weights[name] if weights[name] else 0.0 for name, total in zip(sums, totals)}

    def _seed(self, number: int, update: int, batch: int) -> None:
        """Dropout of a batch: a function of seed, step, update, batch and process."""
        seed = _mixed(self.run.seed, number, batch, self.world.rank, *([update] if update else []))
        if self.device.type == "cuda":
            torch.cuda.manual_seed(seed)
        else:
            torch.default_generator.manual_seed(seed)

    def _autocast(self) -> AbstractContextManager[Any]:
        if self.run.dtype == "float32":
            return nullcontext()
        return torch.autocast(self.device.type, DTYPES[self.run.dtype])

    @contextmanager
    def evaluating(self) -> Iterator[None]:
        """While this lasts, the model is evaluated: the average of its weights, nothing dropped, no gradient kept."""
        was = self.model.training
        self.model.eval()
        with torch.no_grad(), self._autocast(), self.average.in_place() if self.average else nullcontext():
            yield
        self.model.train(was)

    def _evaluate(self, step: int, log: Log) -> None:
        with enough_memory("what is held out", self._smaller), self.evaluating():
            found = self.unit.evaluate(self.devices)
            if found and self.best:
                self.best.evaluated(step, self.unit.judged(found), self.model)
        if found:
            entry: Entry = {"step": step, "held_out": found, **({"best": self.best.step} if self.best else {})}
            log(entry)
            self.show.evaluated(entry)

    def trained(self) -> nn.Module:
        """The model that came of it, of its declaration and no more; whole in the first process only."""
        if not self.run.sharded:
            return self.unit.trained()
        weights = self.devices.weights(self.model)
        return self.unit.trained(weights) if self.world.first else self.model

    def _save(self, step: int) -> Path | None:
        if self.folder is None:
            return None
        parts = self.model, self.optimiser, self.unit.carried
        at = saved.save(self.folder / CHECKPOINTS, step, *parts, self.recorded, self.devices)
        if self.best:
            self.best.saved()
        ended = step == self.run.steps or self._over
        if not ended and self.world.first and not self.run.sharded:
            with self.average.in_place() if self.average else nullcontext():  # precise, as what comes of it at the end
                self.kept(at)
        return at

    def _at(self, step: int) -> Path | None:
        return self.folder / CHECKPOINTS / f"step-{step:08d}" if self.folder else None

    @property
    def recorded(self) -> dict[str, Any]:
        """All that decides what the run comes to, as plain data."""
        run = {name: value for name, value in asdict(self.run).items() if name not in WATCHING}
        if self.best:  # which of the weights come of it depends on what is watched
            run |= {name: getattr(self.run, name) for name in ("every", "held_out")}
            run |= {"best": True} if self.run.best else {}
        return {**self.unit.recorded, **run, **self.notes}

    def _resume(self) -> int:
        """The step to go on from, its tensors restored."""
        found = saved.checkpoints(self.folder / CHECKPOINTS) if self.folder else []
        if not found:
            raise InputError(f"{self.folder}: there is no checkpoint to resume from")
        state = saved.state_of(found[-1])
        self.continues(state, str(found[-1]))
        saved.restore(found[-1], self.model, self.optimiser)
        self.unit.resume(saved.carried(found[-1]))
        return int(state["step"])

    def continues(self, was: Mapping[str, Any], where: str) -> None:
        """Check that a run was made from the same as this one; the steps may have grown.

        Args:
            was: what is recorded of it; where: the file or folder that says so.

        Raises:
            InputError: where they differ, with every difference.
        """
        now = json.loads(json.dumps(self.recorded))
        steps, version = was.get("steps"), was.get("clados", now.get("clados"))
        if isinstance(steps, int) and steps < self.run.steps:
            rate = f"its learning rate is now that of {self.run.steps} steps, {self.schedule!r}"
            self.show.note(f"the run is extended from {steps} to {self.run.steps} steps; {rate}")
            now["steps"] = steps
            if self.run.best:  # evaluations are as many as they were, and farther apart
                now["every"] = was.get("every")
        if version != now.get("clados"):
            self.show.note(f"the run was begun by Clados {version}; this is {now.get('clados', 'not said')}")
            now["clados"] = version
        other = was.get("model") != now.get("model")
        if different := differences(was, {"model": now.get("model")} if other else now):
            kind = "model" if other or was.get("declaration") != now.get("declaration") else "run"
            raise InputError(f"{where}: this is of another {kind}: {'; '.join(different)}")


def _mixed(*numbers: int) -> int:
    """One seed out of several numbers."""
    return int(np.random.SeedSequence(numbers).generate_state(1, np.uint64)[0] >> np.uint64(1))
