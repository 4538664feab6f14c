"""Actions as tokens that follow a demonstration (Reed et al. 2022, §2.3, §2.5)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from clados import spec as s
from clados.apply.ready import Ready
from clados.apply.time_steps import TimeSteps, sequenced
from clados.data.examples import Episode
from clados.data.values import from_bins
from clados.errors import InputError

SHOWN = 0.5  # of the tokens that are seen: how long a prompt is, is not published


class Demonstrated:
    """A model of texts and actions after the last steps of a demonstration; it takes the likeliest action."""

    def __init__(self, ready: Ready, demonstration: Episode, space: Any) -> None:
        self.model, self.device, self.name = ready.model, ready.device, ready.name
        self.inputs: s.Multimodal = ready.spec.inputs  # type: ignore[attr-defined]
        self.discrete = hasattr(space, "n")
        choices = range(int(space.start), int(space.start + space.n)) if self.discrete else None
        first = self.inputs.first_bin
        self.allowed = choices or range(first, first + self.inputs.bins)
        self.acting = 1 if self.discrete else int(np.prod(space.shape))
        tokens = demonstration.observations[0].size + 1 + self.acting
        self.room = max(2, ready.length // tokens) if ready.length else len(demonstration) + 1
        steps = max(1, int(SHOWN * self.room))
        self.prompt = TimeSteps(demonstration.observations[-steps:], demonstration.actions[-steps:])

    @torch.inference_mode()
    def action(self, states: Sequence[NDArray[Any]], actions: Sequence[NDArray[Any]]) -> NDArray[Any]:
        """The next action of each episode: choices [episodes], or numbers from -1 to 1 [episodes, numbers].

        Args:
            states: of each step so far and the one at hand, [episodes, ...]; actions: of each step so far, [episodes,
                ...]. The earliest steps are left out where they have no room behind the prompt.
        """
        kept = max(0, self.room - len(self.prompt.actions) - 1)
        past = slice(max(0, len(actions) - kept), len(actions))
        first = self.prompt.actions
        blank = np.zeros((len(states[-1]), *first.shape[1:]), first.dtype)  # not chosen yet: cut off again
        rows = []
        for i in range(len(states[-1])):
            seen = np.stack([each[i] for each in (*states[past], states[-1])])
            done = np.stack([each[i] for each in (*actions[past], blank)])
            steps = TimeSteps(
                np.concatenate([self.prompt.observations, seen]), np.concatenate([self.prompt.actions, done])
            )
            made = sequenced(steps, self.inputs)
            rows.append((made.ids[: -self.acting], made.local[: -self.acting]))
        ids, local = (torch.from_numpy(np.stack(each)).to(self.device) for each in zip(*rows))
        chosen = self._tokens(ids, local).cpu().numpy()
        if self.discrete:
            return chosen[:, 0]
        return from_bins(chosen, self.inputs.bins, self.inputs.first_bin)

    def _tokens(self, ids: Tensor, local: Tensor) -> Tensor:
        """The likeliest tokens of an action, one after the other, [episodes, numbers]."""
        low, high = self.allowed[0], self.allowed[-1] + 1
        for _ in range(self.acting):
            scores = self.model(ids, local_positions=local, logits_to_keep=1).logits[:, -1, low:high]
            ids = torch.cat([ids, scores.argmax(-1, keepdim=True) + low], 1)
            local = torch.cat([local, torch.full_like(local[:, :1], self.inputs.of_actions)], 1)
        return ids[:, -self.acting :]


def best(episodes: Sequence[Any], where: str) -> Episode:
    """The episode of the largest return, to be shown to a model.

    Raises:
        InputError: when there is none.
    """
    found = [each for each in episodes if isinstance(each, Episode)]
    if not found:
        raise InputError(f"{where} holds no episode to demonstrate with")
    return max(found, key=lambda each: float(each.rewards.sum()))


def check_world(demonstration: Episode, world: Any) -> None:
    """Refuse an environment of other states or actions than those of a demonstration.

    Raises:
        InputError: when they differ.
    """
    for what, space, seen in (
        ("states", world.observation_space, demonstration.observations),
        ("actions", world.action_space, demonstration.actions),
    ):
        kind, ours = type(space).__name__, "Discrete" if np.issubdtype(seen.dtype, np.integer) else "Box"
        if kind != ours:
            kinds = {"Box": "continuous", "Discrete": "discrete"}
            raise InputError(f"{world.spec.id} has {kinds.get(kind, kind)} {what}; the demonstration has {kinds[ours]}")
        if kind == "Box" and int(np.prod(space.shape)) != seen[0].size:
            there = int(np.prod(space.shape))
            raise InputError(f"{world.spec.id} has {what} of {there} numbers; the demonstration has {seen[0].size}")
        if kind == "Discrete" and not (space.start <= seen.min() and seen.max() < space.start + space.n):
            raise InputError(f"{world.spec.id} has {space.n} {what}; the demonstration has number {seen.max()}")
