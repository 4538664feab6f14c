"""Reading a directory's tokenizer, in any of the layouts in which models are published."""

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tokenizers import Regex, decoders, models, normalizers, pre_tokenizers
from tokenizers import Tokenizer as Backend

from clados.data.examples import DataError
from clados.data.tokenizer import (
    BERT,
    CLIP,
    GPT2,
    LLAMA,
    ROBERTA,
    T5,
    Roles,
    Tokenizer,
    assemble,
    count_sentinels,
    sentinel,
)
from clados.data.training import SPACE, sentencepiece_bpe, spaces_marked

FILES = ("tokenizer.json", "vocab.txt", "vocab.json with merges.txt", "spiece.model or tokenizer.model")
MODELS = ("spiece.model", "sentencepiece.bpe.model", "tokenizer.model", "sentencepiece.model")
CLIP_WORDS = r"'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+"


def load_tokenizer(directory: Path) -> Tokenizer:
    """The tokenizer of a model's directory.

    Raises:
        DataError: no known file is there, or it cannot be read.
    """
    try:
        named = _named(directory)
        if (directory / "tokenizer.json").exists():
            backend = Backend.from_str((directory / "tokenizer.json").read_text(encoding="utf-8"))
            backend.no_padding()  # some files were saved while a batch was being read
            backend.no_truncation()
            return Tokenizer(backend, _roles(backend, named))
        backend, usual = _built(directory)
    except DataError:
        raise
    except Exception as error:  # the tokenizers library raises no narrower one
        raise DataError(f"{directory}: unreadable tokenizer ({error})") from error
    present = {role: token for role, token in (usual.named() | named).items() if backend.token_to_id(token) is not None}
    missing = [token for token in usual.named().values() if token not in present.values()]
    fits = not any(token in usual.single.split() for token in missing)
    templates = {"single": usual.single, "pair": usual.pair} if fits else {}
    return assemble(backend, Roles(**present, **templates, sentinels=usual.sentinels))


def _named(directory: Path) -> dict[str, str]:
    """Role to token as the configuration files name them."""
    found: dict[str, str] = {}
    for name in ("special_tokens_map.json", "tokenizer_config.json"):
        path = directory / name
        config = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        for role in NAMES:
            token = config.get(f"{role}_token")
            token = token.get("content") if isinstance(token, dict) else token
            if isinstance(token, str):
                found[role] = token
    return found


NAMES = {
    "pad": ("[PAD]", "<pad>"),
    "unk": ("[UNK]", "<unk>"),
    "bos": ("<s>", "<|startoftext|>", "<|endoftext|>"),
    "eos": ("</s>", "<|endoftext|>"),
    "cls": ("[CLS]",),
    "sep": ("[SEP]",),
    "mask": ("[MASK]", "<mask>"),
}


def _roles(backend: Backend, named: dict[str, str]) -> Roles:
    """The roles named; where no file names any, those that the usual names play."""
    if not named:
        known = {role: [n for n in names if backend.token_to_id(n) is not None] for role, names in NAMES.items()}
        named = {role: names[0] for role, names in known.items() if names}
    named = {role: token for role, token in named.items() if backend.token_to_id(token) is not None}
    return Roles(**named, sentinels=count_sentinels(backend))


def _built(directory: Path) -> tuple[Backend, Roles]:
    if (directory / "vocab.txt").exists():
        return _wordpiece(directory), BERT
    if (directory / "vocab.json").exists() and (directory / "merges.txt").exists():
        return _bpe(directory)
    for name in MODELS:
        if (directory / name).exists():
            return _sentencepiece((directory / name).read_bytes())
    raise DataError(f"{directory}: no tokenizer; one of {', '.join(FILES)} is needed")


def _wordpiece(directory: Path) -> Backend:
    words = (directory / "vocab.txt").read_text(encoding="utf-8").rstrip("\n").split("\n")
    config = directory / "tokenizer_config.json"
    said = json.loads(config.read_text(encoding="utf-8")) if config.exists() else {}
    lower = said.get("do_lower_case", not any(w != w.lower() and not w.startswith("[") for w in words))
    backend = Backend(models.WordPiece({word: i for i, word in enumerate(words)}, unk_token="[UNK]"))
    backend.normalizer = normalizers.BertNormalizer(lowercase=lower)
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.decoder = decoders.WordPiece()
    return backend


