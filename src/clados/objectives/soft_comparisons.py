"""Answers to one prompt, and how likely each is the better one (Bai et al. 2022, Constitutional AI, §4.1)."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch.nn.functional import logsigmoid

from clados import spec as s
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Ids, Loss, LossTerm, Random, Setting
from clados.objectives.comparisons import ComparisonsTask, fitting_answers
from clados.objectives.tasks import Fitting, Source, SourceConfig


class LikelyRow(NamedTuple):
    """As ``RankedRow``, and how likely each answer is the best of them; empty where they are ranked alone."""

    texts: tuple[Ids, ...]
    scores: tuple[float, ...]
    good: tuple[bool, ...]
    chances: tuple[float, ...]


class SoftComparisonsTask(ComparisonsTask, objective=s.SoftComparisons):
    """Of a pair, the aim is the share that its better answer has of both chances; 1 where the data only rank them."""

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        rows, made = self.learnable(examples), list[LikelyRow]()
        for row, texts, _, order in fitting_answers(rows, self.objective.template, config):
            scores, chances = (tuple(each[i] for i in order) if each else () for each in (row.scores, row.chances))
            made.append(LikelyRow(texts, scores, (), chances))
        return Fitting(made, dropped=len(rows) - len(made))

    def prepare(self, rows: Sequence[Any], random: Sequence[Random], setting: Setting) -> Batch:
        batch, aims, first = super().prepare(rows, random, setting), list[float](), 0
        for row in rows:
            aims += [
                _aim(row.chances, better - first, worse - first) for better, worse, _ in self._pairs(row.scores, first)
            ]
            first += len(row.texts)
        batch.targets["aims"] = torch.tensor(aims, dtype=torch.float32)
        return batch

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        rewards = model(**batch.inputs).rewards.float()
        better, worse = batch.targets["pairs"].unbind(1)
        share, ordered = batch.targets["shares"].unbind(1)
        ahead, aims = rewards[better] - rewards[worse], batch.targets["aims"]
        nll = -(aims * logsigmoid(ahead) + (1 - aims) * logsigmoid(-ahead))
        right = (ordered * ((ahead > 0) + 0.5 * (ahead == 0))).sum()
        pairs = LossTerm((share * nll).sum(), batch.weights["pairs"])
        return Loss({"pairs": pairs}, {"accuracy": LossTerm(right, int(batch.targets["ordered"]))})


def _aim(chances: Sequence[float], better: int, worse: int) -> float:
    """How likely the better of two answers is the better one."""
    return chances[better] / (chances[better] + chances[worse]) if chances else 1.0
