"""Documents as one array of tokens, in memory or in files that are mapped into it."""

import hashlib
import mmap
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any, BinaryIO, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from clados.data.corpus import Corpus
from clados.data.errors import DataError
from clados.data.examples import Text
from clados.data.tokenizer import Tokenizer
from clados.files import JsonObject, locked, text_lines, write_json
from clados.names import cache_folder
from clados.progress import Advance, progress

By = Literal["document", "sentence"]
BATCH = 4096  # pieces encoded at once: Python's lists of ids are ten times the size of the arrays
CHARACTERS = 2**19  # of these at most: the library needs two hundred times as many bytes
FORMAT = 1  # of the cache
MANIFEST, PART = "manifest.json", ".part"
SAVED_AFTER = 20.0  # seconds of work that a killed process loses at most
_T = TypeVar("_T")
_R = TypeVar("_R")


@dataclass(frozen=True, eq=False)
class Stream:
    """Tokens of documents, and where their pieces (sentences, or the whole document) and the documents begin.

    Attributes:
        ids: [tokens], all documents on end.
        pieces: [pieces + 1], offsets into `ids`.
        documents: [documents + 1], offsets into `pieces`.
    """

    ids: NDArray[np.unsignedinteger[Any]]
    pieces: NDArray[np.int64]
    documents: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ids)

    def tokens(self, start: int, end: int) -> NDArray[np.int64]:
        """The tokens from ``start`` to ``end``; of a file none stay in memory."""
        found = self.ids[start:end].astype(np.int64)
        release_pages(self.ids)
        return found

    def document_of(self, pieces: Any) -> Any:
        """The documents of some pieces."""
        return np.searchsorted(self.documents, pieces, side="right") - 1


def release_pages(array: NDArray[Any]) -> None:
    """Release the pages of a mapped file from this process's memory; they come back when they are read again."""
    mapped = getattr(array, "_mmap", None)
    if mapped is not None and hasattr(mmap, "MADV_DONTNEED"):
        mapped.madvise(mmap.MADV_DONTNEED)


def sentences(text: str) -> list[str]:
    """The sentences of a text: cut at line ends, and where . ! or ? is followed by a space and a capital or quote."""
    marked = re.sub(r"([.!?][\"')\]]*)\s+(?=[\"'(\[]?[^\W\da-z_])|(?<=[。！？।؟])\s*", r"\1\n", text)
    return [line.strip() for line in text_lines(marked) if line.strip()]


def spaced(text: str, space: str = " ") -> list[str]:
    """The sentences of a text, each but the first with the space before it."""
    return [space * (number > 0) + each for number, each in enumerate(sentences(text))]


def between(tokenizer: Tokenizer) -> str:
    """What stands between two sentences that are encoded one by one: a space, where it is part of a token."""
    return "" if " " in tokenizer.decode(2 * tokenizer.encode("a", add_special_tokens=False)) else " "


def encode_documents(
    documents: Sequence[Text], tokenizer: Tokenizer, cache: Path | None = None, by: By = "document"
) -> Stream:
    """The documents' tokens, without special ones.

    Args:
        cache: a folder, below which they are read where they were written before. A ``Corpus`` is always written: below
            ``cache_folder()``, where no other is named.

    Raises:
        DataError: the documents hold no token; or the folder has those of another tokenizer.
    """
    if cache is None and isinstance(documents, Corpus):
        cache = cache_folder() / "tokens" / tokenizer.key[:16]
    if cache is not None:
        return _cached(documents, tokenizer, cache, by)
    chunks = list(_chunks(documents, tokenizer, by))
    ids, pieces, counts = (np.concatenate(parts) for parts in zip(*chunks)) if chunks else (np.zeros(0, np.int64),) * 3
    if not len(ids):
        raise DataError(f"{len(documents)} document(s) hold no text")
    return Stream(ids.astype(np.uint32), _offsets(pieces), _offsets(counts))


def _offsets(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])


