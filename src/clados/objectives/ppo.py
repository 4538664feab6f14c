"""Proximal policy optimisation from judged answers (Schulman et al. 2017; Ouyang et al. 2022, §3.5)."""

from collections.abc import Mapping
from typing import ClassVar

from torch import Tensor

from clados import spec as s
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Loss, LossTerm
from clados.objectives.reinforcement import (
    Totals,
    adapted_kl,
    clipped_policy,
    clipped_share,
    clipped_values,
    generalised_advantages,
    here,
    kl_rewards,
    whitened,
)
from clados.objectives.rollouts import RolloutTask
from clados.objectives.sampling import Rollout, foreseen, log_likelihood
from clados.objectives.tasks import Small
from clados.spec.core.scale import width

SMALL_TEXT = 0.05  # the largest weight of the pretraining text for a model that is smaller than the paper's
SMALL_VALUES = 0.1  # the largest weight of the values' loss there, where a head on the model foresees them
SMALL_MINIBATCHES = 2  # the most of a pass there: its steps have few answers, and two of them say little


class PPOTask(RolloutTask[s.PPO], objective=s.PPO):
    """Advantages by generalised estimation, whitened over the step; clipped losses of policy and values."""

    terms: ClassVar[Mapping[str, str]] = {"policy": "tokens", "value": "tokens"}
    valued = True
    batch = 64
    small = Small(steps=80, lr=2e-4)

    def suited(self, model: s.Model, paper: s.Model) -> s.PPO:
        """With less pretraining text, values that weigh less and fewer minibatches for a small model.

        Its loss of text is far from the least that it can reach: InstructGPT's 27.8 takes it back to what it was before
        it learned to answer, and its reward falls. Of InstructGPT's 512 answers a minibatch has 64; of the few here an
        eighth is noise, which takes the model away from its start and its reward up and down. Values that weigh as much
        as the policy (OpenAssistant's) take the states that both read away from what they were in a few steps.
        """
        one = self.objective
        if width(model) >= width(paper):
            return one
        return one.but(
            pretraining=min(one.pretraining, SMALL_TEXT),
            values=min(one.values, SMALL_VALUES) if one.critic == "head" else one.values,
            minibatches=min(one.minibatches, SMALL_MINIBATCHES),
        )

    def adapted(self, kl: float, found: float, answers: int) -> float:
        one = self.objective
        return kl if one.target is None else adapted_kl(kl, found, one.target, one.horizon, answers)

    def aims(self, found: Rollout, kl: float, summed: Totals = here) -> dict[str, Tensor]:
        rewards = kl_rewards(found.scores, found.log_p, found.log_start, found.written, kl)
        advantages, returns = generalised_advantages(
            rewards, found.values, found.written, self.objective.discount, self.objective.smoothing
        )
        advantages = whitened(advantages, found.written, summed=summed)
        return {"advantages": advantages, "returns": returns, "values": found.values, "old": found.log_p}

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        one, aim = self.objective, batch.targets
        states, logits = foreseen(model, batch.inputs, aim["places"])
        log_p = log_likelihood(logits, aim["labels"])
        policy = clipped_policy(log_p, aim["old"], aim["advantages"], one.clip)
        value = clipped_values(
            model.owned.values(states, batch.inputs, aim["places"]), aim["values"], aim["returns"], one.value_clip
        )
        clipped = clipped_share(log_p.detach(), aim["old"], aim["advantages"], one.clip)
        keep, number = aim["written"], batch.weights["policy"]
        parts = {
            "policy": LossTerm((policy * keep).sum(), number),
            "value": LossTerm(one.values * (value * keep).sum(), number),
        }
        return Loss(parts, {"clipped": LossTerm((clipped * keep).sum(), number)})
