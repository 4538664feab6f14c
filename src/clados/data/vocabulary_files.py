"""The files of a tokenizer's vocabulary, each kind as its family reads it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from tokenizers import AddedToken, Regex, Tokenizer as Backend, decoders, models, normalizers, pre_tokenizers

from clados.data import sentencepiece as spm
from clados.data.errors import DataError
from clados.data.families import Family, Kind
from clados.data.roles import Roles
from clados.data.tokenizer import call_tokenizers
from clados.data.tokenizer_config import TokenizerConfig
from clados.files import read_json
from clados.names import sentinel

_T = TypeVar("_T")
CLIP_WORDS = r"'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+"
WORD_END = "</w>"  # of a word, in vocabularies that mark it
HIGHEST_ID = 2**24  # ids from here on are damage: no vocabulary is as large, and the library counts up to them
_MOST = 10_000  # ids that may be set aside for sentinels or unused pieces


@dataclass(frozen=True)
class Built:
    """A vocabulary that was read.

    Attributes:
        backend: cuts text; roles: without templates; paths: the files, to be written back.
        kept: tokens that stay whole in a text.
        numbering: the ids, where they are not the backend's.
    """

    backend: Backend
    roles: Roles
    paths: tuple[Path, ...]
    kept: tuple[AddedToken, ...] = ()
    numbering: "Numbering | None" = None


@dataclass(frozen=True)
class Numbering:
    """Ids that are not the backend's, of each token as the backend writes it; ``reader`` turns them into text."""

    ids: Mapping[str, int]
    reader: Backend


def built(file: Path, make: Callable[[], _T]) -> _T:
    """What `make` gives, its faults those of a file.

    Raises:
        DataError: it gives nothing; the message names the file.
    """
    try:
        return call_tokenizers(make)
    except DataError as error:
        said = str(error)
        raise DataError(said if said.startswith(str(file)) else f"{file}: unreadable tokenizer ({said})") from error


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise DataError(f"{file}: not readable ({error})") from error


def vocabulary(file: Path) -> dict[str, int]:
    """A vocabulary as JSON has it: token to id, each id once.

    Raises:
        DataError: the file holds something else.
    """
    content = read_json(file, DataError)
    if not isinstance(content, dict) or not content:
        raise DataError(f"{file}: it holds no vocabulary; an object of tokens and their ids is needed")
    seen: dict[int, str] = {}
    for token, number in content.items():
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < HIGHEST_ID:
            raise DataError(
                f"{file}: the id of '{token[:40]}' is {str(number)[:40]}; needed is one from 0 to {HIGHEST_ID - 1}"
            )
        if number in seen:
            raise DataError(f"{file}: '{seen[number]}' and '{token}' both have the id {number}")
        seen[number] = token
    return content


def _with_added(config: TokenizerConfig, vocab: Mapping[str, int]) -> dict[str, int]:
    """A vocabulary with the tokens that were added to it, by their ids in the files."""
    taken = set(vocab.values())
    return {**vocab, **{t: n for t, n in config.numbered.items() if t not in vocab and n not in taken}}


def _needs(file: Path, vocab: Mapping[str, int], roles: Roles) -> str:
    if roles.unk is None or roles.unk not in vocab:
        raise DataError(f"{file}: it lacks '{roles.unk}', the token for what is unknown")
    return roles.unk


# ---------------------------------------------------------------- vocab.txt


def _wordpiece(config: TokenizerConfig, family: Family, paths: tuple[Path, ...]) -> Built:
    (file,), roles = paths, config.roles(family)
    tokens = _text(file).rstrip("\n").split("\n")
    vocab = _with_added(config, {word: number for number, word in enumerate(tokens)})
    unk, lower = _needs(file, vocab, roles), family.lower
    if not config.exists and any(word != word.lower() and word[:1] not in "[<" for word in tokens):
        lower = False
        config.notes.append(f"{file.name}: nothing says whether texts are lower-cased; it has capitals: they are not")
    backend = built(file, lambda: Backend(models.WordPiece(vocab, unk_token=unk)))
    backend.normalizer = bert_normalizer(config, lower=lower)
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.decoder = decoders.WordPiece()
    return Built(backend, roles, paths)


def bert_normalizer(
    config: TokenizerConfig, *, lower: bool, like: normalizers.BertNormalizer | None = None
) -> normalizers.BertNormalizer:
    """BERT's cleaning with the flags of tokenizer_config.json; ``like`` decides where they are silent."""
    accents, chinese = (like.strip_accents, like.handle_chinese_chars) if like else (None, True)
    return normalizers.BertNormalizer(
        clean_text=like.clean_text if like else True,
        lowercase=config.flag("do_lower_case", usual=lower),
        strip_accents=config.config.take("strip_accents", bool, accents),
        handle_chinese_chars=config.flag("tokenize_chinese_chars", usual=chinese),
    )


# ---------------------------------------------------------------- vocab.json and merges.txt


