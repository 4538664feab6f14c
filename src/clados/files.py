"""Files: written whole or not at all; JSON of other programs read key by key, each value checked."""

import errno
import json
import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, cast, get_args

from clados.errors import CladosError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

T = TypeVar("T")
D = TypeVar("D")
PART = ".part"  # how the names of files end that are being written
_LONE = re.compile("[\ud800-\udfff]")  # halves of characters, as in names of files that are no UTF-8
ENDS = ("config.json", "adapter_config.json", "model_index.json")  # of a model, an adapter, a pipeline's parts
LARGEST_INT = 2**62  # integers in files beyond this are damage: sizes and ids must fit torch's 64 bits with room to add


def path_exists(path: str | Path) -> bool:
    """Whether something is there; a name that no path can have, as it is too long, is that of nothing."""
    try:
        return Path(path).exists()
    except OSError:
        return False


def holds_model(folder: Path) -> bool:
    """Whether a model was written to a directory, or an adapter, or the parts of a pipeline: a run there has ended."""
    return any((folder / name).exists() for name in ENDS)


def model_below(folder: Path) -> str:
    """``; there is a model in ...``: the newest one of a run's checkpoints, or of one of these; empty where none is."""
    found = _below(folder)
    return f"; there is a model in {found[-1]}" if found else ""


def model_found(folder: Path) -> Path | None:
    """The directory of the model that has come of a run, or has come of it so far; None where there is none."""
    found = [folder] if holds_model(folder) else _below(folder)
    return found[-1] if found else None


