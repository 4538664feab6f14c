"""What an objective owns beside the model that it trains: a generator, a teacher, vectors of entities."""

from typing import Any

import torch
from torch import nn


class Owned(nn.Module):
    """Modules of an objective, in training a child of the model, ``model.owned``.

    What is registered here is trained as far as it requires a gradient, put on the model's devices, saved in the run's
    checkpoints and restored from them. It is no part of the model that comes of the training.
    """

    def leave(self, model: nn.Module) -> None:
        """Put into the model what stays of it there. Called once, when training ends."""


class Frozen:
    """A model that is asked and does not learn, such as a teacher.

    It is in evaluation mode for good, and no submodule of what holds it: its weights are in no checkpoint.
    """

    def __init__(self, model: nn.Module) -> None:
        self.model: Any = model.eval().requires_grad_(requires_grad=False)

    def __call__(self, *given: Any, **named: Any) -> Any:
        """What the model gives, without a gradient; on the device of what it is given."""
        with torch.no_grad():
            return self.model(*given, **named)