# ---------------------------------------------------------------- tokenising

Chunk = tuple[NDArray[Any], NDArray[np.int64], NDArray[np.int64]]  # ids, lengths of pieces, pieces of each document


def _chunks(documents: Iterable[Text], tokenizer: Tokenizer, by: By) -> Iterator[Chunk]:
    """Some documents at a time; the next ones are read and cut while those before are encoded."""
    space = between(tokenizer)
    cut = (spaced(each.text, space) if by == "sentence" else [each.text] for each in documents)
    return _ahead(lambda some: _encode(some, tokenizer), _grouped(cut))


def _grouped(documents: Iterable[list[str]]) -> Iterator[list[list[str]]]:
    """Documents in groups that are encoded at once."""
    group, size, number = list[list[str]](), 0, 0
    for pieces in documents:
        group.append(pieces)
        size, number = size + sum(map(len, pieces)), number + len(pieces)
        if size >= CHARACTERS or number >= BATCH:
            yield group
            group, size, number = [], 0, 0
    if group:
        yield group


def _encode(documents: list[list[str]], tokenizer: Tokenizer) -> Chunk:
    parts, sizes = [np.zeros(0, np.uint32)], list[int]()
    for pieces in _grouped([piece] for document in documents for piece in document):
        found = tokenizer.encode_batch([piece for (piece,) in pieces], add_special_tokens=False)
        sizes += map(len, found)
        parts.append(np.fromiter(chain.from_iterable(found), np.uint32, sum(sizes[-len(found) :])))
    lengths = np.array(sizes, np.int64)
    owners = np.repeat(np.arange(len(documents)), list(map(len, documents)))[lengths > 0]
    return np.concatenate(parts), lengths[lengths > 0], np.bincount(owners, minlength=len(documents))


def _ahead(function: Callable[[_T], _R], values: Iterable[_T]) -> Iterator[_R]:
    """The function of each value in order, worked out in a thread while the next value is made."""
    with ThreadPoolExecutor(1) as pool:
        waiting = None
        for value in values:
            started = pool.submit(function, value)
            if waiting is not None:
                yield waiting.result()
            waiting = started
        if waiting is not None:
            yield waiting.result()


# ---------------------------------------------------------------- the cache


def _cached(documents: Sequence[Text], tokenizer: Tokenizer, cache: Path, by: By) -> Stream:
    """The tokens as files of a folder that is named by the texts; of several processes one writes them.

    ``ids.bin`` has the ids, ``pieces.bin`` and ``documents.bin`` where they begin, ``manifest.json`` what they are of.
    They are written beside, under a name that ends in ``.part``, and go on where a killed process left them.
    """
    digest = _digest(documents)
    size = max(tokenizer.vocabulary.values(), default=0)
    said: dict[str, Any] = {"format": FORMAT, "by": by, "data": digest, "tokenizer": tokenizer.key}
    said |= {"numbers": "uint16" if size < 2**16 else "uint32"}
    folder = cache / f"{digest[:32]}-{by}"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with locked(cache / f".{folder.name}.lock", wait=True):
            if not folder.exists():
                _write(documents, tokenizer, by, folder, said)
    return _read(folder, said)


def _digest(documents: Sequence[Text]) -> str:
    if isinstance(documents, Corpus):
        return documents.digest
    digest = hashlib.sha256()
    for document in documents:
        digest.update(hashlib.sha256(document.text.encode("utf-8", "surrogatepass")).digest())
    return digest.hexdigest()


