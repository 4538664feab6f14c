"""The average of weights over time: what is evaluated, and what comes of a run, where a stage keeps one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from clados import spec as s

AVERAGE = "weights"  # of a tensor in its optimiser's state, with which it is saved, restored and shared out
USUAL_AGE = 0.01  # of a run, where the paper does not give its steps


def fitted_average(stage: s.Stage, steps: int) -> float | None:
    """The decay of a stage's average in a run of so many steps; None where none is kept.

    By a decay of d the weights in the average are d / (1 - d) updates old in the mean: of a run the same share as of
    the paper's, or a hundredth where its steps are not known.
    """
    if stage.average is None:
        return None
    age = stage.average / (1 - stage.average)
    age = age * steps / stage.steps if stage.steps else min(age, USUAL_AGE * steps)
    return age / (1 + age)


class WeightAverage:
    """average = decay average + (1 - decay) weights after each update, beginning with the first update's weights."""

    def __init__(self, optimiser: torch.optim.Optimizer, decay: float) -> None:
        self.optimiser, self.decay = optimiser, decay
        optimiser.register_step_post_hook(self._moved)

    @torch.no_grad()
    def _moved(self, *_: Any) -> None:
        for tensor, state in self._states():
            if AVERAGE in state:
                state[AVERAGE].lerp_(tensor, 1 - self.decay)
            else:
                state[AVERAGE] = tensor.detach().clone()

    def _states(self) -> Iterator[tuple[Tensor, dict[str, Any]]]:
        """The tensors that have been moved, and what the optimiser keeps of each."""
        yield from ((tensor, state) for tensor, state in self.optimiser.state.items() if state)

    def _averages(self) -> Iterator[tuple[Tensor, Tensor]]:
        yield from ((tensor, state[AVERAGE]) for tensor, state in self._states() if AVERAGE in state)

    @torch.no_grad()
    def _exchange(self) -> None:
        """In place: a sharded model holds on to its tensors' memory."""
        for tensor, average in self._averages():
            weights = tensor.detach().clone()
            tensor.copy_(average)
            average.copy_(weights)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """While this lasts, the average stands in the model, and the weights in the average's place."""
        self._exchange()
        try:
            yield
        finally:
            self._exchange()

    @torch.no_grad()
    def settle(self) -> None:
        """Leave the average in the model, when its run has ended."""
        for tensor, average in self._averages():
            tensor.copy_(average)