def _below(folder: Path) -> list[Path]:
    """The models of a run's checkpoints, or of one of these, the newest last."""
    patterns = ("model", "step-[0-9]*/model", "checkpoints/step-[0-9]*/model")
    return [each for pattern in patterns for each in sorted(folder.glob(pattern)) if holds_model(each)]


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` fill a neighbour of ``path`` that takes its place, with its mode and owner, once it is complete.

    A link stays, and the file that it points to is replaced. What is no file (a device, a pipe) is written to directly.

    Raises:
        OSError: when it cannot be written; then ``path`` is as it was.
    """
    path = path.resolve()
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if path.exists() and not path.is_file():
        write(path)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}{PART}")
    try:
        write(part)
        keep_mode(path, part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def keep_mode(old: Path, new: Path) -> None:
    """Give a file the mode and owner of the one that it is to replace, as far as the system allows."""
    if old.is_file():
        facts = old.stat()
        with suppress(OSError, AttributeError):  # Windows has no owners
            os.chown(new, facts.st_uid, facts.st_gid)
        with suppress(OSError):
            new.chmod(facts.st_mode & 0o7777)


def write_text(path: Path, text: str) -> None:
    """Write a text file whole or not at all.

    Raises:
        OSError: when it cannot be written; then ``path`` is as it was.
    """
    write_whole(path, lambda part: part.write_text(text, encoding="utf-8", newline="\n"))


@contextmanager
def locked(file: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold a lock file, as one process at a time can; it is released when the process ends, however it ends.

    Where the system or the file system has no locks (Windows, some network drives) nothing keeps others away.

    Raises:
        CladosError: another process holds it, unless this one is to wait.
        OSError: the file cannot be made.
    """
    handle = _acquired(file, wait=wait)
    try:
        yield
    finally:
        try:
            file.unlink(missing_ok=True)
        except OSError:  # it stays: that does no harm
            pass
        finally:
            os.close(handle)


def _acquired(file: Path, *, wait: bool) -> int:
    while True:
        handle = os.open(file, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
        try:
            if fcntl:
                fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            os.close(handle)
            raise CladosError(f"{file.parent}: another process is writing here") from None
        except OSError:  # a file system without locks
            return handle
        except BaseException:
            os.close(handle)
            raise
        with suppress(OSError):
            if not fcntl or os.path.samestat(os.fstat(handle), file.lstat()):
                return handle
        os.close(handle)  # whoever held it has removed it: it guards nothing


def text_lines(text: str) -> list[str]:
    """The lines of a text. They end at LF, CR LF or CR, as those of files do in Python.

    ``str.splitlines`` also ends them at form feeds, U+0085, U+2028 and other characters that stand inside texts.
    """
    found = re.split(r"\r\n|\r|\n", text)
    return found[:-1] if not found[-1] else found


def write_json(path: Path, content: object) -> None:
    """Write plain data as a JSON file, whole or not at all.

    Raises:
        OSError: when it cannot be written; then ``path`` is as it was.
    """
    text = json.dumps(content, indent=2, ensure_ascii=False)
    write_text(path, _LONE.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n")


def read_json(file: Path, error: type[CladosError] = CladosError) -> Any:
    """The content of a JSON file.

    Raises:
        CladosError: of the class ``error``, naming the file, when it is absent, not readable, no UTF-8, no
            JSON, or nested too deep.
    """
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as found:
        raise error(f"{file}: there is no such file") from found
    except RecursionError as found:
        raise error(f"{file}: not usable, its JSON is nested too deep") from found
    except OSError as found:
        raise error(f"{file}: it cannot be read ({found.strerror or found})") from found
    except ValueError as found:
        raise error(f"{file}: not JSON ({found})") from found


class JsonObject:
    """A JSON object of another program's file, read key by key.

    Each key is taken, or ignored because it means nothing here; ``notes`` names those that are left over, so that
    nothing is ignored silently. A key whose value is null counts as absent.
    """

    def __init__(
        self, file: Path, content: object, error: type[CladosError] = CladosError, *, inside: str = ""
    ) -> None:
        """The object ``content`` that stands in ``file``, below the key ``inside`` (dotted) if that is not empty.

        Raises:
            CladosError: of the class ``error``, as are all others, when ``content`` is no object.
        """
        if not isinstance(content, Mapping):
            where = f"{inside} is" if inside else "it holds"
            raise error(f"{file}: {where} {_shown(content)}; an object is needed")
        self.file, self.error, self._prefix = file, error, f"{inside}." if inside else ""
        self._content: Mapping[str, Any] = content
        self._unread = {str(key) for key, value in content.items() if value is not None}
        self._nested: list[JsonObject] = []
        self._noted: list[str] = []

    @classmethod
    def read(cls, file: Path, error: type[CladosError] = CladosError) -> "JsonObject":
        """The object that a file holds.

        Raises:
            CladosError: of the class ``error``, for a file that ``read_json`` refuses or that holds no object.
        """
        return cls(file, read_json(file, error), error)

    def __contains__(self, key: str) -> bool:
        return self._content.get(key) is not None

    def keys(self) -> tuple[str, ...]:
        """The keys that have a value."""
        return tuple(str(key) for key, value in self._content.items() if value is not None)

    def take(self, key: str, kind: "type[T] | UnionType", default: D) -> "T | D":
        """The value of a key, of that type; ``default`` when it is absent. ``float`` takes integers too.

        Raises:
            CladosError: for a value of another type, or a number that is not finite or beyond 2**62.
        """
        self._unread.discard(key)
        value = self._content.get(key)
        if value is None:
            return default
        kinds = get_args(kind) or (kind,)
        if float in kinds and int not in kinds and isinstance(value, int) and not isinstance(value, bool):
            kinds = (*kinds, int)
        if not isinstance(value, kinds) or (isinstance(value, bool) and not {bool, object} & {*kinds}):
            allowed = " or ".join(_NAMED.get(each, each.__name__) for each in get_args(kind) or (kind,))
            raise self.refuse(key, f"needed is {allowed}")
        if isinstance(value, int | float) and not abs(value) <= LARGEST_INT:
            raise self.refuse(key, "needed is a finite number up to 2**62")
        return cast("T", value)

    def peek(self, key: str) -> Any:
        """The value of a key as it stands, which does not count as read; None when it is absent."""
        return self._content.get(key)

    def inside(self, key: str) -> "JsonObject":
        """The object under a key; empty when it is absent. Its left-over keys are named with this one's.

        Raises:
            CladosError: when the key holds something else.
        """
        self._unread.discard(key)
        content = self._content.get(key)
        name = self._prefix + key
        nested = JsonObject(self.file, {} if content is None else content, self.error, inside=name)
        self._nested.append(nested)
        return nested

    def ignore(self, *keys: str) -> None:
        """Mark keys that mean nothing here."""
        self._unread.difference_update(keys)

    def note(self, key: str, why: str) -> None:
        """Add a line about a key's value to ``notes``, where it is taken but not quite as its program means it."""
        self._noted.append(self._line(key, why))

    def refuse(self, key: str, why: str) -> CladosError:
        """The error for a key's value, to be raised: file, key, value, and what is needed."""
        return self.error(f"{self.file.parent / self._line(key, why)}")

    def _line(self, key: str, why: str) -> str:
        return f"{self.file.name}: {self._prefix}{key} is {_shown(self._content.get(key))}; {why}"

    @property
    def unread(self) -> tuple[str, ...]:
        """The keys that were neither taken nor ignored, dotted, in the order of the alphabet."""
        nested = (key for each in self._nested for key in each.unread)
        return tuple(sorted([*(self._prefix + key for key in self._unread), *nested]))

    @property
    def notes(self) -> tuple[str, ...]:
        """Lines for the load report: what ``note`` added, and one that names the unread keys, if there are any."""
        noted = (*self._noted, *(line for each in self._nested for line in each._noted))
        unread = (f"{self.file.name}: not used here: {', '.join(keys)}",) if (keys := self.unread) else ()
        return (*noted, *unread)


_NAMED: dict[type, str] = {
    bool: "true or false",
    int: "an integer",
    float: "a number",
    str: "a string",
    list: "a list",
    dict: "an object",
}


def _shown(value: object) -> str:
    """A value in an error message, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False, default=str) if not isinstance(value, dict) else "an object"
    return text if len(text) <= 60 else f"{text[:57]}..."
