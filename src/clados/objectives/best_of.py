"""The best of several answers, learned as if someone had written them (Nakano et al. 2021, §3.2)."""

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor

from clados import spec as s
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Loss, LossTerm
from clados.objectives.reinforcement import Totals, here
from clados.objectives.rollouts import RolloutTask
from clados.objectives.sampling import Rollout, foreseen, log_likelihood
from clados.objectives.tasks import Small

UNPUBLISHED_SAMPLES = 4  # what stands where nobody says how many


class BestOfTask(RolloutTask[s.BestOf], objective=s.BestOf):
    """-log p of the tokens of each prompt's best answer; of equal ones the first."""

    terms: ClassVar[Mapping[str, str]] = {"lm": "tokens"}
    batch = 16
    small = Small(steps=80, lr=3e-4)

    @property
    def samples(self) -> int:
        return self.objective.samples or UNPUBLISHED_SAMPLES

    def suited(self, model: s.Model, paper: s.Model) -> s.BestOf:
        return self.objective.but(samples=self.samples)

    def chosen(self, found: Rollout) -> Tensor:
        best = found.scores.view(-1, self.samples).argmax(1)
        return best + self.samples * torch.arange(len(best), device=best.device)

    def aims(self, found: Rollout, kl: float, summed: Totals = here) -> dict[str, Tensor]:
        return {}

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        return imitated(model, batch)


def imitated(model: WholeModel, batch: Batch) -> Loss:
    """-log p of the tokens of answers, as if someone had written them."""
    _, logits = foreseen(model, batch.inputs, batch.targets["places"])
    likely = log_likelihood(logits, batch.targets["labels"]) * batch.targets["written"]
    return Loss({"lm": LossTerm(-likely.sum(), batch.weights["lm"])})
