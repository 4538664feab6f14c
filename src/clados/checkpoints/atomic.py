"""Files of a directory replaced as one step: whoever reads it, at any moment or after a crash, finds old or new ones.

New files are written into a hidden folder inside the directory. Renaming that folder is the step that counts; its files
are moved to their places afterwards, by the next reader or writer where this process is killed. ``config.json`` leaves
first and comes back last, so that other programs find no model in between, never a mixture of two. The directory itself
stays what it is, with its owner, mode, links and mounts, and so does each file that is no part of what is written.
"""

import errno
import filecmp
import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from pathlib import Path
from typing import ParamSpec, Protocol, TypeVar

from clados.checkpoints.errors import CheckpointError
from clados.files import JsonObject, keep_mode, locked

T = TypeVar("T", covariant=True)
P = ParamSpec("P")
SAVING, SAVED = ".clados-saving-", ".clados-saved"  # folders: being written, complete
STALE = ".stale.json"  # in a complete one: its keys are the old files that go
LOCK = ".clados-save.lock"
LAST = "config.json"
NONE = re.compile(r"(?!)")
TRIES = 10


class Reader(Protocol[P, T]):
    """What reads a directory."""

    def __call__(self, path: str | Path, *args: P.args, **options: P.kwargs) -> T:
        """What ``path`` holds."""
        ...


@contextmanager
def atomic_directory(path: Path, stale: re.Pattern[str] = NONE) -> Iterator[Path]:
    """A folder to write into; when the block ends well, its files take their places in the directory ``path``.

    Two processes that write to one ``path`` do so one after the other.

    Args:
        stale: names of files that are removed from ``path`` when the new ones do not replace them.

    Raises:
        OSError: the disk is full, or the like; ``path`` is then as it was.
        CheckpointError: something else than a file stands where a file goes; or the files were written, but could not
            be moved to their places, which the next reading or writing tries again.
    """
    path = path.resolve()
    with directory(path), locked(path / LOCK, wait=True):
        _finish(path)
        for left in path.glob(f"{SAVING}*"):  # of processes that were killed: this one holds the lock
            shutil.rmtree(left, ignore_errors=True)
        fresh = _fresh(path)
        try:
            yield fresh
            _put(fresh, path, stale)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)


@contextmanager
def created(path: Path) -> Iterator[Path]:
    """A folder to write into; when the block ends well, it becomes the directory ``path``, in place of an older one.

    Raises:
        OSError: the disk is full, or the like; ``path`` is then as it was.
    """
    fresh, old = _fresh(path.parent), path.with_name(f"{SAVING}{secrets.token_hex(8)}")
    try:
        yield fresh
        _sync_all(fresh)
        if path.exists():
            path.rename(old)
        try:
            fresh.rename(path)
        except OSError:
            if old.exists():
                old.rename(path)
            raise
        shutil.rmtree(old, ignore_errors=True)
        _sync(path.parent)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def retry_if_replaced(read: Reader[P, T]) -> Reader[P, T]:
    """A function that reads a directory, made to read it again when its files were replaced meanwhile.

    It raises CheckpointError too: when what a killed process wrote cannot be moved to its place, or when files are
    replaced again and again.
    """

    @wraps(read)
    def reading(path: str | Path, *args: P.args, **options: P.kwargs) -> T:
        folder = Path(path)
        for _ in range(TRIES):
            _settle(folder)
            before = _stamp(folder)
            try:
                found = read(path, *args, **options)
            except Exception:
                if _stamp(folder) == before:
                    raise
                continue
            if _stamp(folder) == before:
                return found
        raise CheckpointError(f"{path}: its files are replaced again and again while they are read")

    return reading


@contextmanager
def directory(path: Path) -> Iterator[None]:
    """Make a directory; when the block fails, what was made goes again, unless something is in it.

    Raises:
        CheckpointError: its name is no UTF-8: safetensors 0.8 writes files there, and cannot read them.
        OSError: it cannot be made.
    """
    try:
        str(path.absolute()).encode()
    except UnicodeEncodeError as error:
        raise CheckpointError(f"{path}: the name is no UTF-8, so safetensors could not read what is in it") from error
    made = [each for each in (path, *path.parents) if not each.exists()]
    path.mkdir(parents=True, exist_ok=True)
    try:
        yield
    except BaseException:
        with suppress(OSError):
            for each in made:
                each.rmdir()
        raise


