"""Files replaced as one step: killed anywhere, written by two at once, beside files that are somebody else's."""

import errno
import os
import re
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from clados.checkpoints.atomic import LOCK, SAVED, STALE, atomic_directory, created, retry_if_replaced
from clados.checkpoints.errors import CheckpointError
from clados.errors import CladosError
from clados.files import locked

OLD = {"config.json": "old", "a.bin": "old a", "b.bin": "old b", "sub/c.bin": "old c"}
NEW = {"config.json": "new", "a.bin": "new a", "sub/c.bin": "new c", "d.bin": "new d"}
WEIGHTS = re.compile(r"[a-z]\.bin")


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def contents(folder: Path) -> dict[str, str]:
    return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*") if file.is_file()}


@retry_if_replaced
def reading(path: str | Path) -> dict[str, str]:
    return {name: text for name, text in contents(Path(path)).items() if not name.startswith(".clados")}


def save(path: Path, files: dict[str, str] = NEW) -> None:
    with atomic_directory(path, WEIGHTS) as fresh:
        write(fresh, files)


def fill_disk(path: Path) -> None:
    with atomic_directory(path) as fresh:
        write(fresh, {"a.bin": "half"})
        raise OSError(errno.ENOSPC, "full")


class Killed(BaseException):
    """As if by kill -9: nothing that the process does afterwards has an effect."""


