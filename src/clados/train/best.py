"""The weights of a run that did best on what is held out, and early stopping: how long none was better."""

import math
import shutil
from collections.abc import Iterable
from pathlib import Path

import torch
from torch import nn

from clados.train import saved


class Best:
    """The best weights of a run, and when it is to end.

    In a folder they stand as checkpoints do, ``best-N``; where the run goes on from an earlier checkpoint, so do those
    that were best by then.

    Attributes:
        patience: evaluations in a row without a better one after which the run ends; None: it goes to its last step.
        writes: whether this process writes files.
        since: how many there have been.
        step: after which the best was found.
    """

    def __init__(self, patience: int | None, folder: Path | None, *, writes: bool = True) -> None:
        self.patience, self.folder, self.writes = patience, folder, writes
        self.loss, self.since, self.step = math.inf, 0, 0
        self._weights: dict[str, torch.Tensor] = {}

    @property
    def over(self) -> bool:
        """Whether the run is to end."""
        return self.patience is not None and self.since >= self.patience

    def replay(self, losses: Iterable[tuple[int, float]]) -> None:
        """Go on after these steps and their losses of a run; weights of other steps, which come again, are removed."""
        found = {step for step, loss in losses if self._count(step, loss)}
        if self.folder and self.writes:
            _remove(each for each in saved.best_weights(self.folder) if saved.step_of(each) not in found)

    def evaluated(self, step: int, loss: float, model: nn.Module) -> None:
        """Take note of an evaluation; where it is the best so far, its weights are kept.

        Raises:
            CheckpointError: they cannot be written.
        """
        if not self._count(step, loss):
            return
        weights = {name: value.detach() for name, value in model.state_dict().items()}
        if self.folder is None:
            self._weights = {name: value.clone() for name, value in weights.items()}
        elif self.writes:
            saved.save_best(self.folder, step, weights)

    def _count(self, step: int, loss: float) -> bool:
        better = loss < self.loss
        self.loss, self.since, self.step = (loss, 0, step) if better else (self.loss, self.since + 1, self.step)
        return better

    def saved(self) -> None:
        """Remove weights that no checkpoint needs, after one was saved."""
        if self.folder and self.writes:
            oldest = saved.step_of(saved.checkpoints(self.folder)[0])
            _remove([each for each in saved.best_weights(self.folder) if saved.step_of(each) <= oldest][:-1])

    def restore(self, model: nn.Module) -> None:
        """Put the best weights into the model.

        Raises:
            CheckpointError: their files are absent or damaged.
        """
        if self.folder is not None and self.loss < math.inf:
            self._weights = saved.read_best(self.folder, self.step)
        if self._weights:
            model.load_state_dict(self._weights)


def _remove(folders: Iterable[Path]) -> None:
    for each in folders:
        shutil.rmtree(each, ignore_errors=True)
