"""From a stream of tokens to the sequences that a model sees: functions of (stream, length, seed, epoch, index)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from clados.data.examples import DataError
from clados.data.stream import Stream, release_pages

_Ids = NDArray[np.int64]
PIECES_AT_ONCE = 2**16  # pieces that are looked at together


def generator(seed: int, *keys: int) -> np.random.Generator:
    """Randomness that depends on the numbers alone: the same for the same (seed, epoch, index), in any order."""
    return np.random.default_rng((seed, *keys))


@dataclass(frozen=True, eq=False)
class Packed:
    """One sequence: `ids` [length], and for each token which of the sequence's documents it is of, from 0."""

    ids: _Ids
    documents: _Ids


@dataclass(frozen=True, eq=False)
class Sentences:
    """Sentences that follow each other: `ids` [length], and where each sentence begins and the last ends, [number + 1].

    `language` is that of the document; empty where the data do not say.
    """

    ids: _Ids
    bounds: _Ids
    language: str = ""

    @classmethod
    def of(cls, texts: Sequence[_Ids], language: str = "") -> Self:
        """Some sentences on end."""
        bounds = np.cumsum([0, *map(len, texts)])
        return cls(np.concatenate([np.zeros(0, np.int64), *texts]), bounds, language)


@dataclass(frozen=True, eq=False)
class Couple:
    """Two spans of text, and whether the second follows the first."""

    first: _Ids
    second: _Ids
    follows: bool


