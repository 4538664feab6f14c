"""Tensors in pickles, where these are allowed."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from clados.checkpoints.errors import CheckpointError
from clados.checkpoints.formats.files import check_is_data
from clados.checkpoints.mapping.lazy import LazyTensor

REFUSED = (
    "a pickle can run any code when it is read; allow_pickle=True (--allow-pickle) reads it with weights_only, tensors "
    "alone"
)


def read_pickled_tensors(file: Path) -> dict[str, LazyTensor]:
    """The tensors of a pickle, of tensors alone.

    Raises:
        CheckpointError: the file is absent or damaged, or holds more than tensors.
    """
    return as_lazy(file, read_pickle(file))


def read_pickle(file: Path) -> Any:
    """What a pickle holds, read by torch's reader of plain values and tensors alone.

    Raises:
        CheckpointError: the file is absent or damaged, or holds anything else.
    """
    check_is_data(file)
    try:
        return torch.load(file, weights_only=True, map_location="cpu")
    except Exception as error:  # damaged ones raise many kinds
        why = re.split(r"[.\n]", str(error).strip())[0] or type(error).__name__  # torch's advice is not passed on
        raise CheckpointError(f"{file}: not a pickle of tensors alone, or damaged ({why})") from error


def as_lazy(file: Path, tensors: Any) -> dict[str, LazyTensor]:
    """Tensors that were read already.

    Raises:
        CheckpointError: it is no table of tensors.
    """
    return dict(_lazily(file, tensors))


def _lazily(file: Path, tensors: Any) -> Iterator[tuple[str, LazyTensor]]:
    if isinstance(tensors, Mapping) and isinstance(tensors.get("state_dict"), Mapping):
        tensors = tensors["state_dict"]  # as training loops save it, beside their optimiser
    if not isinstance(tensors, Mapping) or not all(isinstance(each, Tensor) for each in tensors.values()):
        raise CheckpointError(f"{file}: it holds something else than tensors by name")
    for name, tensor in tensors.items():
        if not isinstance(name, str) or not _is_plain(tensor):
            raise CheckpointError(f"{file}: '{name}' is not the name of a tensor whose numbers are all there")
        yield name, LazyTensor(file, tuple(tensor.shape), lambda tensor=tensor: tensor)  # type: ignore[misc]


def _is_plain(tensor: Tensor) -> bool:
    """Whether a tensor holds a number for each of its places: it is not sparse, empty of data, or stretched."""
    if tensor.layout is not torch.strided or tensor.device.type == "meta" or tensor.is_quantized:
        return False
    return tensor.numel() * tensor.element_size() <= tensor.untyped_storage().nbytes()
