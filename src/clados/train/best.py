"""Early stopping: the weights that did best on what is held out, and how long none was better."""

from collections.abc import Iterable
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from clados.checkpoints.errors import CheckpointError
from clados.files import write_whole

BEST_FILE = "best.safetensors"


class Best:
    """The best weights of a run, and when it is to end.

    Attributes:
        patience: evaluations in a row without a better one after which the run ends; None: it goes to its last step.
        since: how many there have been.
        step: after which the best was found.
    """

    def __init__(self, patience: int | None, folder: Path | None) -> None:
        self.patience, self.file = patience, folder and folder / BEST_FILE
        self.loss, self.since, self.step = float("inf"), 0, 0
        self._weights: dict[str, torch.Tensor] = {}

    @property
    def over(self) -> bool:
        """Whether the run is to end."""
        return self.patience is not None and self.since >= self.patience

    def replay(self, losses: Iterable[tuple[int, float]]) -> None:
        """Go on after these steps and their losses of a run that was interrupted; the weights are in the file."""
        for step, loss in losses:
            self._count(step, loss)

    def evaluated(self, step: int, loss: float, model: nn.Module, *, writes: bool) -> None:
        """Take note of an evaluation; where it is the best so far, its weights are kept.

        Args:
            writes: whether this process writes files.
        """
        if not self._count(step, loss):
            return
        weights = {name: value.detach() for name, value in model.state_dict().items()}
        if self.file is None:
            self._weights = {name: value.clone() for name, value in weights.items()}
        elif writes:
            held = {name: value.contiguous() for name, value in weights.items()}
            write_whole(self.file, lambda part: save_file(held, part))

    def _count(self, step: int, loss: float) -> bool:
        better = loss < self.loss
        self.loss, self.since, self.step = (loss, 0, step) if better else (self.loss, self.since + 1, self.step)
        return better

    def restore(self, model: nn.Module) -> None:
        """Put the best weights into the model.

        Raises:
            CheckpointError: their file is damaged.
        """
        if self.file is not None:
            try:
                self._weights = load_file(self.file)
            except (OSError, ValueError, SafetensorError) as error:
                raise CheckpointError(f"{self.file}: the best weights are unreadable ({error})") from error
        if self._weights:
            model.load_state_dict(self._weights)
