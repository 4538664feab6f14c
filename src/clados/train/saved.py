"""Checkpoints of a run: written whole or not at all, the last good one always there, damage noticed."""

import hashlib
import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.distributed.checkpoint.api import CheckpointException
from torch.distributed.checkpoint.hf_storage import HuggingFaceStorageReader, HuggingFaceStorageWriter
from torch.distributed.checkpoint.state_dict_loader import load as load_shards
from torch.distributed.checkpoint.state_dict_saver import save as save_shards
from torch.distributed.tensor import DTensor

from clados.checkpoints.atomic import SAVING, created
from clados.checkpoints.errors import CheckpointError
from clados.files import JsonObject, read_json
from clados.train.devices import Devices, World

KEPT_CHECKPOINTS = 2
WEIGHTS, MOMENTS, STATE = "model.safetensors", "optimiser.safetensors", "state.json"
CARRIED = "carried.safetensors"
CHECKPOINT, BEST = "step-", "best-"  # folders, before the number of their step


def save(
    folder: Path,
    step: int,
    model: nn.Module,
    optimiser: torch.optim.Optimizer,
    carried: Mapping[str, Tensor],
    state: Mapping[str, Any],
    devices: Devices | None = None,
) -> Path:
    """Write ``folder/step-N``: model.safetensors, optimiser.safetensors, state.json; older ones go, but for the last.

    It is written beside and renamed when it is complete, so a full disk or a killed process leaves the last good one.
    What is ``carried`` beside these stands in carried.safetensors, where there is any. state.json holds the SHA-256 of
    the other files. A sharded model's processes write their parts of all tensors, each into a safetensors file of its
    own (torch's Distributed Checkpoint); any number of processes reads either.

    Raises:
        CheckpointError: when it cannot be written.
    """
    target = folder / f"{CHECKPOINT}{step:08d}"
    world = devices.world if devices else World()
    if not world.first:
        if devices and devices.sharded:
            _write_shard(Path(world.told("")), model, optimiser)
        world.wait()
        return target
    for left in folder.glob(f"{SAVING}*"):  # of a process that was killed: a folder has one run at a time
        shutil.rmtree(left, ignore_errors=True)
    try:
        with created(target) as part:
            if devices and devices.sharded:
                _write_shard(Path(world.told(str(part))), model, optimiser)
            else:
                save_file({name: value.contiguous() for name, value in model.state_dict().items()}, part / WEIGHTS)
                save_file(_state(optimiser), part / MOMENTS)
            if carried:
                save_file(dict(carried), part / CARRIED)
            _write_state(part, step, state)
    except (OSError, SafetensorError, CheckpointException) as error:
        raise CheckpointError(f"{target}: the checkpoint cannot be written ({error}); earlier ones stay") from error
    for old in checkpoints(folder)[:-KEPT_CHECKPOINTS]:
        shutil.rmtree(old, ignore_errors=True)
    world.wait()
    return target


def _write_state(folder: Path, step: int, state: Mapping[str, Any]) -> None:
    """state.json, after all other files were written."""
    sums = {each.name: _sum(each) for each in sorted(folder.glob("*.safetensors"))}
    text = json.dumps({"step": step, **state, "sha256": sums}, indent=2) + "\n"
    (folder / STATE).write_text(text, encoding="utf-8")


def save_best(folder: Path, step: int, weights: Mapping[str, Tensor]) -> None:
    """Write ``folder/best-N``, weights alone as a checkpoint has them.

    Raises:
        CheckpointError: when it cannot be written.
    """
    target = folder / f"{BEST}{step:08d}"
    try:
        with created(target) as part:
            save_file({name: value.contiguous() for name, value in weights.items()}, part / WEIGHTS)
            _write_state(part, step, {})
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{target}: the best weights cannot be written ({error}); checkpoints stay") from error


def read_best(folder: Path, step: int) -> dict[str, Tensor]:
    """The weights of ``folder/best-N``.

    Raises:
        CheckpointError: a file is absent or damaged.
    """
    found = folder / f"{BEST}{step:08d}"
    _checked(found)
    return _tensors(found / WEIGHTS)


def _write_shard(folder: Path, model: nn.Module, optimiser: torch.optim.Optimizer) -> None:
    """This process's part of all tensors."""
    writer = HuggingFaceStorageWriter(str(folder), save_distributed=True)
    save_shards({**model.state_dict(), **_state(optimiser)}, storage_writer=writer)


def checkpoints(folder: Path) -> list[Path]:
    """The checkpoints of a run, the oldest first."""
    return _numbered(folder, CHECKPOINT)


def best_weights(folder: Path) -> list[Path]:
    """The best weights of a run that are kept, the oldest first."""
    return _numbered(folder, BEST)


def _numbered(folder: Path, name: str) -> list[Path]:
    found = [each for each in folder.glob(f"{name}*") if re.fullmatch(rf"{name}\d{{8,18}}", each.name)]
    return sorted(found, key=step_of)


