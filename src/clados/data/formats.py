"""Files of data, one checked reader a format: texts, rows of a table, episodes, tars of images with captions."""

import csv
import gzip
import io
import json
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from clados.data.decoding import IMAGE_SUFFIXES
from clados.data.errors import BadLines, DataError
from clados.data.examples import Captioned, Encoded, Example, Text
from clados.data.proteins import protein_files
from clados.data.rows import EPISODE_ENDS, examples_of, replace_surrogates
from clados.errors import how_to_install

HIDDEN = ("__MACOSX", "__pycache__", "@eaDir", "$RECYCLE.BIN", "System Volume Information", "lost+found")
CAPTIONS = ("caption", "captions", "text")  # keys of an image's .json
_IGNORED = ("next_observations", "metadata", "infos")  # arrays of episodes that say nothing which the others lack
UTF16 = (b"\xff\xfe", b"\xfe\xff")
UNPACKED, RATIO = 2**30, 100  # bytes that any packed file may unpack to; larger ones, how many times their size
PICTURES = ("image", "img", "picture", "jpg", "jpeg", "png", "webp")  # columns that hold images
LARGE, PASSAGE = 2**26, 2**20  # bytes of a text that is no single document, and characters of the parts it is cut into
_ROWS = 1024  # of a Parquet file at once
_FEATHER = b"ARROW1"  # how an Arrow file begins that is no stream
ZSTD = ("compression.zstd", "backports.zstd")  # Python's own from 3.14 on, and the same for those before


def hidden(name: str) -> bool:
    """Whether a path below the data's root is a system's or an editor's own: .ipynb_checkpoints, ._x, __MACOSX."""
    return any((part.startswith(".") and part != "..") or part in HIDDEN for part in PurePosixPath(name).parts)


def _bounded(path: Path, size: int) -> None:
    """Refuse a packed file that unpacks to far more than data do.

    Raises:
        DataError: for ``size`` bytes that are more than data of this file's size have.
    """
    most = max(UNPACKED, RATIO * path.stat().st_size)
    if size > most:
        raise DataError(f"{path}: unpacks to more than {most:,} bytes, over {RATIO} times its size; unpack it yourself")


def _zstd(path: Path) -> Any:
    for name in ZSTD:
        with suppress(ImportError):
            return import_module(name).ZstdFile(path)
    raise DataError(f"{path}: .zst needs backports.zstd, which {how_to_install('backports.zstd')}")


OPENERS: dict[str, Callable[[Path], Any]] = {".gz": gzip.GzipFile, ".zst": _zstd}


class _Unpacked(io.RawIOBase):
    """The content of a .gz or .zst file, as far as it is bounded."""

    def __init__(self, path: Path) -> None:
        self.path, self.inner = path, OPENERS[path.suffix.lower()](path)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self.inner.read(len(buffer))
        buffer[: len(data)] = data
        _bounded(self.path, self.inner.tell())
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return int(self.inner.seek(offset, whence))

    def close(self) -> None:
        self.inner.close()
        super().close()


@contextmanager
def _lines(path: Path) -> Iterator[io.TextIOWrapper]:
    """A file's text, without a byte-order mark; a line ends at LF, CR LF or CR, and at nothing else.

    What is no UTF-8 is let through for ``_utf8`` to find, which knows the line.

    Raises:
        DataError: for UTF-16.
    """
    with io.BufferedReader(_Unpacked(path)) if path.suffix.lower() in OPENERS else path.open("rb") as file:
        start = file.read(2)
        file.seek(0)
        if start in UTF16:
            raise DataError(f"{path}: text in UTF-16; save it as UTF-8")
        with io.TextIOWrapper(file, encoding="utf-8-sig", errors="surrogateescape") as lines:
            yield lines


def _utf8(text: str, where: str) -> str:
    """The text.

    Raises:
        DataError: it was no UTF-8.
    """
    try:
        text.isascii() or text.encode()
    except UnicodeEncodeError as error:
        raise DataError(f"{where}: unreadable (byte 0x{ord(text[error.start]) - 0xDC00:02x} is no UTF-8)") from error
    return text