def _bpe(directory: Path) -> tuple[Backend, Roles]:
    vocab: dict[str, int] = json.loads((directory / "vocab.json").read_text(encoding="utf-8"))
    lines = (directory / "merges.txt").read_text(encoding="utf-8").split("\n")
    merges = [tuple(line.split(" ")) for line in lines if line and not line.startswith("#version")]
    pairs = [(first, second) for first, second in merges]
    if not any(token.endswith("</w>") for token in vocab):
        backend = Backend(models.BPE(vocab, pairs))
        backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        backend.decoder = decoders.ByteLevel()
        return backend, ROBERTA if "<mask>" in vocab else GPT2
    if "<|startoftext|>" not in vocab:
        return _gpt(vocab, pairs), Roles(unk="<unk>")
    backend = Backend(models.BPE(vocab, pairs, end_of_word_suffix="</w>", unk_token="<|endoftext|>"))
    backend.normalizer = normalizers.Sequence(
        [normalizers.NFC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Lowercase()]
    )
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(CLIP_WORDS), "removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    ends = [decoders.Replace("</w>", " "), decoders.Strip(" ", 0, 1)]
    backend.decoder = decoders.Sequence([decoders.ByteLevel(), *ends])
    return backend, CLIP


def _gpt(vocab: dict[str, int], merges: list[tuple[str, str]]) -> Backend:
    """The first GPT's: lower case, words ended by a mark, no bytes."""
    backend = Backend(models.BPE(vocab, merges, end_of_word_suffix="</w>", unk_token="<unk>"))
    backend.normalizer = normalizers.BertNormalizer(lowercase=True)
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.decoder = decoders.BPEDecoder("</w>")
    return backend


def _sentencepiece(data: bytes) -> tuple[Backend, Roles]:
    """A SentencePiece model file: fields 1 pieces, 2 training, 3 normaliser of its ModelProto."""
    message = list(_fields(data))
    pieces = [dict(_fields(value)) for field, value in message if field == 1]
    trained = dict(_fields(next(value for field, value in message if field == 2)))
    normal = dict(_fields(next(value for field, value in message if field == 3)))
    names = [piece[1].decode() for piece in pieces]
    scores = [float(piece.get(2, 0.0)) for piece in pieces]
    kinds = [piece.get(3, 1) for piece in pieces]  # 1 normal, 2 unknown, 3 control, 4 user's, 6 byte
    special = {name: i for i, (name, kind) in enumerate(zip(names, kinds)) if kind == 3}
    unk = next((i for i, kind in enumerate(kinds) if kind == 2), 0)
    roles = {role: name for name, role in SPECIAL.items() if name in special}
    usual = T5 if roles.keys() == {"pad", "eos"} else LLAMA
    # T5's file ends before its 100 sentinels, which its tokenizer adds.
    marks = T5.sentinels if usual is T5 and sentinel(0) not in names else 0
    named = Roles(unk=names[unk], **roles, sentinels=marks, single=usual.single, pair=usual.pair)
    steps = _normaliser(normal)
    if trained.get(3, 1) == 2:
        backend = sentencepiece_bpe(*_merges(names, scores), names[unk])
        marked = spaces_marked() if normal.get(3, 1) else normalizers.Replace(" ", SPACE)
        backend.normalizer = normalizers.Sequence([*steps, marked])
    else:
        backend = Backend(models.Unigram(list(zip(names, scores)), unk_id=unk, byte_fallback=6 in kinds))
        backend.normalizer = normalizers.Sequence(steps)
        backend.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always" if normal.get(3, 1) else "never")
        backend.decoder = decoders.Metaspace(prepend_scheme="always")
    return backend, named


SPECIAL = {"<pad>": "pad", "<s>": "bos", "</s>": "eos", "[CLS]": "cls", "[SEP]": "sep", "[MASK]": "mask"}


def _normaliser(said: dict[int, Any]) -> list[normalizers.Normalizer]:
    steps: list[normalizers.Normalizer] = []
    if said.get(2):
        steps.append(normalizers.Precompiled(said[2]))
    if said.get(4, 1):
        steps += [normalizers.Strip(), normalizers.Replace(Regex(" {2,}"), " ")]
    return steps


def _merges(names: list[str], scores: list[float]) -> tuple[dict[str, int], list[tuple[str, str]]]:
    """A BPE vocabulary's merges: every way to cut a piece in two pieces, the best-scored piece first."""
    vocab = {name: i for i, name in enumerate(names)}
    found = [
        (-scores[i], vocab[name[:at]], vocab[name[at:]], name[:at], name[at:])
        for name, i in vocab.items()
        for at in range(1, len(name))
        if name[:at] in vocab and name[at:] in vocab
    ]
    return vocab, [(first, second) for *_, first, second in sorted(found)]


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
            yield field, data[at : at + size]
            at += size
        elif wire == 5:
            yield field, struct.unpack_from("<f", data, at)[0]
            at += 4
        else:
            raise ValueError("not a SentencePiece model")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at
