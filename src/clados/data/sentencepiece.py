"""SentencePiece's model files: the pieces, how text is made plain before it is cut, and a backend that cuts like it.

Fields are those of sentencepiece_model.proto (google/sentencepiece). Kinds of pieces: 1 normal, 2 unknown, 3 control,
4 the user's own, 5 unused, 6 a byte.
"""

import math
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer as Backend, decoders, models, normalizers, pre_tokenizers

from clados.data.errors import DataError
from clados.data.training import SPACE, sentencepiece_bpe

NORMAL, UNKNOWN, CONTROL, USER, BYTE = 1, 2, 3, 4, 6
_LONGEST = 1000  # characters of a piece; more are damage, and would take for ever
ScoredPiece = tuple[str, float, int]  # text, score, kind


@dataclass(frozen=True)
class SentencePieceModel:
    """A model file.

    Attributes:
        bpe: whether pieces are merged; else the likeliest are chosen (unigram).
        charsmap: SentencePiece's table of characters to replace.
        prefix: whether a space is put before a text; collapse: whether several spaces count as one.
    """

    file: Path
    pieces: tuple[ScoredPiece, ...]
    bpe: bool
    charsmap: bytes
    prefix: bool
    collapse: bool

    @property
    def unknown(self) -> str:
        """The piece that stands for what no other piece can write."""
        return next(name for name, _, kind in self.pieces if kind == UNKNOWN)


def read_model(file: Path) -> SentencePieceModel:
    """What a model file holds.

    Raises:
        DataError: it is damaged, or of a kind that is not read.
    """
    try:
        return _model(file, file.read_bytes())
    except (OSError, ValueError, IndexError, struct.error) as error:
        raise DataError(f"{file}: not a SentencePiece model, or damaged ({error or type(error).__name__})") from error


def _model(file: Path, data: bytes) -> SentencePieceModel:
    message = list(_fields(data))
    pieces = tuple(
        _piece(number, value) for number, value in enumerate(value for field, value in message if field == 1)
    )
    trained, normal = (_part(message, field) for field in (2, 3))
    algorithm = _whole(trained, 3, 1)
    if algorithm not in (1, 2):
        raise ValueError(f"model_type is {algorithm}; 1 (unigram) and 2 (bpe) are read")
    if _whole(trained, 24, 0) or not _whole(normal, 5, 1):
        raise ValueError("spaces after words, or as they are, are not read")
    if [kind for *_, kind in pieces].count(UNKNOWN) != 1:
        raise ValueError("one piece for what is unknown is needed")
    charsmap = normal.get(2, b"")
    if not isinstance(charsmap, bytes):
        raise ValueError("its table of characters is no bytes")
    return SentencePieceModel(
        file, pieces, algorithm == 2, charsmap, bool(_whole(normal, 3, 1)), bool(_whole(normal, 4, 1))
    )


def _piece(number: int, data: object) -> ScoredPiece:
    fields = dict(_fields(data)) if isinstance(data, bytes) else {}
    name, score, kind = fields.get(1), fields.get(2, 0.0), _whole(fields, 3, 1)
    if not isinstance(name, bytes) or not isinstance(score, float) or not math.isfinite(score) or not 1 <= kind <= 6:
        raise ValueError(f"piece {number} has no text, score or kind")
    text = name.decode()
    if not text or len(text) > _LONGEST:
        raise ValueError(f"piece {number} has {len(text)} characters; 1 to {_LONGEST} are read")
    return text, score, kind


def _part(message: list[tuple[int, Any]], field: int) -> dict[int, Any]:
    value = next((value for number, value in message if number == field), None)
    if not isinstance(value, bytes):
        raise ValueError(f"field {field} is missing")
    return dict(_fields(value))


def _whole(fields: Mapping[int, Any], field: int, usual: int) -> int:
    value = fields.get(field, usual)
    if not isinstance(value, int):
        raise ValueError(f"field {field} is no whole number")
    return value


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """The fields of a protocol-buffer message: (number, int, float or bytes)."""
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        field, wire = tag >> 3, tag & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield field, value
        elif wire == 2:
            size, at = _varint(data, at)
            if size > len(data) - at:
                raise ValueError("it ends too early")
            yield field, data[at : at + size]
            at += size
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
            yield field, struct.unpack_from("<d" if wire == 1 else "<f", data, at)[0]
            at += size
        else:
            raise ValueError(f"wire type {wire}")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 70:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
    raise ValueError("a number of more than 64 bits")


# ---------------------------------------------------------------- backend


@dataclass(frozen=True, kw_only=True)
class Cleaning:
    """What a family does to a text before its pieces are looked for, beyond what the file says.

    Attributes:
        before: steps before the file's own.
        scheme: where a space is put before the text: always (each part between special tokens), first, never.
        punctuation: whether it is set apart.
        numbers: whether pieces that end in a digit and a comma are avoided.
    """

    before: tuple[normalizers.Normalizer, ...] = ()
    scheme: str = "always"
    punctuation: bool = False
    numbers: bool = False