def _texts(path: Path, name: str, bad: BadLines) -> Iterator[Example]:
    """A document a file; of a large one, a document each passage of about a million characters."""
    with _lines(path) as file:
        passages = _passages(file) if path.stat().st_size > LARGE else [file.read()]
        for number, text in enumerate(passages, 1):
            with bad.checked():
                if _utf8(text, str(path)).strip():
                    yield Text(name if isinstance(passages, list) else f"{name}#{number}", text)


def _passages(file: io.TextIOWrapper) -> Iterator[str]:
    """A text in parts that end with a paragraph, or else a line, or a word."""
    left = ""
    while more := file.read(PASSAGE):
        left += more
        ends = (left.rfind(mark) + len(mark) for mark in ("\n\n", "\n", " ") if mark in left)
        cut = next(ends, len(left))
        yield left[:cut]
        left = left[cut:]
    yield left


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError as error:
        raise DataError(f"{where}: its JSON is nested too deep") from error
    except ValueError as error:
        raise DataError(f"{where}: not JSON ({error})") from error


def _an_object_a_line(text: str) -> bool:
    first, _, rest = text.lstrip().partition("\n")
    return first.rstrip().endswith("}") and rest.lstrip().startswith("{")


def json_lines(path: Path, name: str, bad: BadLines) -> Iterator[Example]:
    """An object a line."""
    with _lines(path) as lines:
        for number, line in enumerate(lines, 1):
            if line.strip():
                where = f"{path}:{number}"
                with bad.checked():
                    yield from examples_of(_json(_utf8(line, where), where), f"{name}:{number}", where)


def json_list(path: Path, name: str, bad: BadLines) -> Iterator[Example]:
    """A list of objects, one object, or an object a line.

    Raises:
        DataError: for what is no JSON, and objects that are no examples.
    """
    with _lines(path) as file:
        text = _utf8(file.read(), str(path))
    try:
        found = _json(text, str(path))
    except DataError:
        if not _an_object_a_line(text):
            raise
        yield from json_lines(path, name, bad)
        return
    for number, row in enumerate(found if isinstance(found, list) else [found], 1):
        with bad.checked():
            yield from examples_of(row, f"{name}:{number}", f"{path}: row {number}")


def _table(path: Path, name: str, bad: BadLines) -> Iterator[Example]:
    """A row a line below a line of column names; what parts the columns is a comma, a semicolon or a tab."""
    limit = csv.field_size_limit(sys.maxsize)
    try:
        with _lines(path) as file:
            names = file.readline()
            parted = max(",;\t", key=names.count)
            file.seek(0)
            rows = csv.reader(file, delimiter=parted, strict=True)
            columns = [column.strip() for column in next(rows, [])]
            if twice := sorted({column for column in columns if columns.count(column) > 1}):
                raise DataError(f"{path}: two columns are called '{twice[0]}'")
            more = True
            while more:
                with bad.checked():
                    cells, more = _cells(rows, path)
                    where = f"{path}:{rows.line_num}"
                    if cells and len(cells) != len(columns):
                        raise DataError(f"{where}: {len(cells)} cells; the first line names {len(columns)} columns")
                    if cells:
                        yield from examples_of(dict(zip(columns, cells)), f"{name}:{rows.line_num}", where)
    finally:
        csv.field_size_limit(limit)


def _cells(rows: Any, path: Path) -> tuple[list[str], bool]:
    """The cells of the next row, and whether there was one."""
    try:
        cells = next(rows, None)
    except csv.Error as error:
        raise DataError(f"{path}:{rows.line_num}: unreadable ({error})") from error
    return [_utf8(cell, f"{path}:{rows.line_num}") for cell in cells or ()], cells is not None


def parquet(path: Path, name: str, bad: BadLines) -> Iterator[Example]:
    """The rows of a Parquet file.

    Raises:
        DataError: without pyarrow, and for rows that are no examples.
    """
    try:
        from pyarrow import parquet as files
    except ImportError as error:
        raise DataError(f"{path}: Parquet needs pyarrow, which {how_to_install('pyarrow')}") from error
    with files.ParquetFile(path) as file:
        yield from _columns(file.schema_arrow, file.iter_batches(batch_size=_ROWS), path, name, bad)


