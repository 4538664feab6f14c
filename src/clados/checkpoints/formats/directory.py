"""Tensors on disk: safetensors, shards with an index, pickles where they are allowed."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from clados.checkpoints.errors import CheckpointError
from clados.files import JsonObject, read_json

POINTER = b"version https://git-lfs"
SAFE, PICKLED = "model.safetensors", "pytorch_model.bin"
REFUSED = (
    "a pickle can run any code when it is read; allow_pickle=True (--allow-pickle) reads it with weights_only, tensors "
    "alone"
)


@dataclass(frozen=True, slots=True)
class Stored:
    """One tensor in a file, read when it is asked for."""

    file: Path
    shape: tuple[int, ...]
    read: Callable[[], Tensor]


def stored(directory: Path, *, allow_pickle: bool) -> dict[str, Stored]:
    """Every tensor of a checkpoint's directory, none of them read yet (pickles excepted).

    Raises:
        CheckpointError: there is none, a file is damaged, absent or a pickle, or the index contradicts the files.
    """
    for name, reader in ((SAFE, safe), (PICKLED, pickled)):
        index = directory / f"{name}.index.json"
        if not (directory / name).exists() and not index.exists():
            continue
        if reader is pickled and not allow_pickle:
            raise CheckpointError(f"{directory / name}: {REFUSED}")
        return reader(directory / name) if (directory / name).exists() else _sharded(index, reader)
    raise CheckpointError(f"{directory}: there is no {SAFE}, no index of shards, and no {PICKLED}")


def _sharded(index: Path, reader: Callable[[Path], dict[str, Stored]]) -> dict[str, Stored]:
    said = JsonObject.read(index, CheckpointError)
    if "weight_map" not in said:
        raise CheckpointError(f"{index}: it has no weight_map")
    weight_map = said.inside("weight_map")
    shard_of = {name: weight_map.take(name, str, "") for name in weight_map.keys()}  # noqa: SIM118
    shards: dict[str, dict[str, Stored]] = {}
    for shard in sorted({*shard_of.values()}):
        if not shard or not shard.isprintable() or Path(shard).name != shard:
            raise CheckpointError(f"{index}: '{shard}' is not the name of a file beside it")
        shards[shard] = reader(index.with_name(shard))
    for name, shard in shard_of.items():
        if name not in shards[shard]:
            raise CheckpointError(f"{index}: it puts '{name}' into {shard}, which does not hold it")
    return {name: each for shard in shards.values() for name, each in shard.items()}


def safe(file: Path) -> dict[str, Stored]:
    """The tensors of a safetensors file.

    Raises:
        CheckpointError: the file is absent, truncated or something else.
    """
    _check_is_data(file)
    try:
        opened: Any = safe_open(file, framework="pt")
        return {name: _lazily(file, opened, name) for name in opened.offset_keys()}
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{file}: truncated, or not safetensors ({error})") from error


def _lazily(file: Path, opened: Any, name: str) -> Stored:
    def read() -> Tensor:
        tensor: Tensor = opened.get_tensor(name)
        return tensor

    return Stored(file, tuple(opened.get_slice(name).get_shape()), read)


def pickled(file: Path) -> dict[str, Stored]:
    """The tensors of a pickle, of tensors alone.

    Raises:
        CheckpointError: the file is absent or damaged, or holds more than tensors.
    """
    return held(file, unpickled(file))


def unpickled(file: Path) -> Any:
    """What a pickle holds, read by torch's reader of plain values and tensors alone.

    Raises:
        CheckpointError: the file is absent or damaged, or holds anything else.
    """
    _check_is_data(file)
    try:
        return torch.load(file, weights_only=True, map_location="cpu")
    except Exception as error:  # damaged ones raise many kinds
        why = re.split(r"[.\n]", str(error).strip())[0] or type(error).__name__  # torch's advice is not passed on
        raise CheckpointError(f"{file}: not a pickle of tensors alone, or damaged ({why})") from error


def _check_is_data(file: Path) -> None:
    """Refuse a file that is absent, or the pointer that Git LFS leaves where a download was not finished.

    Raises:
        CheckpointError: for these.
    """
    try:
        with file.open("rb") as opened:
            begins = opened.read(len(POINTER))
    except OSError as error:
        raise CheckpointError(f"{file}: {(error.strerror or str(error)).lower()}") from error
    if begins == POINTER:
        raise CheckpointError(f"{file}: a pointer of Git LFS, not the file itself; `git lfs pull` brings it")


def held(file: Path, tensors: Any) -> dict[str, Stored]:
    """Tensors that were read already.

    Raises:
        CheckpointError: it is no table of tensors.
    """
    return dict(_held(file, tensors))


def _held(file: Path, tensors: Any) -> Iterator[tuple[str, Stored]]:
    if isinstance(tensors, Mapping) and isinstance(tensors.get("state_dict"), Mapping):
        tensors = tensors["state_dict"]  # as training loops save it, beside their optimiser
    if not isinstance(tensors, Mapping) or not all(isinstance(each, Tensor) for each in tensors.values()):
        raise CheckpointError(f"{file}: it holds something else than tensors by name")
    for name, tensor in tensors.items():
        if not isinstance(name, str) or not _is_plain(tensor):
            raise CheckpointError(f"{file}: '{name}' is not the name of a tensor whose numbers are all there")
        yield name, Stored(file, tuple(tensor.shape), lambda tensor=tensor: tensor)  # type: ignore[misc]


def _is_plain(tensor: Tensor) -> bool:
    """Whether a tensor holds a number for each of its places: it is not sparse, empty of data, or stretched."""
    if tensor.layout is not torch.strided or tensor.device.type == "meta" or tensor.is_quantized:
        return False
    return tensor.numel() * tensor.element_size() <= tensor.untyped_storage().nbytes()


def json_of(file: Path) -> dict[str, Any]:
    """A JSON file that holds an object.

    Raises:
        CheckpointError: it is absent or holds something else.
    """
    found = read_json(file, CheckpointError)
    if not isinstance(found, dict):
        raise CheckpointError(f"{file}: it holds a {type(found).__name__}, not an object")
    return found
