"""Tensors in safetensors files."""

from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from torch import Tensor

from clados.checkpoints.errors import CheckpointError
from clados.checkpoints.formats.files import check_is_data
from clados.checkpoints.mapping.lazy import LazyTensor


def read_safetensors(file: Path) -> dict[str, LazyTensor]:
    """The tensors of a safetensors file.

    Raises:
        CheckpointError: the file is absent, truncated or something else.
    """
    check_is_data(file)
    try:
        opened: Any = safe_open(file, framework="pt")
        return {name: _lazily(file, opened, name) for name in opened.offset_keys()}
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{file}: truncated, or not safetensors ({error})") from error


def safetensors_metadata(file: Path) -> dict[str, str]:
    """What a safetensors file says besides its tensors.

    Raises:
        CheckpointError: as ``read_safetensors``.
    """
    check_is_data(file)
    try:
        opened: Any = safe_open(file, framework="pt")
        return dict(opened.metadata() or {})
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{file}: truncated, or not safetensors ({error})") from error


def _lazily(file: Path, opened: Any, name: str) -> LazyTensor:
    def read() -> Tensor:
        tensor: Tensor = opened.get_tensor(name)
        return tensor

    return LazyTensor(file, tuple(opened.get_slice(name).get_shape()), read)