def arrow(path: Path, name: str, bad: BadLines) -> Iterator[Example]:
    """The rows of an Arrow file: of a stream, as Hugging Face's datasets write them, or of a file (Feather).

    Raises:
        DataError: without pyarrow, and for rows that are no examples.
    """
    try:
        from pyarrow import OSFile, ipc
    except ImportError as error:
        raise DataError(f"{path}: Arrow needs pyarrow, which {how_to_install('pyarrow')}") from error
    with OSFile(str(path)) as file:
        whole = file.read(len(_FEATHER)) == _FEATHER
        file.seek(0)
        found = ipc.open_file(file) if whole else ipc.open_stream(file)
        batches = map(found.get_batch, range(found.num_record_batches)) if whole else found
        yield from _columns(found.schema, batches, path, name, bad)


def _columns(schema: Any, batches: Iterable[Any], path: Path, name: str, bad: BadLines) -> Iterator[Example]:
    from pyarrow import types

    for field in schema:
        struct = types.is_struct(field.type)  # of an image or a sound: bytes and path, as Hugging Face's datasets write
        inside = [each.type for each in field.type.fields] if struct else [field.type]
        packed = any(types.is_binary(each) or types.is_large_binary(each) for each in inside)
        if packed and (struct or field.name.lower() in PICTURES):
            raise DataError(
                f"{path}: the column '{field.name}' holds images, or other encoded bytes, which are not read from "
                "tables; images are read from a folder a class, or from .tar with captions"
            )
    number = size = 0
    for batch in batches:
        size += batch.nbytes
        _bounded(path, size)
        for row in batch.to_pylist():
            number += 1
            with bad.checked():
                yield from examples_of(row, f"{name}:{number}", f"{path}: row {number}")


# ---------------------------------------------------------------- episodes


def arrays(path: Path, name: str, bad: BadLines) -> Iterator[Example]:
    """Episodes in the names of D4RL: observations, actions, rewards, and where there are several, what ends them.

    Raises:
        DataError: for an array of another name, and arrays that are no episodes.
    """
    with zipfile.ZipFile(path) as archive:
        names = {each.filename.removesuffix(".npy"): each for each in archive.infolist()}
        known = {"observations", "actions", "rewards", *EPISODE_ENDS}
        strange = sorted(key for key in names if key not in known and key.partition("/")[0] not in _IGNORED)
        if strange:
            allowed = f"observations, actions, rewards; {', '.join(EPISODE_ENDS)}; {', '.join(_IGNORED)} are ignored"
            raise DataError(f"{path}: holds an array '{strange[0]}'; allowed: {allowed}")
        _bounded(path, sum(each.file_size for key, each in names.items() if key in known))
        found = {key: _array(archive, each, path) for key, each in names.items() if key in known}
    yield from examples_of(found, name, str(path))


def _array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> Any:
    """One array, of numbers, whose header agrees with the size of its data."""
    with archive.open(entry) as file:
        version = np.lib.format.read_magic(file)
        if version not in HEADERS:
            raise DataError(f"{path}: '{entry.filename}' is in version {version} of NumPy's format; allowed: 1.0, 2.0")
        shape, by_columns, dtype = HEADERS[version](file)
        count = int(np.prod(shape, dtype=object))
        if dtype.kind not in "biuf":
            raise DataError(f"{path}: '{entry.filename}' holds {dtype}; numbers are needed")
        if min(shape, default=0) < 0 or file.tell() + count * dtype.itemsize != entry.file_size:
            raise DataError(f"{path}: '{entry.filename}' is damaged: its header says {shape} of {dtype}")
        flat = np.frombuffer(file.read(), dtype)
    return flat.reshape(shape, order="F" if by_columns else "C")


HEADERS: dict[tuple[int, int], Callable[[Any], tuple[tuple[int, ...], bool, np.dtype[Any]]]] = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


# ---------------------------------------------------------------- images with captions


def pairs(path: Path, name: str, bad: BadLines) -> Iterator[Example]:
    """Members that share a name up to the first dot: an image, and its captions as .txt or .json (WebDataset).

    Raises:
        DataError: for members without an image, with several, or without a caption.
    """
    with tarfile.open(path, "r:") as tar:
        groups: dict[str, dict[str, tarfile.TarInfo]] = {}
        for member in _members(tar, path):
            folder, _, base = member.name.rpartition("/")
            stem, _, suffix = base.partition(".")
            groups.setdefault(f"{folder}/{stem}".lstrip("/"), {})[f".{suffix.lower()}"] = member
        for stem, members in groups.items():
            key = replace_surrogates(stem)
            images = [suffix for suffix in members if suffix in IMAGE_SUFFIXES] or [
                suffix for suffix in members if f".{suffix.rpartition('.')[2]}" in IMAGE_SUFFIXES
            ]
            if len(images) != 1:
                raise DataError(
                    f"{path}: '{key}' has {len(images) or 'no'} image{'s' if images else ''}; one is needed"
                )
            image = members[images[0]]
            captions = _captions(tar, members, f"{path}: {key}")
            if not captions:
                raise DataError(f"{path}: '{key}' has no caption (.txt, or .json with {' or '.join(CAPTIONS)})")
            place = Encoded(path, image.offset_data, image.size, replace_surrogates(image.name))
            yield Captioned(f"{name}:{key}", place, captions)


