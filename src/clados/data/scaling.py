"""How the numbers of trajectories are brought to unit scale, and actions to numbers and back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clados.data.examples import Episode

_Numbers = NDArray[np.float32]


@dataclass(frozen=True)
class Scales:
    """How trajectories are brought to unit scale: (x - mean) / std, return / most, actions to -1 .. 1.

    Attributes:
        mean, std: of each number of a state; empty where states are left as they are, or are one of several.
        most: the largest size of a return to go.
        best: the largest return of an episode, the default return-to-go.
        choices: how many actions there are to choose from; 0 for continuous ones.
        low, high: the range of each number of continuous actions, brought to -1 .. 1; empty where it lies within.
        kinds: how many states there are, where each is one of several; 0 where states are numbers.
        edges: of the bins of each number of a step, see ``clados.data.bins``; empty where numbers are no tokens.
    """

    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    most: float = 1.0
    best: float = 1.0
    choices: int = 0
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    kinds: int = 0
    edges: tuple[tuple[float, ...], ...] = ()

    def states(self, observations: NDArray[Any]) -> _Numbers:
        """[steps, ...] -> [steps, numbers] of mean 0 and deviation 1.

        Of discrete states [steps], a 1 for each and zeros [steps, kinds]; all zeros for one that is not among them.
        """
        if self.kinds:
            one: _Numbers = (observations.reshape(-1, 1) == np.arange(self.kinds)).astype(np.float32)
            return one
        flat = observations.reshape(len(observations), -1).astype(np.float32)
        if not self.mean:
            return flat
        scaled: _Numbers = ((flat - np.array(self.mean)) / np.array(self.std)).astype(np.float32)
        return scaled

    def chosen(self, scores: NDArray[Any]) -> NDArray[Any]:
        """A model's [batch, actions] as actions: the choice of the highest [batch], or numbers in their range."""
        if not self.choices and not self.low:
            return scores
        middle, half = self._range()
        found: NDArray[Any] = scores.argmax(-1) if self.choices else scores * half + middle
        return found

    def taken(self, actions: NDArray[Any]) -> _Numbers:
        """Actions as a model has them: a choice [steps] is 1 and the others -1 [steps, choices]; numbers in -1 .. 1."""
        if self.choices:
            return np.where(np.arange(self.choices) == actions[:, None], 1.0, -1.0).astype(np.float32)
        if not self.low:
            return actions.astype(np.float32)
        middle, half = self._range()
        return ((actions - middle) / half).astype(np.float32)

    def _range(self) -> tuple[_Numbers, _Numbers]:
        """The middle of the actions' range, and half its width (1 where it has none)."""
        low, high = np.array(self.low, np.float32), np.array(self.high, np.float32)
        half: _Numbers = np.where(high > low, (high - low) / 2, 1.0).astype(np.float32)
        return low + half * (high > low), half


def scales(examples: Sequence[Episode], held_out: Sequence[Episode] = ()) -> Scales:
    """Mean and deviation of the states and the largest returns of the examples, over all steps.

    How many actions and states there are, and the range of actions, is counted over what is held out too: these say
    what the data are, and a choice without a number could not even be asked about.
    """
    every = [*examples, *held_out]
    discrete = np.issubdtype(examples[0].actions.dtype, np.integer)
    kinds = int(max(each.observations.max() for each in every)) + 1 if _one_of_several(examples[0]) else 0
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    if not kinds:
        states = np.concatenate([each.observations.reshape(len(each), -1) for each in examples])
        mean, std = tuple(map(float, states.mean(0))), tuple(map(float, states.std(0) + 1e-6))
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    if not discrete:
        ends = [(each.actions.min(0), each.actions.max(0)) for each in every]
        lows, highs = np.min([low for low, _ in ends], 0), np.max([high for _, high in ends], 0)
        if lows.min() < -1 or highs.max() > 1:
            low, high = tuple(map(float, lows)), tuple(map(float, highs))
    return Scales(
        mean=mean,
        std=std,
        most=float(max(np.abs(each.returns_to_go).max() for each in examples)) or 1.0,
        best=float(max(each.returns_to_go[0] for each in examples)),
        choices=int(max(each.actions.max() for each in every)) + 1 if discrete else 0,
        low=low,
        high=high,
        kinds=kinds,
    )


def _one_of_several(example: Episode) -> bool:
    """Whether the states of an episode are one of several, and not numbers."""
    return example.observations.ndim == 1 and np.issubdtype(example.observations.dtype, np.integer)
