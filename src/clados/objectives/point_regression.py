"""The error of numbers that are measured of points (Fuchs et al. 2020, §4)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from clados import spec as s
from clados.apply.move import moved_by
from clados.apply.ready import Ready
from clados.data.examples import DataError, PointSample
from clados.data.packing import generator
from clados.data.particles import AHEAD
from clados.nn.kinds.model import Output, WholeModel
from clados.objectives.base import Batch, Loss, LossTerm, Random, Setting
from clados.objectives.measures import Measure, Sample
from clados.objectives.tasks import Listed, Small, Source, SourceConfig, Task, of_kind

_SHARE = 0.5  # of the error of linear motion: what a model that has learned stays below
Error = NDArray[np.float64]


class PointRegressionTask(Task[s.PointRegression, PointSample], objective=s.PointRegression):
    """Points as they are; a batch is padded to the most of them."""

    reads = PointSample
    data = "particles"
    length = 0
    batch = 32
    term = "error"
    small = Small(params="80K", steps=600, batch=32, lr=4e-3)

    def refusal(self, model: s.Model) -> str:
        if model.reads(s.Points) is None:
            return f"PointRegression learns from points; this {type(model).__name__} reads {model.kinds_read}"
        return super().refusal(model)

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        """As a control, each has the targets of another with as many points."""
        rows = of_kind(examples, PointSample)
        if config.shuffled:
            random, alike = generator(config.seed, 2), dict[tuple[int, ...], list[int]]()
            for i, row in enumerate(rows):
                alike.setdefault(row.targets.shape, []).append(i)
            rows = list(rows)
            for places in alike.values():
                drawn = [rows[i].targets for i in random.permutation(places)]
                for i, targets in zip(places, drawn):
                    rows[i] = replace(rows[i], targets=targets)
        return Listed(rows)

    def prepare(self, rows: Sequence[PointSample], random: Sequence[Random], setting: Setting) -> Batch:
        inputs = setting.model.reads(s.Points)
        assert inputs is not None
        for name, number in (("scalars", inputs.scalars), ("vectors", inputs.vectors), ("edges", inputs.edges)):
            if any((getattr(row, name) is not None) != bool(number) for row in rows):
                raise DataError(f"the model reads {number} {name}, and the data have {'none' if number else 'some'}")
        read, keep = side_by_side(rows)
        targets, known = _padded([row.targets for row in rows], 1)
        return Batch(read, {"targets": targets, "there": known}, {"points": int(known.sum())}, int(keep.sum()))

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        """The error of each number; as a measure the squared one, whatever is learned."""
        apart = (given_by(model(**batch.inputs)) - batch.targets["targets"]) * batch.targets["there"]
        squared, number = apart.square().sum(), batch.weights["points"]
        learned = squared if self.objective.error == "squared" else apart.abs().sum()
        return Loss({"points": LossTerm(learned, number)}, {self.term: LossTerm(squared.detach(), number)})

    def baseline(self, trained: Any, held_out: Any, config: SourceConfig, batch: int) -> Mapping[str, float]:
        """Squared errors: of particles that go on as they are, ``linear``; of those that stay, ``still``.

        Of numbers of all points together, the mean of the trained ones, ``mean``.
        """
        rows, known = ([each.at(i) for i in range(len(each))] for each in (held_out, trained))
        if rows[0].targets.ndim == 1:
            mean = np.mean([row.targets for row in known], 0)
            error = float(np.mean([(row.targets - mean) ** 2 for row in rows]))
            return {"loss": error, "mean": error}
        found = {"linear": squared_error(rows, linear_motion), "still": squared_error(rows, standing_still)}
        return {"loss": min(found.values()), **found}

    def goal(self, baseline: float) -> float:
        return _SHARE * baseline

    def compared(self, ends: Sequence[float], baseline: Mapping[str, float]) -> str:
        every = ", ".join(f"{each:.4f}" for each in ends)
        names = {"linear": "linear motion", "still": "standing still", "mean": "the mean"}
        beside = " and ".join(f"{baseline[name]:.4f} of {said}" for name, said in names.items() if name in baseline)
        return f"squared error {every} against {beside} (goal: half of the least)"

    def measure(self, ready: Ready, sample: Sample) -> Measure:
        """The share of the squared motion that is foretold, against linear motion; asked: half of what that leaves."""
        rows, errors, total = sample.rows(), 0.0, 0.0
        for start in range(0, len(rows), sample.batch):
            some = rows[start : start + sample.batch]
            read, _ = side_by_side(some)
            targets, there = _padded([row.targets for row in some], 1)
            errors += float(((given_by(moved_by(ready, read)) - targets) * there).square().sum())
            total += float((targets * there).square().sum())
        number = sum(row.targets.size for row in rows)
        trivial = 1 - squared_error(rows, linear_motion) * number / total if rows[0].targets.ndim > 1 else 0.0
        asked = 1 - _SHARE * (1 - trivial)
        return Measure("motion foretold", 1 - errors / total, trivial, "linear motion", asked, number)


def given_by(out: Output) -> Tensor:
    """What a model gives of points: vectors of each, or numbers of all."""
    found: Tensor = out["motion"] if "motion" in out else out["property"]
    return found


def linear_motion(row: PointSample) -> Error:
    """How particles move that go on as they are: as far as the time that the embedded simulations look ahead."""
    found = standing_still(row)
    if row.vectors is not None:
        found[:, 0] = row.vectors[:, 0] * AHEAD
    return found


def standing_still(row: PointSample) -> Error:
    """Nothing moves."""
    return np.zeros_like(row.targets, np.float64)


def squared_error(rows: Sequence[PointSample], guess: Callable[[PointSample], Error]) -> float:
    """The mean over all numbers."""
    return float(np.mean(np.concatenate([(row.targets - guess(row)).ravel() for row in rows]) ** 2))


def side_by_side(rows: Sequence[PointSample]) -> tuple[dict[str, Tensor], Tensor]:
    """What a model reads of some examples, and which points are there, [batch, points]."""
    positions, _ = _padded([row.positions for row in rows], 1)
    keep = torch.arange(positions.size(1)) < torch.tensor([len(row) for row in rows])[:, None]
    read = {"positions": positions} | ({} if bool(keep.all()) else {"attention_mask": keep})
    for name, argument, axes in (("scalars", "scalars", 1), ("vectors", "vectors", 1), ("edges", "edge_features", 2)):
        known = [getattr(row, name) for row in rows]
        if known[0] is not None:
            read[argument] = _padded(known, axes)[0]
    return read, keep


def _padded(arrays: Sequence[NDArray[np.float32]], axes: int) -> tuple[Tensor, Tensor]:
    """Arrays side by side, zeros behind the shorter ones along their first axes; and where there is something."""
    most = np.max([each.shape for each in arrays], 0)
    found = np.zeros((len(arrays), *most), np.float32)
    there = np.zeros_like(found, bool)
    for i, each in enumerate(arrays):
        place: tuple[Any, ...] = (i, *(slice(n) for n in each.shape[:axes]))
        found[place], there[place] = each, True
    return torch.from_numpy(found), torch.from_numpy(there)
