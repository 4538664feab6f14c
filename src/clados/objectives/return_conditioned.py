"""The next action of a trajectory, given the return to come (Chen et al. 2021, algorithm 1)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy

from clados import spec as s
from clados.apply.act import act
from clados.apply.ready import Ready
from clados.data.examples import Episode
from clados.data.packing import generator
from clados.errors import InputError
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Loss, LossTerm, Random, Setting
from clados.objectives.measures import Measure, Sample
from clados.objectives.tasks import Listed, Small, Source, SourceConfig, Task, of_kind

SHARE = 0.8  # of the squared error of guessing the mean: what has learned ends below it


@dataclass(frozen=True, eq=False)
class Window:
    """Some steps of an episode, states normalised and returns scaled; ``first`` is the number of the first step."""

    states: NDArray[np.float32]
    actions: NDArray[np.float32]  # [steps, actions]; of discrete ones the choices, [steps]
    returns_to_go: NDArray[np.float32]  # [steps]
    first: int

    def __len__(self) -> int:
        return len(self.returns_to_go)


class ReturnConditionedTask(Task[s.ReturnConditioned, Window], objective=s.ReturnConditioned):
    """Windows of as many steps as the model sees."""

    reads = Episode
    data = "cartpole"
    batch = 32
    untrained = True  # a policy drawn by lot may balance a pole too
    small = Small(params="300K", steps=200)

    @property
    def squared(self) -> bool:
        """Whether actions are continuous."""
        return self.objective.error == "squared"

    def suited(self, model: s.Model, paper: s.Model) -> s.ReturnConditioned:
        """With the error that a model of discrete actions is trained on where it reads frames."""
        return self.objective.but(error="cross-entropy") if model.reads(s.Frames) else self.objective

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        """One window for each step of each episode: those that begin there."""
        rows, scales = of_kind(examples, Episode), config.scales
        if config.shuffled:
            random = generator(config.seed, 2)
            rows = [replace(row, actions=random.permutation(row.actions)) for row in rows]
        places = [(row, start) for row in rows for start in range(len(row))]

        def make(place: tuple[Episode, int], epoch: int, index: int) -> Window:
            row, start = place
            steps = slice(start, min(start + config.length, len(row)))
            seen, actions = row.observations[steps], row.actions[steps]
            if seen.ndim > 2:  # frames from 0 to 255, and choices
                states = (seen / 255).astype(np.float32)
            else:
                states, actions = scales.states(seen), scales.taken(actions)
            return Window(states, actions, row.returns_to_go[steps] / np.float32(scales.most), start)

        return Listed(places, make)

    def prepare(self, rows: Sequence[Window], random: Sequence[Random], setting: Setting) -> Batch:
        """Windows of as many steps as the model sees, shorter ones padded in front (kzl/decision-transformer, gym)."""
        model = setting.model
        inputs = model.reads(s.Trajectory) or model.reads(s.Frames)
        if inputs is None:
            raise InputError(f"this objective reads trajectories, but the model reads {model.kinds_read}")
        steps = inputs.context
        keep = np.stack([np.arange(steps) >= steps - len(each) for each in rows])
        last = inputs.timesteps - 1
        times = [np.minimum(np.arange(each.first, each.first + len(each)), last) for each in rows]
        batch = {
            "states": np.stack([before(each.states, steps) for each in rows]),
            "actions": np.stack([before(each.actions, steps) for each in rows]),
            "returns_to_go": np.stack([before(each.returns_to_go, steps) for each in rows])[..., None],
            "timesteps": np.stack([before(t, steps, t[0]) for t in times]),  # Frames read the first of a window
        }
        given = {name: torch.from_numpy(value) for name, value in batch.items()}
        mask = torch.from_numpy(keep)
        actions = given["actions"].flatten(0, 1)[mask.flatten()]
        if model.reads(s.Frames):
            given["actions"] = given["actions"].long()
        if not keep.all():
            given["attention_mask"] = mask
        targets = {"actions": actions, "at": mask.flatten().nonzero()[:, 0]}
        return Batch(given, targets, {"actions": len(actions)}, int(keep.sum()))

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        scores = model(**batch.inputs).action_preds.flatten(0, 1)[batch.targets["at"]].float()
        found: Tensor = batch.targets["actions"]
        if self.squared:  # the mean over the numbers of an action too
            return Loss({"actions": LossTerm(((scores - found) ** 2).mean(-1).sum(), len(found))})
        labels = found.long() if found.dim() == 1 else found.argmax(-1)
        right = LossTerm((scores.argmax(-1) == labels).sum(), len(labels))
        entropy = LossTerm(cross_entropy(scores, labels, reduction="sum"), len(labels))
        return Loss({"actions": entropy}, {"accuracy": right})

    def baseline(self, trained: Any, held_out: Any, config: SourceConfig, batch: int) -> Mapping[str, float]:
        """The mean action, or the actions' frequencies."""
        actions, others = (_actions(each) for each in (trained, held_out))
        if self.squared:
            return {"loss": float(((others - actions.mean(0)) ** 2).mean())}
        chosen, others = (each.argmax(-1) if each.ndim > 1 else each.astype(int) for each in (actions, others))
        counts = np.bincount(chosen, minlength=int(others.max()) + 1) + 1.0
        share = float((others == counts.argmax()).mean())
        return {"loss": float(-np.log(counts / counts.sum())[others].mean()), "accuracy": share}

    def goal(self, baseline: float) -> float:
        return SHARE * baseline if self.squared else super().goal(baseline)

    def compared(self, ends: Sequence[float], baseline: Mapping[str, float]) -> str:
        if not self.squared:
            return super().compared(ends, baseline)
        every = ", ".join(f"{each:.2f}" for each in ends)
        return f"squared error {every} against {baseline['loss']:.2f} of the mean action (goal: {SHARE:.0%} of it)"

    def measure(self, ready: Ready, sample: Sample) -> Measure:
        """The mean return of 50 episodes of CartPole, against random actions, to be doubled."""
        acted = act(ready, seed=sample.seed)
        return Measure("mean return", acted.mean, acted.random_mean, "random actions", 2 * acted.random_mean, 50)


def before(x: NDArray[Any], steps: int, value: float = 0.0) -> NDArray[Any]:
    """The array with ``value`` in front until it has so many steps."""
    missing = steps - len(x)
    if missing <= 0:
        return x
    return np.concatenate([np.full((missing, *x.shape[1:]), value, x.dtype), x])


def _actions(source: Any) -> NDArray[np.float32]:
    """The action of each step of the episodes."""
    return np.stack([source.at(i).actions[0] for i in range(len(source))])