def state_of(checkpoint: Path) -> dict[str, Any]:
    """The state of a checkpoint whose files are whole.

    Raises:
        CheckpointError: a file is absent or damaged; it says which checkpoint is whole, and how to go on from it.
    """
    try:
        return _checked(checkpoint)
    except CheckpointError as error:
        earlier = [each for each in checkpoints(checkpoint.parent) if step_of(each) < step_of(checkpoint)]
        whole = next((each for each in reversed(earlier) if _is_whole(each)), None)
        if whole is None:
            advice = "no earlier checkpoint is whole, so the run has to be started again in another folder"
        else:
            newer = [each for each in checkpoints(checkpoint.parent) if step_of(each) > step_of(whole)]
            advice = f"{whole.name} is whole: to go on from there, remove {' and '.join(map(str, newer))} and resume"
        raise CheckpointError(f"{error}; {advice}") from error


def restore(folder: Path, model: nn.Module, optimiser: torch.optim.Optimizer) -> None:
    """Put a checkpoint's tensors into a model and its optimiser.

    Raises:
        CheckpointError: for files that are damaged, or of another model.
    """
    if any(isinstance(each, DTensor) for each in model.parameters()) or not (folder / WEIGHTS).exists():
        _read_shards(folder, model, optimiser)
        return
    weights, moments = _tensors(folder / WEIGHTS), _tensors(folder / MOMENTS)
    shapes = {name: tuple(value.shape) for name, value in weights.items()}
    if shapes != {name: tuple(value.shape) for name, value in model.state_dict().items()}:
        raise CheckpointError(f"{folder}: this is a checkpoint of another model")
    model.load_state_dict(weights)
    _load_state(optimiser, moments)


def carried(folder: Path) -> dict[str, Tensor]:
    """What a checkpoint's next step depends on beside weights and moments.

    Raises:
        CheckpointError: for a file that is damaged.
    """
    return _tensors(folder / CARRIED) if (folder / CARRIED).exists() else {}


def _tensors(file: Path) -> dict[str, Tensor]:
    try:
        found: dict[str, Tensor] = load_file(file)
    except (OSError, ValueError, SafetensorError) as error:
        raise CheckpointError(f"{file}: unreadable ({error})") from error
    return found


def _read_shards(folder: Path, model: nn.Module, optimiser: torch.optim.Optimizer) -> None:
    """Read this process's part of all tensors, whoever wrote which part."""
    _begin(optimiser)
    reader = HuggingFaceStorageReader(str(folder))
    try:
        kept = reader.read_metadata().state_dict_metadata.keys()  # what never had a gradient has no moments
        moments = {name: each for name, each in _state(optimiser).items() if name in kept}
        tensors = {**model.state_dict(), **moments}
        load_shards(tensors, storage_reader=reader, no_dist=not dist.is_initialized())
    except (OSError, ValueError, SafetensorError, CheckpointException) as error:
        raise CheckpointError(f"{folder}: this is a checkpoint of another model, or unreadable ({error})") from error
    model.load_state_dict({name: tensors[name] for name in model.state_dict()})
    _load_state(optimiser, {name: tensors[name] for name in moments})


def _begin(optimiser: torch.optim.Optimizer) -> None:
    """Let an optimiser make its tensors, which a first step does: one at a rate of nothing."""
    rates = [group["lr"] for group in optimiser.param_groups]
    for group in optimiser.param_groups:
        group["lr"] = 0.0
        for each in group["params"]:
            each.grad = torch.zeros_like(each)
    optimiser.step()
    optimiser.zero_grad(set_to_none=True)
    for group, rate in zip(optimiser.param_groups, rates):
        group["lr"] = rate


def _load_state(optimiser: torch.optim.Optimizer, moments: Mapping[str, Tensor]) -> None:
    found: dict[int, dict[str, Tensor]] = {}
    for name, value in moments.items():
        index, _, key = name.partition(".")
        found.setdefault(int(index), {})[key] = value
    optimiser.load_state_dict({"state": found, "param_groups": optimiser.state_dict()["param_groups"]})


def _checked(checkpoint: Path) -> dict[str, Any]:
    content = read_json(checkpoint / STATE, CheckpointError)
    state = JsonObject(checkpoint / STATE, content, CheckpointError)
    if state.take("step", int, -1) != step_of(checkpoint):
        raise state.refuse("step", f"the folder is of step {step_of(checkpoint)}")
    sums = state.inside("sha256")
    for name in sorted({WEIGHTS, MOMENTS} if not sums.keys() else sums.keys()):
        try:
            found = _sum(checkpoint / Path(name).name)
        except OSError as error:
            raise CheckpointError(f"{checkpoint / name}: unreadable ({error.strerror})") from error
        if sums.take(name, str, "") != found:
            raise CheckpointError(f"{checkpoint / name}: damaged, its SHA-256 is not the one in {STATE}")
    return dict(content)


def _is_whole(checkpoint: Path) -> bool:
    try:
        _checked(checkpoint)
    except CheckpointError:
        return False
    return True


def step_of(checkpoint: Path) -> int:
    """The step of a checkpoint, or of best weights, by the folder's name."""
    return int(checkpoint.name.partition("-")[2])


def _sum(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _state(optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    return {
        f"{index}.{key}": value.contiguous()
        for index, each in optimiser.state_dict()["state"].items()
        for key, value in each.items()
    }
