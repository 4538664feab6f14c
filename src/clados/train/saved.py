"""Checkpoints of a run: written whole or not at all, the last good one always there."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from clados.checkpoints.atomic import created
from clados.checkpoints.errors import CheckpointError

KEPT = 2


def save(folder: Path, step: int, model: nn.Module, optimiser: torch.optim.Optimizer, state: Mapping[str, Any]) -> Path:
    """Write ``folder/step-N``: model.safetensors, optimiser.safetensors, state.json; older ones go, but for the last.

    It is written beside and renamed when it is complete, so a full disk or a killed process leaves the last good one.

    Raises:
        CheckpointError: when it cannot be written.
    """
    target = folder / f"step-{step:08d}"
    weights = {name: value.contiguous() for name, value in model.state_dict().items()}
    try:
        with created(target) as part:
            save_file(weights, part / "model.safetensors")
            save_file(_state(optimiser), part / "optimiser.safetensors")
            (part / "state.json").write_text(json.dumps({"step": step, **state}, indent=2) + "\n", encoding="utf-8")
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{target}: the checkpoint cannot be written ({error}); earlier ones stay") from error
    for old in checkpoints(folder)[:-KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    return target


def checkpoints(folder: Path) -> list[Path]:
    """The complete checkpoints of a run, the oldest first."""
    return sorted(each for each in folder.glob("step-*") if (each / "state.json").exists())


def restore(checkpoint: Path, model: nn.Module, optimiser: torch.optim.Optimizer) -> dict[str, Any]:
    """Put a checkpoint's tensors into a model and its optimiser; its state is returned.

    Raises:
        CheckpointError: for files that are damaged, or of another model.
    """
    try:
        state: dict[str, Any] = json.loads((checkpoint / "state.json").read_text(encoding="utf-8"))
        weights = load_file(checkpoint / "model.safetensors")
        moments = load_file(checkpoint / "optimiser.safetensors")
    except (OSError, ValueError, SafetensorError) as error:
        raise CheckpointError(f"{checkpoint}: unreadable ({error})") from error
    shapes = {name: tuple(value.shape) for name, value in weights.items()}
    if shapes != {name: tuple(value.shape) for name, value in model.state_dict().items()}:
        raise CheckpointError(f"{checkpoint}: this is a checkpoint of another model")
    model.load_state_dict(weights)
    found: dict[int, dict[str, Tensor]] = {}
    for name, value in moments.items():
        index, _, key = name.partition(".")
        found.setdefault(int(index), {})[key] = value
    optimiser.load_state_dict({"state": found, "param_groups": optimiser.state_dict()["param_groups"]})
    return state


def _state(optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    return {
        f"{index}.{key}": value.contiguous()
        for index, each in optimiser.state_dict()["state"].items()
        for key, value in each.items()
    }
