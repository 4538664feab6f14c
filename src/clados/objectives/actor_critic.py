"""Advantage actor-critic from judged answers (Mnih et al. 2016, §4; Menick et al. 2022, §2.6)."""

from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor

from clados import spec as s
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Loss, LossTerm
from clados.objectives.reinforcement import Totals, clipped_values, here, whole_kl
from clados.objectives.rollouts import RolloutTask
from clados.objectives.sampling import Rollout, foreseen, log_likelihood
from clados.objectives.tasks import Small

UNPUBLISHED_KL = 0.1  # what stands where a paper gives no coefficient
VALUES = 0.5  # weight of the values' loss, half a squared error (Mnih et al. 2016, supplement, of Atari)


class ActorCriticTask(RolloutTask[s.ActorCritic], objective=s.ActorCritic):
    """Every token of an answer has the answer's score less the value expected before it; no ratio, no clipping.

    KL is that over the whole vocabulary at each token, a term of the loss and not of the reward.
    """

    terms: ClassVar[Mapping[str, str]] = {"policy": "tokens", "kl": "tokens", "value": "tokens"}
    valued = True
    batch = 32
    small = Small(steps=80, lr=1.5e-4, relative=8e-3)

    @property
    def kl(self) -> float:
        return UNPUBLISHED_KL if self.objective.kl is None else self.objective.kl

    def suited(self, model: s.Model, paper: s.Model) -> s.ActorCritic:
        return self.objective.but(kl=self.kl)

    def aims(self, found: Rollout, kl: float, summed: Totals = here) -> dict[str, Tensor]:
        returns = found.scores[:, None].expand_as(found.values)
        return {"returns": returns, "advantages": returns - found.values}

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        kl, aim, number = self.kl, batch.targets, batch.weights["policy"]
        states, logits = foreseen(model, batch.inputs, aim["places"])
        with torch.no_grad():
            _, start_logits = foreseen(model.owned.start.model, batch.inputs, aim["places"])
        keep, share = aim["written"], 1 - kl if self.objective.mixed else 1.0
        policy = -aim["advantages"] * log_likelihood(logits, aim["labels"])
        value = clipped_values(
            model.owned.values(states, batch.inputs, aim["places"]), aim["returns"], aim["returns"], None
        )
        parts = {
            "policy": LossTerm(share * (policy * keep).sum(), number),
            "kl": LossTerm(kl * (whole_kl(logits, start_logits) * keep).sum(), number),
            "value": LossTerm(share * VALUES * (value * keep).sum(), number),
        }
        return Loss(parts)
