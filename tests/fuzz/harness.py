"""Runs mutants of valid files through a reader: each may be read or refused in one line, and nothing else.

A row says how a valid input is made, which file of it is damaged and how, and what reads it. To add a reader, add rows.
"""

import os
import random
import resource
import signal
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from clados.errors import CladosError

MUTANTS = int(os.environ.get("CLADOS_MUTANTS", "20000"))  # over all rows
SECONDS = 10  # for one mutant
MEMORY = 2**30  # bytes above what the process had


@dataclass(frozen=True)
class Row:
    """One reader of one file.

    Attributes:
        name: of the row in the test's output; also its seed.
        make: writes a valid input into an empty folder.
        file: the one that is damaged, relative to the folder.
        mutate: gives a mutant of its bytes.
        read: reads the folder; it may raise CladosError.
    """

    name: str
    make: Callable[[Path], object]
    file: str
    mutate: Callable[[bytes, random.Random], bytes]
    read: Callable[[Path], object]


class TooSlow(BaseException):
    """A reader took too long. No Exception, so that no reader takes it for damage."""


def run(row: Row, folder: Path, mutants: int) -> None:
    """Read so many mutants of a row's file.

    Raises:
        AssertionError: for the first that fails otherwise than by a CladosError of one line, that takes too long, or
            too much memory; it names the seed, and ``folder`` holds the mutant.
    """
    row.make(folder)
    file = folder / row.file
    valid = file.read_bytes()
    row.read(folder)  # what is valid is read
    for number in range(mutants):
        seed = f"{row.name} {number}"
        file.write_bytes(row.mutate(valid, random.Random(seed)))
        if failure := _failure(row, folder):
            raise AssertionError(f"mutant '{seed}' of {file}: {failure}")
    file.write_bytes(valid)


def _failure(row: Row, folder: Path) -> str:
    """What is wrong with how a folder is read; empty when nothing is."""
    try:
        with _bounded(), warnings.catch_warnings(action="error"):
            row.read(folder)
    except CladosError as error:
        line = str(error)
        return f"an error of {line.count(chr(10)) + 1} lines: {line!r}" if "\n" in line or not line else ""
    except TooSlow:
        return f"took more than {SECONDS} s"
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return f"{type(error).__name__}: {error}"
    return ""


@contextmanager
def _bounded() -> Iterator[None]:
    """Bound the time, and the memory that may be asked for."""
    before = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    handler = signal.signal(signal.SIGALRM, _stop)
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, before[1]))
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        resource.setrlimit(resource.RLIMIT_AS, before)


def _stop(number: int, frame: FrameType | None) -> None:
    raise TooSlow
