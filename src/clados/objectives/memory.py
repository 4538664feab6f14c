"""Memory: what a row of a batch leaves to the row that goes on with its text."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import torch
from torch import Tensor

from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Loss

MEMORY_ARGUMENT = "mems"  # the model's argument


class Memory:
    """The states that each lane has left, by the lane's number: [layers, memory, d_model], without gradient.

    It belongs to who trains or evaluates, not to the model: what is held out has a memory of its own.
    """

    def __init__(self) -> None:
        self.lanes: dict[int, Tensor] = {}

    def run(self, loss: Callable[[WholeModel, Batch], Loss], model: WholeModel, batch: Batch) -> Loss:
        """The loss of a batch, whose rows see what was left to them; they leave their own."""
        found = loss(model, self.given(batch))
        self.keep(batch, found.memory)
        return found

    def given(self, batch: Batch) -> Batch:
        """The batch with what was left to its rows, where their texts do not begin."""
        if batch.lanes is None or batch.begins:
            return batch
        left = torch.stack([self.lanes[lane] for lane in batch.lanes])
        return replace(batch, inputs={**batch.inputs, MEMORY_ARGUMENT: left})

    def keep(self, batch: Batch, left: Tensor | None) -> None:
        """Keep what the rows of a batch leave, [rows, layers, memory, d_model]."""
        if batch.lanes is not None and left is not None:
            self.lanes.update(zip(batch.lanes, left.detach().unbind(0)))

    def saved(self) -> dict[str, Tensor]:
        """All lanes, by name."""
        return {f"{MEMORY_ARGUMENT}.{lane}": each.cpu().contiguous() for lane, each in self.lanes.items()}

    def restore(self, saved: Mapping[str, Tensor], lanes: Iterable[int], device: torch.device) -> None:
        """Some of the lanes of ``saved``."""
        named = {lane: saved.get(f"{MEMORY_ARGUMENT}.{lane}") for lane in lanes}
        self.lanes = {lane: each.to(device) for lane, each in named.items() if each is not None}
