"""The objective on trajectories: the next action, given the return to come."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy

from clados import spec as s
from clados.objectives.base import Batch, Loss, Part, Random, Setting, loss, prepare


@dataclass(frozen=True, eq=False)
class Window:
    """Some steps of an episode, states normalised and returns scaled; ``first`` is the number of the first step."""

    states: NDArray[np.float32]
    actions: NDArray[np.float32]  # [steps, actions]; of discrete ones the choices, [steps]
    returns_to_go: NDArray[np.float32]  # [steps]
    first: int

    def __len__(self) -> int:
        return len(self.returns_to_go)


def before(x: NDArray[Any], steps: int, value: float = 0.0) -> NDArray[Any]:
    """The array with ``value`` in front until it has so many steps."""
    missing = steps - len(x)
    if missing <= 0:
        return x
    return np.concatenate([np.full((missing, *x.shape[1:]), value, x.dtype), x])


@prepare.register
def return_conditioned(
    objective: s.ReturnConditioned, examples: Sequence[Window], random: Sequence[Random], setting: Setting
) -> Batch:
    """Windows of as many steps as the model sees, shorter ones padded in front (kzl/decision-transformer, gym)."""
    inputs = setting.model.inputs  # type: ignore[attr-defined]
    if not isinstance(inputs, s.Trajectory | s.Frames):
        raise s.SpecError(f"this objective reads trajectories, but the model reads {type(inputs).__name__}")
    steps = inputs.context
    keep = np.stack([np.arange(steps) >= steps - len(each) for each in examples])
    last = inputs.timesteps - 1
    times = [np.minimum(np.arange(each.first, each.first + len(each)), last) for each in examples]
    batch = {
        "states": np.stack([before(each.states, steps) for each in examples]),
        "actions": np.stack([before(each.actions, steps) for each in examples]),
        "returns_to_go": np.stack([before(each.returns_to_go, steps) for each in examples])[..., None],
        "timesteps": np.stack([before(t, steps, t[0]) for t in times]),  # Frames read the first of a window
    }
    given = {name: torch.from_numpy(value) for name, value in batch.items()}
    mask = torch.from_numpy(keep)
    actions = given["actions"].flatten(0, 1)[mask.flatten()]
    if isinstance(inputs, s.Frames):
        given["actions"] = given["actions"].long()
    if not keep.all():
        given["attention_mask"] = mask
    return Batch(
        given, {"actions": actions, "at": mask.flatten().nonzero()[:, 0]}, {"actions": len(actions)}, int(keep.sum())
    )


@loss.register
def _(objective: s.ReturnConditioned, model: Any, batch: Batch) -> Loss:
    scores = model(**batch.inputs).action_preds.flatten(0, 1)[batch.targets["at"]].float()
    found: Tensor = batch.targets["actions"]
    if objective.error == "squared":  # the mean over the numbers of an action too
        return Loss({"actions": Part(((scores - found) ** 2).mean(-1).sum(), len(found))})
    labels = found.long() if found.dim() == 1 else found.argmax(-1)
    right = Part((scores.argmax(-1) == labels).sum(), len(labels))
    return Loss({"actions": Part(cross_entropy(scores, labels, reduction="sum"), len(labels))}, {"accuracy": right})
