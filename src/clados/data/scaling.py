"""How the numbers of trajectories are brought to unit scale, and actions to numbers and back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clados.data.examples import Trajectory

Numbers = NDArray[np.float32]


@dataclass(frozen=True)
class Scales:
    """How trajectories are brought to unit scale: (x - mean) / std, return / most."""

    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    most: float = 1.0  # the largest size of a return to go
    best: float = 1.0  # the largest return of an episode, to be asked for
    choices: int = 0  # of discrete actions; 0 for continuous ones

    def states(self, observations: NDArray[Any]) -> Numbers:
        """[steps, ...] -> [steps, numbers] of mean 0 and deviation 1."""
        flat = observations.reshape(len(observations), -1)
        scaled: Numbers = ((flat - np.array(self.mean)) / np.array(self.std)).astype(np.float32)
        return scaled

    def chosen(self, scores: NDArray[Any]) -> NDArray[Any]:
        """A model's [batch, actions] as actions: the choice of the highest [batch], or continuous ones as they are."""
        return scores.argmax(-1) if self.choices else scores

    def taken(self, actions: NDArray[Any]) -> Numbers:
        """Actions as numbers: a choice [steps] is 1 and the others -1 [steps, choices]; continuous ones as they are."""
        if not self.choices:
            return actions.astype(np.float32)
        return np.where(np.arange(self.choices) == actions[:, None], 1.0, -1.0).astype(np.float32)


def scales(examples: Sequence[Trajectory]) -> Scales:
    """Mean and deviation of the states and the largest returns, over all steps."""
    states = np.concatenate([each.observations.reshape(len(each), -1) for each in examples])
    discrete = np.issubdtype(examples[0].actions.dtype, np.integer)
    return Scales(
        tuple(map(float, states.mean(0))),
        tuple(map(float, states.std(0) + 1e-6)),
        float(max(np.abs(each.returns_to_go).max() for each in examples)) or 1.0,
        float(max(each.returns_to_go[0] for each in examples)),
        int(max(each.actions.max() for each in examples)) + 1 if discrete else 0,
    )
