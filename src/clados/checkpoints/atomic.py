"""Replacing a directory as one step: whoever looks, at any moment or after a crash, finds the old one or the new."""

import ctypes
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

EXCHANGE = 2  # RENAME_EXCHANGE of linux/fs.h
HERE = -100  # AT_FDCWD: paths count from the current directory


@contextmanager
def replaced(path: Path, ours: tuple[str, ...]) -> Iterator[Path]:
    """A directory beside ``path`` to write into; when the block ends well, it takes its place.

    Files that stood there and are not among ``ours`` (glob patterns) are kept, linked into the new directory.

    Raises:
        OSError: the disk is full, or the like; ``path`` is then as it was.
    """
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.saving")
    shutil.rmtree(fresh, ignore_errors=True)  # of a process that was killed
    fresh.mkdir()
    try:
        yield fresh
        if path.exists():
            _keep(path, fresh, ours)
        for each in (*(file for file in fresh.rglob("*") if file.is_file()), fresh):
            _sync(each)
        _swap(fresh, path)
        _sync(path.parent)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)  # what stood there before, or what was half written


def _keep(old: Path, fresh: Path, ours: tuple[str, ...]) -> None:
    for each in old.iterdir():
        if any(each.match(pattern) for pattern in ours) or (fresh / each.name).exists():
            continue
        if each.is_dir() and not each.is_symlink():
            shutil.copytree(each, fresh / each.name, symlinks=True, copy_function=_link)
        else:
            _link(each, fresh / each.name)


def _link(source: str | Path, target: str | Path) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:  # a file system without links
        shutil.copy2(source, target, follow_symlinks=False)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _swap(fresh: Path, path: Path) -> None:
    """Put ``fresh`` in the place of ``path``; what stood there stands at ``fresh`` afterwards."""
    if not path.exists():
        fresh.rename(path)
    elif not _exchanged(fresh, path):
        aside = fresh.with_name(f"{fresh.name}.old")
        shutil.rmtree(aside, ignore_errors=True)
        path.rename(aside)
        fresh.rename(path)
        shutil.rmtree(aside, ignore_errors=True)


def _exchanged(a: Path, b: Path) -> bool:
    """Whether the system swapped two names in one step (Linux 3.15 and most of its file systems can)."""
    with suppress(OSError, AttributeError):
        rename = ctypes.CDLL(None, use_errno=True).renameat2
        return bool(rename(HERE, os.fsencode(a), HERE, os.fsencode(b), EXCHANGE) == 0)
    return False
