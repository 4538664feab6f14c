"""Tokenizers that stand in a model's own file: GGUF's ``tokenizer.ggml`` keys, in the kinds gpt2, llama and bert.

What the keys mean is llama.cpp's src/llama-vocab.cpp (the kinds are its BPE, SPM and WPM) and gguf-py's constants.py;
kinds of token are numbered as SentencePiece's.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tokenizers import AddedToken, Regex, Tokenizer as Backend, decoders, models, normalizers, pre_tokenizers

from clados.data import sentencepiece as spm
from clados.data.errors import DataError
from clados.data.roles import Roles, with_templates
from clados.data.tokenizer import Tokenizer, call_tokenizers
from clados.data.training import SPACE
from clados.files import JsonObject

_ROLES = {
    "bos_token_id": "bos",
    "eos_token_id": "eos",
    "unknown_token_id": "unk",
    "padding_token_id": "pad",
    "seperator_token_id": "sep",  # spelt so
    "cls_token_id": "cls",
    "mask_token_id": "mask",
}
# how a text is split before bytes are merged: the usual rule of byte-level BPE, and Llama 3's
_USUAL = ("gpt-2", "mpt", "olmo", "default")
LLAMA_3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|"
    r"\s+(?!\S)|\s+"
)


def embedded_tokenizer(file: Path, keys: Mapping[str, object], lists: Mapping[str, Sequence[object]]) -> Tokenizer:
    """The tokenizer that a file's keys describe. What they say beyond that is in ``notes``.

    Args:
        keys: those that begin with ``tokenizer.``, without that, but for the lists.
        lists: tokens, and scores, token_type and merges where they are there.

    Raises:
        DataError: it is of a kind that is not read, or damaged.
    """
    settings = JsonObject(file, keys, DataError, inside="tokenizer")
    tokens = _strings(file, "tokens", lists)
    kinds = lists.get("token_type") or [spm.NORMAL] * len(tokens)
    if len(kinds) != len(tokens) or not all(isinstance(kind, int) for kind in kinds):
        raise DataError(f"{file}: tokenizer.ggml.token_type is not one number for each of {len(tokens)} tokens")
    pieces = [(token, int(str(kind))) for token, kind in zip(tokens, kinds, strict=True)]
    if len(set(tokens)) != len(tokens):
        raise DataError(f"{file}: tokenizer.ggml.tokens has a token twice")
    roles = Roles().but({role: _role(settings, f"ggml.{key}", tokens) for key, role in _ROLES.items()})
    kind = settings.take("ggml.model", str, "")
    if kind not in _READERS:
        raise settings.refuse("ggml.model", f"read are {', '.join(_READERS)}")
    tokenizer = _READERS[kind](settings, pieces, lists, roles)
    settings.ignore("ggml.token_type_count")
    tokenizer.notes = settings.notes
    return tokenizer


def _strings(file: Path, name: str, lists: Mapping[str, Sequence[object]]) -> list[str]:
    found = lists.get(name, ())
    texts = [each for each in found if isinstance(each, str)]
    if not texts or len(texts) != len(found):
        raise DataError(f"{file}: tokenizer.ggml.{name} is no list of strings")
    return texts


def _role(settings: JsonObject, key: str, tokens: Sequence[str]) -> str | None:
    number = settings.take(key, int, None)
    if number is None:
        return None
    if not 0 <= number < len(tokens):
        raise settings.refuse(key, f"there are {len(tokens)} tokens")
    return tokens[number]


def _flag(settings: JsonObject, key: str, *, usual: bool) -> bool:
    return settings.take(f"ggml.{key}", bool, usual)


def _bytes(
    settings: JsonObject, pieces: Sequence[tuple[str, int]], lists: Mapping[str, Sequence[object]], roles: Roles
) -> Tokenizer:
    """Byte-level BPE (GPT-2, GPT-NeoX, Llama 3)."""
    cut = settings.take("ggml.pre", str, _USUAL[0])
    if cut not in (*_USUAL, "llama-bpe"):
        raise settings.refuse("ggml.pre", f"read are {', '.join(_USUAL)}, llama-bpe")
    vocab = {token: number for number, (token, _) in enumerate(pieces)}
    merges = []
    for each in _strings(settings.file, "merges", lists):
        first, _, second = each.partition(" ")  # bytes are written as letters: a space is none of them
        if not second or not {first, second, first + second} <= vocab.keys():
            raise DataError(f"{settings.file}: tokenizer.ggml.merges has '{each[:40]}', whose pieces the tokens lack")
        merges.append((first, second))
    llama = cut == "llama-bpe"
    backend = call_tokenizers(lambda: Backend(models.BPE(vocab, merges, ignore_merges=llama)))
    spaced = _flag(settings, "add_space_prefix", usual=False)
    level = pre_tokenizers.ByteLevel(add_prefix_space=spaced, use_regex=not llama)
    splitter = pre_tokenizers.Split(Regex(LLAMA_3), "isolated")
    backend.pre_tokenizer = pre_tokenizers.Sequence([splitter, level]) if llama else level
    backend.decoder = decoders.ByteLevel()
    _keep(
        backend,
        [
            AddedToken(name, normalized=False, special=kind == spm.CONTROL)
            for name, kind in pieces
            if kind in (spm.CONTROL, spm.USER)
        ],
    )
    return Tokenizer(backend, _framed(backend, settings, roles, bos=llama))


def _sentencepiece(
    settings: JsonObject, pieces: Sequence[tuple[str, int]], lists: Mapping[str, Sequence[object]], roles: Roles
) -> Tokenizer:
    """SentencePiece's BPE (LLaMA): the best-scored pair of pieces is merged first."""
    scores = lists.get("scores", ())
    if len(scores) != len(pieces) or not all(isinstance(score, float) for score in scores):
        raise DataError(f"{settings.file}: tokenizer.ggml.scores is not one number for each of {len(pieces)} tokens")
    scored = tuple((name, float(str(score)), kind) for (name, kind), score in zip(pieces, scores, strict=True))
    if roles.unk is None:
        unknown = next((name for name, kind in pieces if kind == spm.UNKNOWN), None)
        if unknown is None:
            raise DataError(f"{settings.file}: no token of tokenizer.ggml.tokens is the unknown one")
        roles = roles.but({"unk": unknown})
    model = spm.SentencePieceModel(
        settings.file,
        scored,
        bpe=True,
        charsmap=b"",
        prefix=_flag(settings, "add_space_prefix", usual=True),
        collapse=_flag(settings, "remove_extra_whitespaces", usual=False),
    )
    backend = call_tokenizers(lambda: spm.backend_of(model, scored, spm.Cleaning()))
    _keep(backend, [*spm.kept_whole(model, scored)])
    return Tokenizer(backend, _framed(backend, settings, roles, bos=True))