def _merges(file: Path) -> list[tuple[str, str]]:
    """The merges of a file, a line each, best first; the first line may name a version."""
    found = []
    for number, line in enumerate(_text(file).split("\n"), 1):
        if not line.strip() or line.startswith("#version"):
            continue
        parts = line.split() if len(line.split()) == 2 else line.split(" ")
        if len(parts) != 2 or not all(parts):
            raise DataError(f"{file}:{number}: '{line[:40]}' is no merge; two pieces with a space between are needed")
        found.append((parts[0], parts[1]))
    return found


def _known_merges(file: Path, vocab: Mapping[str, int], beside: Path) -> list[tuple[str, str]]:
    pairs = _merges(file)
    lacking = next((part for pair in pairs for part in (*pair, "".join(pair)) if part not in vocab), None)
    if lacking is not None:
        raise DataError(f"{file}: it merges '{lacking[:40]}', which {beside.name} lacks")
    return pairs


def _bytes(config: TokenizerConfig, family: Family, paths: tuple[Path, ...]) -> Built:
    (file, merges), roles = paths, config.roles(family)
    vocab = _with_added(config, vocabulary(file))
    pairs = _known_merges(merges, vocab, file)
    unk = roles.unk if roles.unk in vocab else None
    backend = built(file, lambda: Backend(models.BPE(vocab, pairs, unk_token=unk)))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=config.flag("add_prefix_space", usual=False))
    backend.decoder = decoders.ByteLevel()
    return Built(backend, roles, paths)


def _clip(config: TokenizerConfig, family: Family, paths: tuple[Path, ...]) -> Built:
    """Bytes of lower-cased words, each ended by a mark."""
    backend, roles = _ended(config, family, paths)
    backend.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    splitter = pre_tokenizers.Split(Regex(CLIP_WORDS), "removed", invert=True)
    level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    backend.pre_tokenizer = pre_tokenizers.Sequence([splitter, level])
    ends = [decoders.Replace(WORD_END, " "), decoders.Strip(" ", 0, 1)]
    backend.decoder = decoders.Sequence([decoders.ByteLevel(), *ends])
    return Built(backend, roles, paths)


def _gpt(config: TokenizerConfig, family: Family, paths: tuple[Path, ...]) -> Built:
    """The first GPT's: letters of lower-cased words, each ended by a mark."""
    backend, roles = _ended(config, family, paths)
    backend.normalizer = normalizers.BertNormalizer(lowercase=True)
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.decoder = decoders.BPEDecoder(WORD_END)
    return Built(backend, roles, paths)


def _ended(config: TokenizerConfig, family: Family, paths: tuple[Path, ...]) -> tuple[Backend, Roles]:
    (file, merges), roles = paths, config.roles(family)
    vocab = _with_added(config, vocabulary(file))
    unk, pairs = _needs(file, vocab, roles), _known_merges(merges, vocab, file)
    return built(file, lambda: Backend(models.BPE(vocab, pairs, end_of_word_suffix=WORD_END, unk_token=unk))), roles


def _ends(config: TokenizerConfig, family: Family, paths: tuple[Path, ...]) -> Built:
    """Words that end by </w> in merges, and in a vocabulary that marks by @@ what does not end a word (CTRL).

    What merges make on the way need not be in the vocabulary; it is unknown where a word ends up as it.
    """
    (file, merges), roles = paths, config.roles(family)
    vocab = _with_added(config, vocabulary(file))
    unk, pairs = _needs(file, vocab, roles), _merges(merges)
    whole = {*roles.named().values(), *config.tokens}
    ids = {_as_merged(token, whole): number for token, number in vocab.items()}
    pieces = dict.fromkeys([*ids, *(part for pair in pairs for part in (*pair, "".join(pair)))])
    numbers = {piece: number for number, piece in enumerate(pieces)}
    backend = built(merges, lambda: Backend(models.BPE(numbers, pairs, end_of_word_suffix=WORD_END, unk_token=unk)))
    backend.pre_tokenizer = pre_tokenizers.Split(Regex(r"\S+\n?"), "removed", invert=True)
    if family.cleaned:
        steps = [normalizers.Replace(sign, before + sign + after) for sign, before, after in APART]
        backend.normalizer = normalizers.Sequence(
            [*steps, normalizers.Replace(Regex(r"(?<=\S)\n"), " __newln__"), normalizers.Lowercase()]
        )
        backend.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    reader = built(file, lambda: Backend(models.WordLevel(ids, unk_token=unk)))
    reader.decoder = decoders.BPEDecoder(WORD_END)
    return Built(backend, roles, paths, numbering=Numbering(ids, reader))


APART = [*((sign, " ", "") for sign in ".,!?()"), ("'", " ", " ")]  # signs, and the spaces put around them


def _as_merged(token: str, whole: set[str]) -> str:
    if token in whole:
        return token
    return token[:-2] if token.endswith("@@") else token + WORD_END


# ---------------------------------------------------------------- SentencePiece


