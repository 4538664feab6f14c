"""Direct preference optimisation (Rafailov et al. 2023, eq. 7): the better of two answers gets likelier than it was.

As TRL 1.16.0 has it by default (``loss_type="sigmoid"``, no smoothing of labels, and no mean over tokens).
"""

import copy
import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from clados import spec as s
from clados.apply.ready import Ready
from clados.data.examples import DataError, RankedAnswers
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Ids, Loss, LossTerm, Random, Setting, padded, with_mask
from clados.objectives.comparisons import ABOVE_CHANCE, fitting_answers
from clados.objectives.measures import Measure, Sample
from clados.objectives.owned import Owned
from clados.objectives.sampling import foreseen, log_likelihood
from clados.objectives.tasks import Fitting, Small, Source, SourceConfig, Task, of_kind
from clados.objectives.teaching import Taught
from clados.objectives.templated import Templated

NATS_GAINED = 0.05  # below log 2 ends a model that has moved towards the better answers


class PreferredRow(NamedTuple):
    """Two answers to one prompt, each with it as tokens, the better one first; and where the answers begin."""

    better: Ids
    worse: Ids
    asked: int


class DPOTask(Templated[s.DPO], Task[s.DPO, PreferredRow], objective=s.DPO):
    """A pair of ranked answers is a row; of several answers to one prompt, each two that are not equally good.

    Beside the model stand the weights from which the stage starts, which do not learn.
    """

    reads = RankedAnswers
    data = "true-answers"
    length = 128
    batch = 16
    writes = ("continues",)
    usual = False
    term = "pairs"
    untrained = True
    small = Small(steps=200, batch=16, lr=3e-4, dropout=0.0)
    before = Small(params="640K", vocab=1024, steps=300)

    @property
    def heads(self) -> tuple[str, ...]:
        return ("lm",)

    def owned(self, model: WholeModel, setting: Setting, seed: int) -> Owned:
        return Taught(copy.deepcopy(model), model)

    # ------------------------------------------------------------ examples

    def learnable(self, examples: Sequence[Any]) -> Sequence[Any]:
        rows = of_kind(examples, RankedAnswers)
        for each in rows:
            if len({*each.scores}) < 2:
                raise DataError(f"{each.document}: its answers are equally good, so none is preferred")
        return rows

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        rows, made = self.learnable(examples), list[PreferredRow]()
        kept = fitting_answers(rows, self.objective.template, config)
        for row, texts, asked, order in kept:
            scores = [row.scores[i] for i in order]
            for a, b in combinations(range(len(scores)), 2):
                if scores[a] != scores[b]:
                    better, worse = (a, b) if scores[a] > scores[b] else (b, a)
                    made.append(PreferredRow(texts[better], texts[worse], asked))
        return Fitting(made, dropped=len(rows) - len(kept))

    # ------------------------------------------------------------ batch and loss

    def prepare(self, rows: Sequence[PreferredRow], random: Sequence[Random], setting: Setting) -> Batch:
        """The better answers of all rows, and then the worse ones."""
        texts = [*(row.better for row in rows), *(row.worse for row in rows)]
        begins = np.array([row.asked for row in rows] * 2)
        ids, _ = padded(texts, setting.required_vocab_ids.ids.get("pad", 0))
        length = np.array([len(text) for text in texts])
        new = np.arange((length - begins).max())
        keep = np.arange(ids.size(1) - 1) < length[:, None]
        places = torch.from_numpy((begins[:, None] - 1 + new).clip(max=ids.size(1) - 2))
        targets = {"places": places, "labels": ids.gather(1, places + 1)}
        targets["written"] = torch.from_numpy(new < (length - begins)[:, None])
        mask = with_mask(None if keep.all() else torch.from_numpy(keep))
        return Batch({"input_ids": ids[:, :-1], **mask}, targets, {"pairs": len(rows)}, int(length.sum()))

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        ours = answer_likelihood(model, batch)
        with torch.no_grad():
            begun = answer_likelihood(model.owned.teacher.model, batch)
        nll, gained = preferred(ours.chunk(2), begun.chunk(2), self.objective.beta)
        number = batch.weights["pairs"]
        right = ((gained > 0) + 0.5 * (gained == 0)).sum()
        return Loss({"pairs": LossTerm(nll.sum(), number)}, {"accuracy": LossTerm(right, number)})

    # ------------------------------------------------------------ how it is judged

    def baseline(self, trained: Any, held_out: Any, config: SourceConfig, batch: int) -> Mapping[str, float]:
        """Of the weights that it starts from: log 2 a pair, and half of the pairs."""
        return {"loss": math.log(2), "accuracy": 0.5}

    def goal(self, baseline: float) -> float:
        return baseline - NATS_GAINED

    def compared(self, ends: Sequence[float], baseline: Mapping[str, float]) -> str:
        every = ", ".join(f"{each:.2f}" for each in ends)
        return f"{every} nats a pair against {baseline['loss']:.2f} of where it starts (goal: {NATS_GAINED} below)"

    def measure(self, ready: Ready, sample: Sample) -> Measure:
        """The share of pairs whose better answer is the likelier, beside chance.

        The weights that it started from are gone when a model is measured; of an answer it is the mean over its tokens,
        so that short ones are not favoured.
        """
        right = 0.0
        for batch in self.batches(ready, sample):
            likely = answer_likelihood(ready.model, batch) / batch.targets["written"].sum(1)
            better, worse = likely.chunk(2)
            right += float(((better > worse) + 0.5 * (better == worse)).sum())
        value = right / sample.examples
        return Measure("likelier of two", value, 0.5, "chance", 0.5 + ABOVE_CHANCE, sample.examples)


def answer_likelihood(model: WholeModel, batch: Batch) -> Tensor:
    """log p of each answer after its prompt, [rows]."""
    _, logits = foreseen(model, batch.inputs, batch.targets["places"])
    return (log_likelihood(logits, batch.targets["labels"]) * batch.targets["written"]).sum(1)


def preferred(ours: Sequence[Tensor], begun: Sequence[Tensor], beta: float) -> tuple[Tensor, Tensor]:
    """The loss of each pair, [rows], and by how much the better answer has gained over the worse, in nats.

    Args:
        ours: log p of the better and the worse answers by the policy, [rows] each; begun: by the starting weights.
    """
    gained = (ours[0] - begun[0]) - (ours[1] - begun[1])
    return -logsigmoid(beta * gained), gained