def kill_at(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the step-th change of a name be the last; it does not happen."""
    done = [0]

    def dying(function: object) -> object:
        def call(*args: object, **options: object) -> object:
            done[0] += 1
            if done[0] == step:
                raise Killed
            if done[0] > step:
                raise OSError(errno.EIO, "dead")
            return function(*args, **options)  # type: ignore[operator]

        return call

    for name in ("rename", "replace", "unlink", "rmdir"):
        monkeypatch.setattr(os, name, dying(getattr(os, name)))


def test_a_writer_killed_at_any_step_leaves_the_old_files_or_the_new(tmp_path: Path) -> None:
    seen = []
    for step in range(1, 50):
        path = tmp_path / str(step)
        write(path, OLD)
        write(path, {"mine.txt": "mine"})
        with pytest.MonkeyPatch.context() as patch:
            kill_at(step, patch)
            try:
                save(path)
                break
            except Killed:
                pass
        between = contents(path)
        names = {"config.json", "a.bin", "b.bin", "sub/c.bin", "d.bin"}
        if "config.json" in between:  # who knows nothing of this finds one model whole, or none
            assert {name: text for name, text in between.items() if name in names} in (OLD, NEW)
        found = reading(path)
        assert found.pop("mine.txt") == "mine"
        assert found in (OLD, NEW)
        seen.append(found == NEW)
        save(path)
        assert contents(path) == NEW | {"mine.txt": "mine"}  # nothing is left over
    assert step > 10
    assert seen == sorted(seen)
    assert {*seen} == {False, True}


def test_one_changed_file_is_one_rename(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(tmp_path / "model")
    before = (tmp_path / "model" / "config.json").stat().st_ino
    monkeypatch.setattr("clados.checkpoints.atomic._finish", lambda path: None)
    save(tmp_path / "model", NEW | {"a.bin": "newer"})
    assert contents(tmp_path / "model") == NEW | {"a.bin": "newer"}
    assert (tmp_path / "model" / "config.json").stat().st_ino == before


def test_what_goes_wrong_while_writing_leaves_no_trace(tmp_path: Path) -> None:
    write(tmp_path / "model", OLD)
    for path in (tmp_path / "model", tmp_path / "new" / "deep"):
        with pytest.raises(OSError, match="full"):
            fill_disk(path)
    assert contents(tmp_path) == {f"model/{name}": text for name, text in OLD.items()}
    assert not (tmp_path / "new").exists()


def test_two_writers_go_one_after_the_other(tmp_path: Path) -> None:
    """Each thread opens the lock file anew, as processes do."""
    models = [{name: f"{number} {name}" for name in NEW} for number in range(6)]
    threads = [threading.Thread(target=save, args=(tmp_path / "model", each)) for each in models]
    for each in threads:
        each.start()
    while any(each.is_alive() for each in threads):
        assert reading(tmp_path / "model") in ({}, *models)
    assert contents(tmp_path / "model") in models


def test_a_directory_keeps_its_inode_modes_links_and_what_is_not_replaced(tmp_path: Path) -> None:
    path, shared = tmp_path / "model", tmp_path / "shared"
    write(path, OLD | {"model of mine.txt": "mine", "pytorch_model.py": "mine"})
    path.chmod(0o750)
    (path / "config.json").chmod(0o640)
    os.mkfifo(path / "pipe")
    shared.write_text("shared")
    (path / "a.bin").unlink()
    (path / "a.bin").symlink_to(shared)
    (path / "latest").symlink_to("sub")
    inode = path.stat().st_ino
    save(path)
    assert (path.stat().st_ino, stat.S_IMODE(path.stat().st_mode)) == (inode, 0o750)
    assert stat.S_IMODE((path / "config.json").stat().st_mode) == 0o640
    assert shared.read_text() == "shared"  # what a link pointed to may be somebody else's
    assert (path / "a.bin").read_text() == "new a"
    assert (path / "pipe").is_fifo()
    assert (path / "latest").is_symlink()
    assert (path / "model of mine.txt").read_text() == (path / "pytorch_model.py").read_text() == "mine"
    assert not (path / "b.bin").exists()


@pytest.mark.parametrize("name", ["a.bin", "sub", "config.json"])
def test_what_is_no_file_is_not_replaced(name: str, tmp_path: Path) -> None:
    if name == "sub":
        (tmp_path / "sub").symlink_to("/etc")
    else:
        os.mkfifo(tmp_path / name)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(CheckpointError, match=f"{name}: a (file|folder) belongs here"):
        save(tmp_path)
    assert sorted(tmp_path.iterdir()) == before


def test_nothing_outside_is_written_for_a_directory_that_is_read(tmp_path: Path) -> None:
    outside, path = tmp_path / "outside", tmp_path / "model"
    write(outside, {"key": "mine", STALE: "{}"})
    write(path / SAVED, {"sub/key": "theirs", STALE: '{"../outside/key": true}'})
    (path / "sub").symlink_to(outside)
    with pytest.raises(CheckpointError, match="sub: a folder belongs here"):
        reading(path)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / SAVED).symlink_to(outside)
    reading(tmp_path / "other")
    assert contents(outside) == {"key": "mine", STALE: "{}"}


@pytest.mark.parametrize("damage", ["", "[]", "{", "3"])
def test_a_damaged_list_of_old_files_is_one_error(damage: str, tmp_path: Path) -> None:
    write(tmp_path / SAVED, {"config.json": "new", STALE: damage})
    with pytest.raises(CheckpointError, match=re.escape(STALE)):
        reading(tmp_path)


def test_folders_on_another_disk_are_written_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, OLD)
    move = Path.replace

    def across(self: Path, target: Path) -> Path:
        if target.parent.name == "sub" and self.parent.parent != target.parent:
            raise OSError(errno.EXDEV, "another disk")
        return move(self, target)

    monkeypatch.setattr(Path, "replace", across)
    save(tmp_path)
    assert contents(tmp_path) == NEW


def test_the_current_directory_stays_usable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    save(Path())
    save(Path(), OLD)
    assert contents(Path.cwd()) == OLD
    Path("more").write_text("written")


def test_a_directory_is_created_in_place_of_an_older_one(tmp_path: Path) -> None:
    for files in (OLD, NEW):
        with created(tmp_path / "step") as fresh:
            write(fresh, files)
    assert contents(tmp_path) == {f"step/{name}": text for name, text in NEW.items()}


def test_an_older_directory_stays_where_the_new_one_cannot_take_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with created(tmp_path / "step") as fresh:
        write(fresh, OLD)
    rename = Path.rename

    def failing(source: Path, target: Path) -> Path:
        if (source / "new").exists():
            raise OSError(errno.EIO, "input/output error")
        return rename(source, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError, match="input/output"), created(tmp_path / "step") as fresh:
        write(fresh, NEW | {"new": "x"})
    assert contents(tmp_path) == {f"step/{name}": text for name, text in OLD.items()}


HOLD = """
import fcntl, sys, time
file = open(sys.argv[1], "w")
fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(60)
"""


def test_a_lock_is_refused_to_others_and_free_when_its_holder_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD, tmp_path / LOCK], stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(CladosError, match="another process is writing here"), locked(tmp_path / LOCK):
            pass
        holder.kill()
    with locked(tmp_path / LOCK):
        assert (tmp_path / LOCK).exists()
    assert not list(tmp_path.iterdir())
