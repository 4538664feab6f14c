"""Search: the passages of a folder of texts by BM25, or a server that answers over HTTP."""

import json
import re
from collections.abc import Iterator
from functools import cached_property
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from clados.data.errors import DataError
from clados.data.examples import Text
from clados.data.readers import read_as
from clados.errors import InputError, missing
from clados.systems.tools import ToolError, ToolResult

PASSAGE = 500  # characters at most (Glaese et al. 2022, §2.2 quotes fragments of that length; from memory)
RESULTS = 5  # ParlAI's n_docs
_ANSWER = 10**7  # bytes of a server's answer


class FolderSearch:
    """The passages of a folder's texts that fit a query best, by BM25 (Robertson and Zaragoza 2009; bm25s).

    Passages are paragraphs, joined or cut at the ends of sentences to about 500 characters; a text's file is its title.
    """

    def __init__(self, folder: str | Path, *, top: int = RESULTS) -> None:
        """Raises DataError: the folder is not there, or holds no text."""
        path = Path(folder)
        if not path.exists():
            raise DataError(f"{folder}: there is no such folder of documents")
        try:
            texts = read_as(Text, f"./{path}" if not path.is_absolute() else str(path))
        except DataError as error:
            raise DataError(f"{folder}: no document there can be searched ({error})") from error
        self.top = top
        self.passages = [
            ToolResult(part, Path(text.document).stem, text.document)
            for text in texts
            for part in passages_of(text.text)
        ]
        if not self.passages:
            raise DataError(f"{folder}: its documents hold no text, so there is nothing to search")

    @cached_property
    def _index(self) -> Any:
        bm25s = _bm25s()
        index = bm25s.BM25()
        index.index(_words([f"{each.title}\n{each.text}" for each in self.passages]), show_progress=False)
        return index

    def __call__(self, text: str) -> list[ToolResult]:
        """Passages that share a word with a query, the best first.

        Raises:
            MissingPackageError: without the extra ``search``.
        """
        found, scores = self._index.retrieve(_words([text]), k=min(self.top, len(self.passages)), show_progress=False)
        return [self.passages[number] for number, score in zip(found[0].tolist(), scores[0].tolist()) if score > 0]


def _bm25s() -> Any:
    try:
        import bm25s
    except ModuleNotFoundError as error:
        raise missing(error) from error
    return bm25s


def _words(texts: list[str]) -> Any:
    """Words in small letters, those of one letter or digit among them, which bm25s 0.3.16 leaves out by itself."""
    return _bm25s().tokenize(texts, token_pattern=r"(?u)\b\w+\b", show_progress=False)


def passages_of(text: str, most: int = PASSAGE) -> Iterator[str]:
    """A text in passages of at most so many characters; a sentence that is longer is cut between words."""
    held = ""
    for part in _sentences(text, most):
        if held and len(held) + 1 + len(part) > most:
            yield held
            held = ""
        held = f"{held} {part}" if held else part
    if held:
        yield held


def _sentences(text: str, most: int) -> Iterator[str]:
    for sentence in re.split(r"(?<=[.!?])\s+|\n\s*\n", text):
        words, held = sentence.split(), ""
        for word in words:
            if held and len(held) + 1 + len(word) > most:
                yield held
                held = ""
            held = f"{held} {word}" if held else word[:most]
        if held:
            yield held


class _NoOther(HTTPRedirectHandler):
    """Follows no server to another address."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> None:
        raise URLError(f"it sends on to {newurl}; name that address where it may be asked")


_DIRECTLY = build_opener(_NoOther, ProxyHandler({}))


class ServerSearch:
    """Asks a server as ParlAI's agents do: ``q`` and ``n`` by POST; its ``response`` has title, url and content.

    (facebookresearch/ParlAI parlai/agents/rag/retrieve_api.py.) Nothing but the query leaves this machine, and it goes
    to that address alone: one that sends on to another has failed, and no proxy is asked.
    """

    def __init__(self, address: str, *, top: int = RESULTS, seconds: float = 10.0) -> None:
        """Raises InputError: the address is none of HTTP."""
        try:
            parts = urlsplit(address)
            named = bool(parts.hostname) and parts.port != 0 and not re.search(r"[\s\x00-\x1f\x7f]", address)
        except ValueError:  # brackets that are not closed, a port that is none
            named = False
        if not named or parts.scheme not in ("http", "https"):
            raise InputError(f"search-url is '{address}'; it must be http:// or https://, a host and perhaps a port")
        self.address, self.top, self.seconds = address, top, seconds

    def __call__(self, text: str) -> list[ToolResult]:
        """Raises ToolError: the server is not there, or its answer cannot be read."""
        asked = Request(self.address, urlencode({"q": text, "n": self.top}).encode())
        try:
            with _DIRECTLY.open(asked, timeout=self.seconds) as answer:
                found = json.loads(answer.read(_ANSWER))
        except (URLError, HTTPException, OSError, ValueError) as error:
            said = error.reason if type(error) is URLError else error
            raise ToolError(f"search at {self.address} failed: {said}") from error
        rows = found.get("response") if isinstance(found, dict) else None
        if not isinstance(rows, list):
            raise ToolError(f"search at {self.address} answered without a list named 'response'")
        return [_page(row) for row in rows if isinstance(row, dict)][: self.top]


def _page(row: dict[str, Any]) -> ToolResult:
    content = row.get("content", "")
    text = "\n".join(map(str, content)) if isinstance(content, list) else str(content)
    return ToolResult(text, str(row.get("title", "")), str(row.get("url", "")))