def backend_of(model: SentencePieceModel, pieces: tuple[ScoredPiece, ...], cleaning: Cleaning) -> Backend:
    """What cuts text as SentencePiece does, into these pieces: the file's own, or renumbered ones.

    Raises:
        DataError: two pieces are the same.
    """
    names = [name for name, *_ in pieces]
    if len(set(names)) != len(names):
        twice = next(name for at, name in enumerate(names) if name in names[:at])
        raise DataError(f"{model.file}: it has the piece '{twice}' twice")
    scheme = cleaning.scheme if model.prefix else "never"
    backend = _bpe(model, pieces, scheme) if model.bpe else _unigram(model, pieces, scheme, cleaning)
    steps = [*cleaning.before]
    if scheme == "first":  # what looks like the mark of a space counts as one, as in the classes that are not "legacy"
        steps.append(normalizers.Replace(SPACE, " "))
    if model.charsmap:
        steps.append(normalizers.Precompiled(model.charsmap))
    if model.collapse:
        # a part's first space may only go where another one is put in its place
        steps += [normalizers.Strip(left=scheme != "first", right=True), normalizers.Replace(Regex(" {2,}"), " ")]
    if model.bpe:
        if scheme == "always":
            steps.append(normalizers.Prepend(SPACE))
        steps.append(normalizers.Replace(" ", SPACE))
    backend.normalizer = normalizers.Sequence(steps)
    return backend


def kept_whole(model: SentencePieceModel, pieces: tuple[ScoredPiece, ...]) -> Iterator[AddedToken]:
    """Control pieces, which decoded text leaves out, and the user's own, which BPE does not put together."""
    for name, _, kind in pieces:
        if kind == CONTROL or (kind == USER and model.bpe):
            yield AddedToken(name, normalized=False, special=kind == CONTROL)


def _bpe(model: SentencePieceModel, pieces: tuple[ScoredPiece, ...], scheme: str) -> Backend:
    vocab = {name: number for number, (name, *_) in enumerate(pieces)}
    unknown = next((name for name, _, kind in pieces if kind == UNKNOWN), model.unknown)
    backend = sentencepiece_bpe(vocab, _merges(pieces), unknown)
    if scheme == "first":
        backend.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=False)
    backend.decoder = _decoder(scheme)
    return backend


def _unigram(model: SentencePieceModel, pieces: tuple[ScoredPiece, ...], scheme: str, cleaning: Cleaning) -> Backend:
    unknown = next(number for number, (*_, kind) in enumerate(pieces) if kind == UNKNOWN)
    best = max((score for _, score, kind in pieces if kind == NORMAL), default=0.0)
    scored = [(name, _score(name, score, kind, best, numbers=cleaning.numbers)) for name, score, kind in pieces]
    backend = Backend(models.Unigram(scored, unk_id=unknown, byte_fallback=any(kind == BYTE for *_, kind in pieces)))
    split = not any(SPACE in name.lstrip(SPACE) for name, _, kind in pieces if kind in (NORMAL, USER))
    steps: list[pre_tokenizers.PreTokenizer] = []
    if cleaning.punctuation:  # each word by itself, with a space before it
        steps += [pre_tokenizers.Punctuation("isolated"), pre_tokenizers.Split(Regex(r"\A +| +\z"), "removed")]
    steps.append(pre_tokenizers.Metaspace(prepend_scheme=scheme, split=split))
    backend.pre_tokenizer = pre_tokenizers.Sequence(steps)
    backend.decoder = _decoder(scheme)
    return backend


def _score(name: str, score: float, kind: int, best: float, *, numbers: bool) -> float:
    """A piece's score; the user's own pieces are always taken (SentencePiece's unigram_model.cc)."""
    if kind == USER:
        return len(name.encode()) * best - 0.1
    return score - 100 if numbers and name[-1:] == "," and name[-2:-1].isdigit() else score


def _decoder(scheme: str) -> decoders.Decoder:
    steps: list[decoders.Decoder] = [decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse()]
    return decoders.Sequence(steps if scheme == "never" else [*steps, decoders.Strip(" ", 1, 0)])


def _merges(pieces: tuple[ScoredPiece, ...]) -> list[tuple[str, str]]:
    """A BPE vocabulary's merges: every way to cut a piece in two pieces, the best-scored piece first."""
    vocab = {name: number for number, (name, _, kind) in enumerate(pieces) if kind in (NORMAL, USER)}
    found = [
        (-pieces[number][1], vocab[name[:at]], vocab[name[at:]], name[:at], name[at:])
        for name, number in vocab.items()
        for at in range(1, len(name))
        if name[:at] in vocab and name[at:] in vocab
    ]
    return [(first, second) for *_, first, second in sorted(found)]
