"""The next number of a trajectory, each in its bin (Janner et al. 2021, §3.1)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from clados import spec as s
from clados.apply.act import act
from clados.apply.ready import Ready
from clados.data.bins import fitted, in_bins, numbers
from clados.data.examples import DataError, Episode
from clados.data.packing import generator
from clados.data.scaling import Scales
from clados.errors import InputError
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Ids, Loss, LossTerm, Random, Setting
from clados.objectives.measures import Measure, Sample
from clados.objectives.tasks import Listed, Small, Source, SourceConfig, Task, of_kind

ENDED = -1  # in rows: where an episode has ended; a model's own id is the number of its bins
PLANNED = 5  # of a measure: planning takes time


class BinnedTrajectoriesTask(Task[s.BinnedTrajectories, Ids], objective=s.BinnedTrajectories):
    """Windows of as many steps as the model sees; a row is the bins of their numbers, [steps, numbers]."""

    reads = Episode
    data = "cartpole-1200"
    length = 5
    batch = 32
    term = "a token"
    untrained = True
    small = Small(params="600K", steps=5000, batch=64, length=5, lr=3e-3, dropout=0.0)

    @property
    def heads(self) -> tuple[str, ...]:
        return ("bins",)

    def refusal(self, model: s.Model) -> str:
        if not model.reads(s.Binned):
            return (
                f"BinnedTrajectories learns from binned numbers; this {type(model).__name__} reads {model.kinds_read}"
            )
        return super().refusal(model)

    def scaled(self, scales: Scales, examples: Sequence[Any], model: s.Model) -> Scales:
        """With the edges of the bins, fitted on the examples."""
        inputs, one = _inputs(model), self.objective
        edges = fitted(examples, scales, bins=inputs.bins, kind=one.bins, discount=one.discount)
        return replace(scales, edges=edges)

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        """One window for each step of each episode but the last: those that begin there."""
        if not config.scales.edges:
            raise DataError("the edges of the bins are not known")
        rows = of_kind(examples, Episode)
        tables = [in_bins(numbers(each, self.objective.discount), config.scales.edges) for each in rows]
        if config.shuffled:
            random = generator(config.seed, 2)
            tables = [random.permuted(each, axis=0) for each in tables]
        places = [(each, start) for each in tables for start in range(len(each) - 1)]

        def make(place: tuple[Ids, int], epoch: int, index: int) -> Ids:
            row, start = place
            found = np.full((config.length, row.shape[1]), ENDED)
            seen = row[start : start + config.length]
            found[: len(seen)] = seen
            return found

        return Listed(places, make)

    def prepare(self, rows: Sequence[Ids], random: Sequence[Random], setting: Setting) -> Batch:
        """Every token but the last is seen, every one but the first is to be predicted."""
        inputs = _inputs(setting.model)
        if rows[0].shape[1] != inputs.step:
            raise DataError(f"a step of the data is {rows[0].shape[1]} numbers; the model's is {inputs.step}")
        ids = np.stack([each.ravel() for each in rows])
        tokens = torch.from_numpy(np.where(ids == ENDED, inputs.bins, ids))
        labels = tokens[:, 1:].contiguous()
        one = self.objective
        step = [1.0] * inputs.states + [one.action] * inputs.actions + [one.reward, one.value]
        weights = torch.tensor(step).repeat(rows[0].shape[0])[1:].expand(len(rows), -1)
        return Batch(
            {"trajectories": tokens[:, :-1].contiguous()},
            {"labels": labels, "weights": weights.contiguous()},
            {"bins": labels.numel()},
            labels.numel(),
        )

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        """The weighted loss, and the mean of a token without weights, in nats."""
        labels, weights = batch.targets["labels"].flatten(), batch.targets["weights"].flatten()
        scores: Tensor = model(**batch.inputs).logits.float().flatten(0, 1)
        each = cross_entropy(scores, labels, reduction="none")
        return Loss(
            {"bins": LossTerm((each * weights).sum(), len(labels))}, {self.term: LossTerm(each.sum(), len(labels))}
        )

    def baseline(self, trained: Any, held_out: Any, config: SourceConfig, batch: int) -> Mapping[str, float]:
        """Nats a token: of each number's frequencies, ``unigram``, and of those after its bin a step before, ``loss``.

        The latter are mixed with the former as much as a bin was seen seldom.
        """
        mine, others = (np.stack([each.at(i) for i in range(len(each))]) + 1 for each in (trained, held_out))
        many, total, free = int(max(mine.max(), others.max())) + 1, 0.0, 0.0
        for place in range(mine.shape[2]):
            counts = np.bincount(mine[..., place].ravel(), minlength=many) + 1.0
            share = counts / counts.sum()
            pairs = np.zeros((many, many))
            np.add.at(pairs, (mine[:, :-1, place].ravel(), mine[:, 1:, place].ravel()), 1)
            follows = (pairs + share) / (pairs.sum(1, keepdims=True) + 1)
            first = -np.log(share[others[:, 0, place]]).sum() * (place > 0)  # of the first number nothing is asked
            free += first - np.log(share[others[:, 1:, place]]).sum()
            total += first - np.log(follows[others[:, :-1, place], others[:, 1:, place]]).sum()
        targets = others.size - len(others)
        return {"loss": float(min(total, free) / targets), "unigram": float(free / targets)}

    def compared(self, ends: Sequence[float], baseline: Mapping[str, float]) -> str:
        """In bits a token."""
        bits = math.log(2)
        every = ", ".join(f"{each / bits:.2f}" for each in ends)
        chains, free = baseline["loss"] / bits, baseline["unigram"] / bits
        goal = self.goal(baseline["loss"]) / bits
        return (
            f"{every} bits a token against {chains:.2f} of Markov chains of each number and {free:.2f} of its "
            f"frequencies (goal: {goal:.2f})"
        )

    def measure(self, ready: Ready, sample: Sample) -> Measure:
        """The mean return of some episodes of CartPole, planned for return, against random actions, to be doubled."""
        acted = act(ready, episodes=PLANNED, seed=sample.seed)
        return Measure("mean return", acted.mean, acted.random_mean, "random actions", 2 * acted.random_mean, PLANNED)


def _inputs(model: s.Model) -> s.Binned:
    inputs = model.reads(s.Binned)
    if inputs is None:
        raise InputError(f"this objective reads binned trajectories, but the model reads {model.kinds_read}")
    return inputs
