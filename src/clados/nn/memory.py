"""What does not fit into memory is one line that says what to make smaller."""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from clados.errors import CladosError

SIGNS = ("allocate memory", "not enough memory", "out of memory")  # in what torch says on a CPU


@contextmanager
def enough_memory(what: str, smaller: str) -> Iterator[None]:
    """Run something that may need more memory than there is; decorates functions too.

    Args:
        what: what is being done, the beginning of the line; smaller: what to change, its end.

    Raises:
        CladosError: when memory cannot be had.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:  # torch.OutOfMemoryError is a RuntimeError
        full = isinstance(error, MemoryError | torch.OutOfMemoryError) or any(sign in str(error) for sign in SIGNS)
        if not full:
            raise
        raise CladosError(f"{what} needs more memory than there is: {smaller}") from error


def return_freed() -> None:
    """Give freed memory back to the system, where the C library keeps it (glibc).

    Batches of many lengths free blocks of many sizes: what is kept of them grows by megabytes a step, without an end.
    """
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)):
        trim(0)
