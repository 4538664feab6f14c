"""Group relative policy optimisation (Shao et al. 2024, DeepSeekMath, §4.1), with a score for the whole answer.

Of its variants this is the paper's: outcome supervision, a mean over an answer's tokens and then over answers, the
group's deviation below the advantage, the distance from the start beside the loss and without a ratio. (TRL 1.16.0:
``loss_type="grpo"``, ``scale_rewards="group"``, ``use_bias_correction_kl=False``.)
"""

from collections.abc import Mapping
from typing import ClassVar

from torch import Tensor

from clados import spec as s
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Loss, LossTerm
from clados.objectives.reinforcement import Totals, clipped_policy, estimated_kl, group_advantages, here
from clados.objectives.rollouts import RolloutTask
from clados.objectives.sampling import Rollout, foreseen, log_likelihood


class GRPOTask(RolloutTask[s.GRPO], objective=s.GRPO):
    """Several answers to each prompt, which are each other's baseline."""

    terms: ClassVar[Mapping[str, str]] = {"policy": "answers", "kl": "answers"}
    batch = 4

    @property
    def samples(self) -> int:
        return self.objective.samples

    def aims(self, found: Rollout, kl: float, summed: Totals = here) -> dict[str, Tensor]:
        advantages = group_advantages(found.scores, self.samples)[:, None]
        return {"advantages": advantages, "old": found.log_p, "start": found.log_start}

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        one, aim, number = self.objective, batch.targets, batch.weights["policy"]
        _, logits = foreseen(model, batch.inputs, aim["places"])
        log_p, keep = log_likelihood(logits, aim["labels"]), aim["written"]

        def mean(x: Tensor) -> Tensor:
            return ((x * keep).sum(1) / keep.sum(1)).sum()

        policy = mean(clipped_policy(log_p, aim["old"], aim["advantages"], one.clip))
        kl = one.kl * mean(estimated_kl(log_p, aim["start"]))
        return Loss({"policy": LossTerm(policy, number), "kl": LossTerm(kl, number)})
