"""A tensor that lies in a file until it is asked for."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor


@dataclass(frozen=True, slots=True)
class LazyTensor:
    """One tensor in a file, read when it is asked for."""

    file: Path
    shape: tuple[int, ...]
    read: Callable[[], Tensor]