def _members(tar: tarfile.TarFile, path: Path) -> Iterator[tarfile.TarInfo]:
    """The files of a tar.

    Raises:
        DataError: for links and sparse files, and where a damaged header ends the tar before its file ends, which
            Python's reader takes for the end.
    """
    for member in tar.getmembers():
        if member.isdir() or hidden(member.name):
            continue
        if not member.isreg() or member.issparse():
            raise DataError(
                f"{path}: '{replace_surrogates(member.name)}' is a link, a device or sparse; plain files are allowed"
            )
        yield member
    with path.open("rb") as file:
        file.seek(tar.offset)
        if file.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
            raise DataError(f"{path}: damaged or cut off: at byte {tar.offset:,} is neither a member nor the tar's end")
        while block := file.read(1 << 20):
            if block.strip(b"\0"):
                raise DataError(f"{path}: more follows the tar's end at byte {tar.offset:,}; one tar a file is read")


def _captions(tar: tarfile.TarFile, members: Mapping[str, tarfile.TarInfo], where: str) -> tuple[str, ...]:
    """The captions of an image, the best first; none when its files hold none."""
    for suffix in (".txt", ".json"):
        file = tar.extractfile(members[suffix]) if suffix in members else None
        if file:
            text = file.read().decode("utf-8-sig")
            found = text if suffix == ".txt" or not text.strip() else _json(text, where + suffix)
            if isinstance(found, dict):
                found = next((found[key] for key in CAPTIONS if found.get(key)), "")
            each = found if isinstance(found, list) else [found]
            wrong = next((one for one in each if not isinstance(one, str)), None)
            if wrong is not None:
                raise DataError(f"{where}{suffix}: a caption is {type(wrong).__name__}, not a string")
            if captions := tuple(replace_surrogates(one.strip()) for one in each if one.strip()):
                return captions
    return ()


# ---------------------------------------------------------------- by suffix

_Reader = Callable[[Path, str, BadLines], Iterator[Example]]
PACKED: dict[str, _Reader] = {  # formats that may also end in .gz or .zst
    ".txt": _texts,
    ".md": _texts,
    ".jsonl": json_lines,
    ".json": json_list,
    ".csv": _table,
    ".tsv": _table,
}
FILE_READERS: dict[str, _Reader] = {
    **PACKED,
    **{suffix + packed: reader for suffix, reader in PACKED.items() for packed in OPENERS},
    ".parquet": parquet,
    ".arrow": arrow,
    ".feather": arrow,
    ".npz": arrays,
    ".tar": pairs,
    ".pdb": protein_files,
    ".ent": protein_files,
    ".cif": protein_files,
    ".mmcif": protein_files,
}


def suffix(path: Path) -> str:
    """What decides how a file is read, in lower case: `.txt`, `.jsonl.gz`."""
    *_, last = path.suffixes or [""]
    return "".join(path.suffixes[-2:]).lower() if last.lower() in OPENERS else last.lower()


def examples_in(path: Path, name: str, bad: BadLines) -> Iterator[Example]:
    """The examples of one file, whose documents are named after `name`.

    Raises:
        DataError: for whatever is wrong with the file, by its name; for a bad line, unless these are skipped.
    """
    try:
        yield from FILE_READERS[suffix(path)](path, name, bad)
    except DataError:
        raise
    except MemoryError as error:
        raise DataError(f"{path}: does not fit into memory; cut it into smaller files") from error
    except Exception as error:  # zip, tar, Parquet and gzip files raise many kinds when damaged
        raise DataError(f"{path}: unreadable ({' '.join(str(error).split()) or type(error).__name__})") from error