def _sentencepiece(config: TokenizerConfig, family: Family, paths: tuple[Path, ...]) -> Built:
    (file,) = paths
    model, roles = spm.read_model(file), config.roles(family)
    if "unk" not in config.named and not family.first:
        roles = replace(roles, unk=model.unknown)
    pieces, sentinels = list(_numbered(model, family, config)), 0
    if family.sentinels and sentinel(0) not in {name for name, *_ in pieces}:
        sentinels = _count(config, "extra_ids", family.sentinels)
        pieces += [(sentinel(number), 0.0, spm.CONTROL) for number in reversed(range(sentinels))]
    for token, number in sorted(config.numbered.items(), key=lambda each: each[1]):
        if number == len(pieces) and all(token != name for name, *_ in pieces):
            pieces.append((token, 0.0, spm.CONTROL))
    backend = built(file, lambda: spm.backend_of(model, tuple(pieces), _cleaning(config, family)))
    # T5's sentinels take the spaces around them
    marks = (
        AddedToken(sentinel(i), lstrip=True, rstrip=True, normalized=False, special=True) for i in range(sentinels)
    )
    return Built(
        backend, replace(roles, sentinels=sentinels), paths, kept=(*spm.kept_whole(model, tuple(pieces)), *marks)
    )


def _count(config: TokenizerConfig, key: str, usual: int) -> int:
    number = config.config.take(key, int, usual)
    if not 0 <= number <= _MOST:
        raise config.config.refuse(key, f"needed is a number from 0 to {_MOST}")
    return number


def _numbered(model: spm.SentencePieceModel, family: Family, config: TokenizerConfig) -> tuple[spm.ScoredPiece, ...]:
    """The pieces by the family's numbering."""
    first = family.first
    if family.offset:  # PEGASUS sets ids aside for what is masked in pretraining
        offset = _count(config, "offset", family.offset)
        config.config.ignore("mask_token_sent")
        first = (*first, *(f"<unk_{number}>" for number in range(2, offset))) if offset else first[:2]
    placed = model.unknown in first
    head = [(name, 0.0, spm.UNKNOWN if name == model.unknown else spm.CONTROL) for name in first]
    rest = [
        (name, score, spm.CONTROL if name in family.special else kind)
        for name, score, kind in model.pieces[family.dropped :]
        if not (placed and name == model.unknown)
    ]
    return (*head, *rest, *((name, 0.0, spm.CONTROL) for name in family.last))


def _cleaning(config: TokenizerConfig, family: Family) -> spm.Cleaning:
    """What the family's flags do to a text before it is cut."""
    steps: list[normalizers.Normalizer] = []
    if family.cleaned:
        if config.flag("remove_space", usual=True):
            steps += [normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()]
        steps += [normalizers.Replace("``", '"'), normalizers.Replace("''", '"')]
    if not config.flag("keep_accents", usual=family.keep_accents):
        steps += [normalizers.NFKD(), normalizers.StripAccents()]
    if config.flag("do_lower_case", usual=family.lower):
        steps.append(normalizers.Lowercase())
    scheme = "always" if config.flag("legacy", usual=True) else "first"
    if not config.flag("add_prefix_space", usual=True):
        scheme = "never"
    punctuation = config.flag("split_by_punct", usual=False)
    return spm.Cleaning(before=tuple(steps), scheme=scheme, punctuation=punctuation, numbers=family.cleaned)


def _marian(config: TokenizerConfig, family: Family, paths: tuple[Path, ...]) -> Built:
    """Pieces of source.spm, with the ids of vocab.json; ids are read back by the vocabulary of the target."""
    file, source, target = paths
    ids, roles, model = vocabulary(file), config.roles(family), spm.read_model(source)
    spm.read_model(target)  # to be whole; the vocabulary holds all that is needed of its pieces
    backend = built(source, lambda: spm.backend_of(model, model.pieces, spm.Cleaning()))
    aside = file.with_name("target_vocab.json")
    separate = config.flag("separate_vocabs", usual=False)
    vocab = vocabulary(aside) if separate else ids
    _needs(file, ids, roles)
    unk = _needs(aside if separate else file, vocab, roles)
    reader = built(file, lambda: Backend(models.WordLevel(vocab, unk_token=unk)))
    reader.decoder = decoders.Metaspace(prepend_scheme="always")
    codes = (token for token in ids if token.startswith(">>") and token.endswith("<<"))
    kept = tuple(AddedToken(code, normalized=False, special=False) for code in codes)
    paths = (*paths, aside) if separate else paths
    return Built(backend, roles, paths, kept, Numbering(ids, reader))


VOCABULARY_READERS: dict[Kind, Callable[[TokenizerConfig, Family, tuple[Path, ...]], Built]] = {
    "wordpiece": _wordpiece,
    "bytes": _bytes,
    "clip": _clip,
    "gpt": _gpt,
    "ends": _ends,
    "sentencepiece": _sentencepiece,
    "marian": _marian,
}