# ---------------------------------------------------------------- the steps


def _put(fresh: Path, path: Path, stale: re.Pattern[str]) -> None:
    """Move what was written to its places."""
    files = _files(fresh)
    new = {file.relative_to(fresh) for file in files}
    for name in new:
        _check(path, name)
        keep_mode(path / name, fresh / name)
    old = [each.name for each in path.iterdir() if stale.fullmatch(each.name) and Path(each.name) not in new]
    for each in old:
        _check(path, Path(each))
    _sync_all(fresh)
    changed = [name for name in new if not _same(fresh / name, path / name)]
    if len(changed) + len(old) <= 1:
        for name in changed:
            _move(fresh / name, path / name)
        _sync(path)
        return
    (fresh / STALE).write_text(json.dumps(dict.fromkeys(old, True)), encoding="utf-8")
    _sync(fresh / STALE)
    _sync(fresh)
    fresh.rename(path / SAVED)
    _sync(path)
    try:
        _finish(path)
    except OSError as error:
        raise _unfinished(path, error) from error


def _settle(path: Path) -> None:
    """Finish what a killed process has left, or wait for one that is at it."""
    if (path / SAVED).is_dir():
        try:
            with locked(path / LOCK, wait=True):
                _finish(path)
        except OSError as error:
            raise _unfinished(path, error) from error


def _finish(path: Path) -> None:
    """Move the files of a complete folder to their places, if there is one; what was moved before stays."""
    saved = path / SAVED
    if saved.is_symlink() or not saved.is_dir():
        return
    if (saved / STALE).exists():
        files = sorted(_files(saved), key=lambda file: (file == saved / LAST, file))
        if saved / LAST in files:
            (path / LAST).unlink(missing_ok=True)
        old = JsonObject.read(saved / STALE, CheckpointError)
        for name in old.keys():  # noqa: SIM118
            (path / Path(name).name).unlink(missing_ok=True)
        for file in files:
            if file != saved / STALE:
                _check(path, file.relative_to(saved))
                _move(file, path / file.relative_to(saved))
        _sync(path)
    shutil.rmtree(saved)


def _unfinished(path: Path, error: OSError) -> CheckpointError:
    return CheckpointError(f"{path}: what was saved is complete, but cannot be moved to its place ({error})")


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    try:
        source.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        near = _fresh(target.parent)  # a folder on another disk
        try:
            shutil.copy2(source, near / target.name)
            _sync(near / target.name)
            (near / target.name).replace(target)
        finally:
            shutil.rmtree(near, ignore_errors=True)


def _check(path: Path, name: Path) -> None:
    """Refuse to put a file where something else stands than a file, or through a link to another folder."""
    for parent in [*name.parents][:-1]:
        if (path / parent).is_symlink() or ((path / parent).exists() and not (path / parent).is_dir()):
            raise CheckpointError(
                f"{path / parent}: a folder belongs here, but a file or link of this name stands there"
            )
    target = path / name
    if target.exists() and not target.is_file():
        raise CheckpointError(f"{target}: a file belongs here, but something else of this name is there")


def _same(a: Path, b: Path) -> bool:
    return b.is_file() and filecmp.cmp(a, b, shallow=False)


def _stamp(path: Path) -> tuple[object, ...]:
    """What changes when the files of a directory are replaced."""
    with suppress(OSError):
        facts = (path / LAST).stat()
        return facts.st_ino, facts.st_mtime_ns, (path / SAVED).is_dir()
    return ((path / SAVED).is_dir(),)


# ---------------------------------------------------------------- small things


def _files(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*") if file.is_file()]


def _fresh(folder: Path) -> Path:
    fresh = folder / f"{SAVING}{secrets.token_hex(8)}"
    fresh.mkdir(parents=True)
    return fresh


def _sync_all(folder: Path) -> None:
    for each in (*folder.rglob("*"), folder):
        _sync(each)


def _sync(path: Path) -> None:
    try:
        handle = os.open(path, os.O_RDONLY)
    except PermissionError:  # Windows opens no folders
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