class _Files:
    """The three files of a stream as they grow, and the manifest that says how far they have."""

    NAMES = ("ids", "pieces", "documents")

    def __init__(self, folder: Path, said: dict[str, Any]) -> None:
        self.folder, self.said, self.dtype = folder, said, np.dtype(said["numbers"])
        self.counts = dict.fromkeys(self.NAMES, 0)
        if (folder / MANIFEST).exists():
            found = JsonObject.read(folder / MANIFEST, DataError)
            check_manifest(found, said)
            self.counts = {name: found.take(name, int, 0) for name in self.NAMES}
        folder.mkdir(exist_ok=True)
        self.files: dict[str, BinaryIO] = {}
        for name in self.NAMES:
            path = folder / f"{name}.bin"
            path.touch()
            self.files[name] = path.open("r+b")
            self.files[name].truncate(self._size(name))
            self.files[name].seek(0, os.SEEK_END)
            if name != "ids" and not self.counts[name]:
                self.files[name].write(np.zeros(1, np.int64).tobytes())

    def _size(self, name: str) -> int:
        """Bytes of what the manifest counts; less where they are not all there."""
        if name == "ids":
            return int(self.counts[name] * self.dtype.itemsize)
        return 8 * (self.counts[name] + 1) if self.counts[name] else 0

    def add(self, chunk: Chunk) -> None:
        """Write some documents."""
        ids, pieces, counts = chunk
        self.files["ids"].write(ids.astype(self.dtype).tobytes())
        self.files["pieces"].write((self.counts["ids"] + np.cumsum(pieces)).astype(np.int64).tobytes())
        self.files["documents"].write((self.counts["pieces"] + np.cumsum(counts)).astype(np.int64).tobytes())
        for name, part in zip(self.NAMES, chunk):
            self.counts[name] += len(part)

    def save(self) -> None:
        """Make sure of what is written so far."""
        for file in self.files.values():
            file.flush()
            os.fsync(file.fileno())
        write_json(self.folder / MANIFEST, self.said | self.counts)

    def close(self) -> None:
        """Write nothing more."""
        for file in self.files.values():
            file.close()


def _write(documents: Sequence[Text], tokenizer: Tokenizer, by: By, folder: Path, said: dict[str, Any]) -> None:
    part = folder.with_name(folder.name + PART)
    files = _Files(part, said)
    total = documents.characters if isinstance(documents, Corpus) else sum(len(each.text) for each in documents)
    try:
        with progress("tokenising", total) as advance:
            left = islice(_counted(documents, advance), files.counts["documents"], None)
            saved = time.monotonic()
            for chunk in _chunks(left, tokenizer, by):
                files.add(chunk)
                if time.monotonic() - saved > SAVED_AFTER:
                    files.save()
                    saved = time.monotonic()
        if not files.counts["ids"]:
            raise DataError(f"{len(documents)} document(s) hold no text")
        files.save()
    finally:
        files.close()
    part.rename(folder)


def _counted(documents: Iterable[Text], advance: Advance) -> Iterator[Text]:
    for each in documents:
        yield each
        advance(len(each.text))


def check_manifest(found: JsonObject, said: dict[str, Any]) -> None:
    """Refuse a folder of tokens that are not those that are needed.

    Raises:
        DataError: they are of another tokenizer, other data, or another version's.
    """
    folder = found.file.parent
    for name, value in said.items():
        other = found.peek(name)
        if other != value:
            if name == "tokenizer":
                was = f"its tokens are of another tokenizer ({str(other)[:12]}, this run's is {value[:12]})"
            else:
                was = f"its {name} is {other}, this run's is {value}"
            raise DataError(f"{folder}: {was}; name another --cache, or remove the folder")


def _read(folder: Path, said: dict[str, Any]) -> Stream:
    manifest = JsonObject.read(folder / MANIFEST, DataError)
    check_manifest(manifest, said)
    arrays = []
    for name, more in zip(_Files.NAMES, (0, 1, 1)):
        dtype = np.dtype(said["numbers"] if name == "ids" else np.int64)
        path, number = folder / f"{name}.bin", manifest.take(name, int, 0) + more
        size = path.stat().st_size if path.exists() else 0
        if size != number * dtype.itemsize:
            raise DataError(f"{path}: has {size:,} bytes, not {number * dtype.itemsize:,}: damaged; remove the folder")
        arrays.append(np.memmap(path, dtype, "r"))
    return Stream(*arrays)