def _wordpiece(
    settings: JsonObject, pieces: Sequence[tuple[str, int]], lists: Mapping[str, Sequence[object]], roles: Roles
) -> Tokenizer:
    """BERT's pieces: the file marks the first of a word, and not the others; texts are lower-cased, as there."""

    def named(token: str, kind: int) -> str:
        if kind in (spm.CONTROL, spm.UNKNOWN, spm.USER):
            return token
        return token.removeprefix(SPACE) if token.startswith(SPACE) else f"##{token}"

    names = {token: named(token, kind) for token, kind in pieces}
    vocab = {name: number for number, name in enumerate(names.values())}
    roles = roles.but({role: names[token] for role, token in roles.named().items()})
    # a file of before 2024 says only where a text begins and ends
    roles = roles.but({"cls": roles.cls or roles.bos, "sep": roles.sep or roles.eos, "bos": None, "eos": None})
    unk = roles.unk or ("[UNK]" if "[UNK]" in vocab else None)
    if unk is None or len(vocab) != len(pieces):
        raise DataError(f"{settings.file}: tokenizer.ggml.tokens lack the unknown token, or have one twice")
    roles = roles.but({"unk": unk})
    backend = call_tokenizers(lambda: Backend(models.WordPiece(vocab, unk_token=unk)))
    backend.normalizer = normalizers.BertNormalizer(lowercase=True)
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.decoder = decoders.WordPiece()
    _keep(
        backend, [AddedToken(token, normalized=False, special=True) for token in dict.fromkeys(roles.named().values())]
    )
    settings.ignore(
        *(f"ggml.{key}" for key in ("pre", "add_bos_token", "add_eos_token", "add_sep_token", "add_space_prefix"))
    )
    frame = ("cls $A sep", "cls $A sep $B:1 sep:1") if roles.cls and roles.sep else ("", "")
    return Tokenizer(backend, with_templates(backend, roles, *frame))


def _keep(backend: Backend, tokens: Sequence[AddedToken]) -> None:
    call_tokenizers(lambda: backend.add_special_tokens([token for token in tokens if token.special]))
    call_tokenizers(lambda: backend.add_tokens([token for token in tokens if not token.special]))


def _framed(backend: Backend, settings: JsonObject, roles: Roles, *, bos: bool) -> Roles:
    """The roles with what stands around a text: the first token where nothing says otherwise, and the last."""
    first = "bos " if _flag(settings, "add_bos_token", usual=bos) and roles.bos else ""
    last = " eos" if _flag(settings, "add_eos_token", usual=False) and roles.eos else ""
    settings.ignore("ggml.add_sep_token")
    if not first and not last:
        return roles
    return with_templates(backend, roles, f"{first}$A{last}", f"{first}$A{last} {first}$B{last}")


_Reader = Callable[[JsonObject, Sequence[tuple[str, int]], Mapping[str, Sequence[object]], Roles], Tokenizer]
_READERS: dict[str, _Reader] = {"gpt2": _bytes, "llama": _sentencepiece, "bert": _wordpiece}