class TokenBlocks:
    """Contiguous blocks of `length` tokens, a separator after each document; the last block may be shorter (GPT).

    Args:
        ahead: tokens of the next block that each also holds.
    """

    def __init__(self, stream: Stream, length: int, separator: int | None = None, ahead: int = 0) -> None:
        _check(length)
        self.ahead = ahead
        self.stream = stream
        self.length = length
        self.separator = separator
        self.added = 0 if separator is None else 1
        ends = stream.pieces[stream.documents[1:]]
        self.ends = ends + self.added * np.arange(1, len(ends) + 1)  # of each document, its separator counted

    def __len__(self) -> int:
        return max(1, -(-(int(self.ends[-1]) - self.ahead) // self.length))

    def at(self, index: int, epoch: int = 0) -> Packed:
        """The block of that number; the same in every epoch."""
        places = np.arange(index * self.length, min((index + 1) * self.length + self.ahead, int(self.ends[-1])))
        documents = np.searchsorted(self.ends, places, side="right")
        if self.separator is None:
            return Packed(self.stream.tokens(int(places[0]), int(places[-1]) + 1), documents - documents[0])
        closes = places == self.ends[documents] - 1
        at = np.minimum(places - documents, len(self.stream) - 1)  # separators aside
        ids = self.stream.tokens(int(at[0]), int(at[-1]) + 1)[at - at[0]]
        return Packed(np.where(closes, self.separator, ids), documents - documents[0])


class PackedSentences:
    """Whole sentences in order, up to `length` tokens (RoBERTa §4.2).

    A sequence goes on over the end of a document, with a separator between. A sentence longer than a sequence is cut.
    """

    def __init__(self, stream: Stream, length: int, separator: int | None = None) -> None:
        _check(length)
        self.stream = stream
        self.separator = separator
        self.ends = stream.pieces[stream.documents[1:]]  # of each document
        starts = _filled(stream, length, 0 if separator is None else 1)
        self.bounds = np.append(np.fromiter(starts, np.int64), len(stream))  # of each sequence

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def at(self, index: int, epoch: int = 0) -> Packed:
        """The sequence of that number; the same in every epoch."""
        start, end = (int(bound) for bound in self.bounds[index : index + 2])
        ids = self.stream.tokens(start, end)
        first, last = np.searchsorted(self.ends, [start, end - 1], side="right")
        cuts = np.unique(self.ends[first:last]) - start  # where documents end in it
        documents = np.searchsorted(cuts, np.arange(len(ids)), side="right")
        if self.separator is None:
            return Packed(ids, documents)
        return Packed(np.insert(ids, cuts, self.separator), np.insert(documents, cuts, np.arange(1, len(cuts) + 1)))


class SentenceBlocks:
    """Whole sentences of one document, up to `length` tokens; a sentence longer than that is cut.

    Args:
        languages: of the documents.
        added: tokens that each sentence takes beside its own.
    """

    def __init__(self, stream: Stream, length: int, languages: Sequence[str] = (), added: int = 0) -> None:
        _check(length - added)
        self.stream = stream
        self.languages = languages
        self.ends = stream.pieces[stream.documents[1:]]  # of each document
        starts = _filled_apart(stream, length, added)
        self.bounds = np.append(np.fromiter(starts, np.int64), len(stream))  # of each row

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def at(self, index: int, epoch: int = 0) -> Sentences:
        """The sentences of that number; the same in every epoch."""
        start, end = (int(bound) for bound in self.bounds[index : index + 2])
        pieces = self.stream.pieces
        inside = pieces[np.searchsorted(pieces, start, side="right") : np.searchsorted(pieces, end)]
        bounds = np.array([start, *inside, end]) - start
        release_pages(pieces)
        language = self.languages[int(np.searchsorted(self.ends, start, side="right"))] if self.languages else ""
        return Sentences(self.stream.tokens(start, end), bounds, language)


def _filled(stream: Stream, length: int, added: int) -> Iterator[int]:
    """Where sequences begin that go on over the ends of documents, which take ``added`` tokens."""
    used, previous = length, -1
    for start, end, document in _parts(stream, length):
        cost = end - start + (added if document != previous else 0)
        if used + cost > length:
            yield start
            used, cost = 0, end - start
        used, previous = used + cost, document


def _filled_apart(stream: Stream, length: int, added: int) -> Iterator[int]:
    """Where sequences of one document each begin, in which each sentence takes ``added`` tokens more."""
    used, previous = length, -1
    for start, end, document in _parts(stream, length - added):
        cost = end - start + added
        if document != previous or used + cost > length:
            yield start
            used, previous = 0, document
        used += cost


def _parts(stream: Stream, length: int) -> Iterator[tuple[int, int, int]]:
    """Start, end and document of each piece, none longer than `length` and none empty."""
    for first in range(0, len(stream.pieces) - 1, PIECES_AT_ONCE):
        bounds = stream.pieces[first : first + PIECES_AT_ONCE + 1].tolist()
        owners = stream.document_of(np.arange(first, first + len(bounds) - 1)).tolist()
        release_pages(stream.pieces)
        for start, end, document in zip(bounds, bounds[1:], owners):
            for at in range(start, end, length):
                yield at, min(at + length, end), document


class _Spans:
    """Spans of sentences, cut from documents in order.

    Where they are cut depends on the seed. Each has at least ``least`` tokens, and a sentence.

    Args:
        length: tokens that a span may have, and be longer by a sentence's end; short: share of those cut shorter.
    """

    def __init__(self, stream: Stream, length: int, seed: int, short: float, least: int = 1) -> None:
        if length < 2:
            raise DataError(f"length is {length}; two spans need 2 tokens or more")
        self.stream = stream
        self.length = length
        self.seed = seed
        bounds = stream.pieces
        spans = (span for span in self._cut(short) if bounds[span[1]] - bounds[span[0]] >= least)
        self.spans = np.fromiter(spans, np.dtype((np.uint32, 3)))  # see _cut

    def __len__(self) -> int:
        return len(self.spans)

    def _cut(self, short: float) -> Iterator[tuple[int, int, int]]:
        """First and last piece of each span, and the tokens it may have."""
        bounds = self.stream.pieces
        for number, (start, end) in enumerate(zip(self.stream.documents, self.stream.documents[1:])):
            if not number % PIECES_AT_ONCE:
                release_pages(bounds)
            random = generator(self.seed, number)
            at = int(start)
            while at < end:
                room = int(random.integers(2, self.length + 1)) if random.random() < short else self.length
                stop = int(np.searchsorted(bounds, bounds[at] + room, side="left"))
                stop = min(max(stop, at + 1), int(end))
                yield at, stop, room
                at = stop

    def _tokens(self, start: int, end: int) -> _Ids:
        found = self.stream.tokens(int(self.stream.pieces[start]), int(self.stream.pieces[end]))
        release_pages(self.stream.pieces)
        return found


class PackedPairs(_Spans):
    """Two spans of sentences, the second being what follows or, otherwise, from another document (BERT §3.1, A.2).

    Spans are cut from documents in order, `length` tokens for both together, a tenth of them shorter at random.
    Where they are cut depends on the seed; the split, the choice of the second and the trimming also on epoch
    and index. A span of one sentence has nothing that follows, so its second always comes from elsewhere.
    What a span's first half leaves unread when its second comes from elsewhere is read in other epochs.

    Args:
        follows: the share of pairs whose second follows, of those that could; short: of spans cut shorter.
    """

    def __init__(self, stream: Stream, length: int, seed: int = 0, follows: float = 0.5, short: float = 0.1) -> None:
        super().__init__(stream, length, seed, short)
        self.filled = np.flatnonzero(np.diff(stream.documents))  # documents with any sentence
        if len(self.filled) < 2:
            raise DataError(
                "sentence pairs need two documents or more to train on, and two to hold out; one side has "
                f"{len(self.filled)}: give more files"
            )
        self.follows = follows

    def at(self, index: int, epoch: int = 0) -> Couple:
        """The pair of that number in that epoch."""
        random = generator(self.seed, epoch, index)
        start, end, room = self.spans[index].tolist()
        middle = int(random.integers(start + 1, end)) if end - start > 1 else end
        follows = middle < end and bool(random.random() < self.follows)
        first = self._tokens(start, middle)
        second = self._tokens(middle, end) if follows else self._elsewhere(start, room - len(first), random)
        return Couple(*_trim(first, second, room, random), follows)

    def _elsewhere(self, piece: int, room: int, random: np.random.Generator) -> _Ids:
        """Sentences of another document from a random one on, until they fill the room or the document ends."""
        own = int(np.searchsorted(self.filled, self.stream.document_of(piece)))
        document = self.filled[(own + int(random.integers(1, len(self.filled)))) % len(self.filled)]
        low, high = (int(bound) for bound in self.stream.documents[document : document + 2])
        start = int(random.integers(low, high))
        stop = int(np.searchsorted(self.stream.pieces, self.stream.pieces[start] + max(room, 1), side="left"))
        return self._tokens(start, min(max(stop, start + 1), high))


class NeighbouringPairs(_Spans):
    """Two spans of sentences, the second being what follows (ALBERT §3.1).

    They are cut as ``PackedPairs`` cuts them, except that of two equally long ones either may lose a token first: their
    lengths do not tell their order. A single sentence is parted between two of its tokens: a segment may be any span
    of text (Devlin et al. 2019, §3).
    """

    def __init__(self, stream: Stream, length: int, seed: int = 0, short: float = 0.1) -> None:
        super().__init__(stream, length, seed, short, least=2)
        if not len(self.spans):
            raise DataError("no document has the two tokens that a pair of segments needs")

    def at(self, index: int, epoch: int = 0) -> Couple:
        """The pair of that number in that epoch."""
        random = generator(self.seed, epoch, index)
        start, end, room = self.spans[index].tolist()
        ids = self._tokens(start, end)
        if end - start > 1:
            at = int(self.stream.pieces[random.integers(start + 1, end)] - self.stream.pieces[start])
        else:
            at = int(random.integers(1, len(ids)))
        if random.random() < 0.5:
            return Couple(*_trim(ids[:at], ids[at:], room, random), follows=True)
        second, first = _trim(ids[at:], ids[:at], room, random)
        return Couple(first, second, follows=True)


def _trim(first: _Ids, second: _Ids, room: int, random: np.random.Generator) -> tuple[_Ids, _Ids]:
    """Tokens off the longer span, from its front or back by lot, until both fit."""
    while (excess := len(first) + len(second) - room) > 0:
        longer, other = (first, second) if len(first) > len(second) else (second, first)
        gone = min(excess, max(len(longer) - len(other), 1))
        front = int(random.binomial(gone, 0.5))
        longer = longer[front : len(longer) - (gone - front)]
        first, second = (longer, other) if len(first) > len(second) else (other, longer)
    return first, second


def _check(length: int) -> None:
    if length < 1:
        raise DataError(f"length is {length}; 1 token or more is allowed")
