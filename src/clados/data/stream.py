"""Documents as one array of tokens, kept in a file that is mapped into memory."""

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from clados.data.examples import DataError, Text
from clados.data.tokenizer import Tokenizer
from clados.files import text_lines

By = Literal["document", "sentence"]
BATCH = 4096  # pieces encoded at once: Python's lists of ids are ten times the size of the arrays


@dataclass(frozen=True, eq=False)
class Stream:
    """Tokens of documents, and where their pieces (sentences, or the whole document) and the documents begin.

    Attributes:
        ids: [tokens], all documents on end.
        pieces: [pieces + 1], offsets into `ids`.
        documents: [documents + 1], offsets into `pieces`.
    """

    ids: NDArray[np.uint32]
    pieces: NDArray[np.int64]
    documents: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ids)

    def document_of_pieces(self) -> NDArray[np.int64]:
        """The document of each piece, [pieces]."""
        return np.repeat(np.arange(len(self.documents) - 1), np.diff(self.documents))


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
    """The documents' tokens, without special ones, read from below `cache` where they were written before.

    Raises:
        DataError: the documents hold no token.
    """
    folder = cache / _key(documents, tokenizer, by) if cache else None
    if folder and folder.exists():
        return _read(folder)
    stream = _encode(documents, tokenizer, by)
    if not len(stream):
        raise DataError(f"{len(documents)} document(s) hold no text")
    if folder is None:
        return stream
    _write(stream, folder)
    return _read(folder)


def _key(documents: Sequence[Text], tokenizer: Tokenizer, by: By) -> str:
    digest = hashlib.sha256(json.dumps(["3", by, tokenizer.key]).encode())
    for document in documents:
        digest.update(hashlib.sha256(document.text.encode("utf-8", "surrogatepass")).digest())
    return digest.hexdigest()[:32]


def _encode(documents: Sequence[Text], tokenizer: Tokenizer, by: By) -> Stream:
    space = between(tokenizer)
    cut = [spaced(document.text, space) if by == "sentence" else [document.text] for document in documents]
    pieces = [piece for found in cut for piece in found]
    parts = [np.zeros(0, np.uint32)]
    sizes: list[int] = []
    for at in range(0, len(pieces), BATCH):
        found = tokenizer.encode_batch(pieces[at : at + BATCH], add_special_tokens=False)
        sizes += map(len, found)
        parts.append(np.fromiter(chain.from_iterable(found), np.uint32))
    lengths = np.array(sizes, np.int64)
    owners = np.repeat(np.arange(len(cut)), list(map(len, cut)))[lengths > 0]
    return Stream(
        np.concatenate(parts), _offsets(lengths[lengths > 0]), _offsets(np.bincount(owners, minlength=len(cut)))
    )


def _offsets(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)])


def _write(stream: Stream, folder: Path) -> None:
    """Atomic: written under another name, then renamed; the first of several processes wins."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))
    try:
        for name in ("ids", "pieces", "documents"):
            np.save(part / f"{name}.npy", getattr(stream, name))
        part.rename(folder)
    except OSError:
        shutil.rmtree(part, ignore_errors=True)
        if not folder.exists():
            raise


def _read(folder: Path) -> Stream:
    arrays = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("ids", "pieces", "documents"))
    return Stream(*arrays)
