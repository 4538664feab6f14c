"""Reading a directory's tokenizer, in any of the layouts in which models are published."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer as Backend, models, normalizers

from clados.data.errors import DataError
from clados.data.families import FAMILIES, MODELS, TOKENIZER_FILES, Family
from clados.data.roles import Roles, with_templates
from clados.data.sentencepiece import CONTROL, read_model
from clados.data.tokenizer import CHAT_TEMPLATE, CONFIG, SPECIAL, Renumbered, Tokenizer, count_sentinels
from clados.data.tokenizer_config import ADDED, TokenizerConfig, files_of, read_config
from clados.data.vocabulary_files import (
    HIGHEST_ID,
    VOCABULARY_READERS,
    WORD_END,
    Built,
    Numbering,
    bert_normalizer,
    built,
    vocabulary,
)

JSON = "tokenizer.json"
TOKENIZER_SIGNS = (
    JSON,
    "vocab.txt",
    "vocab.json",
    "source.spm",
    *MODELS,
)  # a directory with one of these has a tokenizer
_KEPT = (CONFIG, SPECIAL, ADDED, CHAT_TEMPLATE)  # written back with a tokenizer's own files
_USUAL = {  # tokens that play a role where no file says which
    "pad": ("[PAD]", "<pad>"),
    "unk": ("[UNK]", "<unk>"),
    "bos": ("<s>", "<|startoftext|>", "<|endoftext|>"),
    "eos": ("</s>", "<|endoftext|>"),
    "cls": ("[CLS]",),
    "sep": ("[SEP]",),
    "mask": ("[MASK]", "<mask>"),
}
_UNKNOWN = "\ufdd0"  # a character that no vocabulary has
SILENT = {  # flags and the values that change nothing where a family does not know them
    "do_lower_case": False,
    "strip_accents": False,
    "keep_accents": True,
    "remove_space": True,
    "add_prefix_space": False,
    "add_bos_token": False,
    "add_eos_token": False,
    "separate_vocabs": False,
}


def load_tokenizer(directory: Path) -> Tokenizer:
    """The tokenizer of a model's directory.

    tokenizer.json is taken where it is there; else the family's own files (vocab.txt, vocab.json with merges.txt, a
    SentencePiece model), numbered and framed as its class in transformers does. Which family it is, its flags and
    special tokens are read from tokenizer_config.json, special_tokens_map.json, added_tokens.json and config.json.
    What they say beyond that is in ``notes``.

    Raises:
        DataError: no known file is there, it is of a class that is not known, or it cannot be read.
    """
    try:
        config = read_config(directory)
        tokenizer, paths = _from_json(config) if (directory / JSON).exists() else _from_files(config)
    except DataError as error:
        said = str(error).replace("\n", "\\n")  # of a token or name that is shown
        raise DataError(said if said.startswith(str(directory)) else f"{directory}: {said}") from error
    tokenizer.limit = config.limit()
    # transformers 5 lets the text of BPE alone, whose spaces are the text's own
    if config.flag("split_special_tokens", usual=False):
        tokenizer.backend.encode_special_tokens = True
    for key, usual in SILENT.items():
        config.unused(key, usual, "tokenizers of this kind do without it")
    tidy = config.flag("clean_up_tokenization_spaces", usual=False)
    tokenizer.tidy = tidy and not isinstance(tokenizer.backend.model, models.BPE)
    tokenizer.notes = (*config.notes, *config.config.notes)
    paths = (*paths, *(directory / name for name in _KEPT))
    tokenizer.files = {path.name: path.read_bytes() for path in paths if path.exists()}
    return tokenizer


# ---------------------------------------------------------------- tokenizer.json


def _from_json(config: TokenizerConfig) -> tuple[Tokenizer, tuple[Path, ...]]:
    file, family = config.directory / JSON, None if config.generic else config.family
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise DataError(f"{file}: not readable ({error})") from error
    backend = built(file, lambda: Backend.from_str(text))
    number, token = max(((number, token) for token, number in backend.get_vocab().items()), default=(0, ""))
    if number >= HIGHEST_ID:
        raise DataError(f"{file}: the id of '{token[:40]}' is {number}; ids below {HIGHEST_ID} are read")
    backend.no_padding()  # some files were saved while a batch was being read
    backend.no_truncation()
    _override(backend, config)
    usual = family.roles.named() if family and config.exists else {}
    named = {role: token for role, token in usual.items() if backend.token_to_id(token) is not None} | config.named
    if not named:
        known = {role: [n for n in names if backend.token_to_id(n) is not None] for role, names in _USUAL.items()}
        named = {role: names[0] for role, names in known.items() if names}
    _add(backend, config, {**dict.fromkeys(named.values()), **config.tokens})
    roles = Roles(sentinels=count_sentinels(backend)).but(named)
    if family and family.frame[0] and (backend.post_processor is None or family.languages):
        roles = _frame(backend, roles, family, config)
    for key in ("add_bos_token", "add_eos_token"):
        config.unused(key, None, f"{JSON} says what stands around a text, as for transformers 5")
    names = {JSON, *MODELS, *(name for kind in TOKENIZER_FILES.values() for name in kind)}
    built(file, lambda: backend.encode_batch_fast(["a", _UNKNOWN]))
    return Tokenizer(backend, roles), tuple(config.directory / name for name in sorted(names))


def _override(backend: Backend, config: TokenizerConfig) -> None:
    """What tokenizer_config.json says otherwise than tokenizer.json, as transformers 4 and 5 let it."""
    family, normalizer = None if config.generic else config.family, backend.normalizer
    if family and family.kind == "wordpiece" and isinstance(normalizer, normalizers.BertNormalizer):
        stated = config.exists and config.kind  # then the defaults of the class hold too
        lower = family.lower if stated else normalizer.lowercase
        if "do_lower_case" not in config.config and family.lower and not lower:
            config.notes.append(f"{JSON}: it keeps capitals, and decides; transformers puts such texts into lower case")
        backend.normalizer = bert_normalizer(config, lower=lower, like=None if stated else normalizer)
    spaced = config.config.take("add_prefix_space", bool, None)
    if spaced is not None:
        _space_before(backend, spaced=spaced)
    for key, done in _cleaning(backend).items():
        config.unused(key, done, f"{JSON} does otherwise, and decides")
    # of numbers and cuts, which tokenizer.json holds
    config.config.ignore("remove_space", "legacy", "offset", "extra_ids", "mask_token_sent", "split_by_punct")
    config.config.ignore("src_lang", "separate_vocabs")


def _cleaning(backend: Backend) -> dict[str, bool | None]:
    """What a backend does to texts, in the names of tokenizer_config.json's flags."""
    if isinstance(backend.normalizer, normalizers.BertNormalizer):
        bert = backend.normalizer
        flags = {"do_lower_case": bert.lowercase, "strip_accents": bert.strip_accents}
        return flags | {"tokenize_chinese_chars": bert.handle_chinese_chars, "keep_accents": not bert.strip_accents}
    state = json.loads(backend.normalizer.__getstate__()) if backend.normalizer is not None else {"type": ""}
    steps = {step["type"] for step in state.get("normalizers", [state])}
    lower, strips = "Lowercase" in steps, "StripAccents" in steps
    return {
        "do_lower_case": lower,
        "strip_accents": strips,
        "keep_accents": not strips,
        "tokenize_chinese_chars": False,
    }


def _space_before(backend: Backend, *, spaced: bool) -> None:
    """Put a space before every text, or none; LLaMA's older files do it in the normalizer (``Prepend``)."""
    if backend.normalizer is not None and not spaced:
        state = json.loads(backend.normalizer.__getstate__())
        steps = [step for step in state.get("normalizers", [state]) if step["type"] != "Prepend"]
        backend.normalizer = _remade(normalizer={"type": "Sequence", "normalizers": steps}).normalizer
    if backend.pre_tokenizer is not None:
        state = json.loads(backend.pre_tokenizer.__getstate__())
        for part in state.get("pretokenizers", [state]):
            if part["type"] == "ByteLevel":
                part["add_prefix_space"] = spaced
            if part["type"] == "Metaspace" and spaced == (part["prepend_scheme"] == "never"):
                part["prepend_scheme"] = "always" if spaced else "never"
        backend.pre_tokenizer = _remade(pre_tokenizer=state).pre_tokenizer


def _remade(**parts: Mapping[str, Any]) -> Backend:
    """A backend without words that has these parts, given as tokenizer.json writes them."""
    model = {"type": "WordLevel", "vocab": {}, "unk_token": ""}
    return Backend.from_str(json.dumps({"version": "1.0", "added_tokens": [], "model": model, **parts}))


# ---------------------------------------------------------------- the family's own files


def _from_files(config: TokenizerConfig) -> tuple[Tokenizer, tuple[Path, ...]]:
    family, paths = _family(config)
    found = VOCABULARY_READERS[family.kind](config, family, paths)
    wanted = {**dict.fromkeys(found.roles.named().values()), **config.tokens}
    kept = {token.content: token for token in found.kept}
    tokens = {
        **kept,
        **{name: style or kept.get(name) or _whole(name, found.roles, family) for name, style in wanted.items()},
    }
    if found.numbering is None:
        _add(found.backend, config, tokens)
        return Tokenizer(found.backend, _frame(found.backend, found.roles, family, config)), found.paths
    return _renumbered(config, family, found, found.numbering, tokens), found.paths


def _whole(token: str, roles: Roles, family: Family) -> AddedToken:
    """A special token as its class makes it; most masks take the space before them."""
    left = family.space_before_mask and token == roles.mask
    return AddedToken(token, normalized=False, special=True, lstrip=left)


def _renumbered(
    config: TokenizerConfig, family: Family, found: Built, numbering: Numbering, tokens: Mapping[str, AddedToken]
) -> Tokenizer:
    """A tokenizer whose pieces have the ids of a vocabulary; those that it lacks are unknown."""
    backend, ids = found.backend, numbering.ids
    known = {name: token for name, token in tokens.items() if name in ids}
    _add(backend, config, known, numbered=False)
    read = {name: token for name, token in known.items() if numbering.reader.token_to_id(name) is not None}
    _add(numbering.reader, config, read, numbered=False)
    roles = found.roles.but({role: None for role, token in found.roles.named().items() if token not in ids})
    unknown = ids[str(roles.unk)]
    numbers = [ids.get(str(backend.id_to_token(number)), unknown) for number in range(backend.get_vocab_size())]
    return Tokenizer(backend, _frame(backend, roles, family, config), Renumbered(numbers, numbering.reader))


def _family(config: TokenizerConfig) -> tuple[Family, tuple[Path, ...]]:
    """The family whose files are there: the one named, or one that these files are usual for."""
    directory, family = config.directory, config.family
    if config.kind and family is None:
        raise DataError(
            f"{directory}: tokenizer_class is {config.kind}, whose own files are not read; "
            f"{JSON}, which its fast class writes, is"
        )
    if family and (paths := files_of(directory, family)):
        return family, paths
    if family and config.kind:
        needed = " and ".join(TOKENIZER_FILES[family.kind]) or f"one of {', '.join(MODELS)}"
        raise DataError(f"{directory}: no tokenizer; {config.kind} needs {JSON}, or {needed}")
    for each in FAMILIES:
        if each.kind in ("wordpiece", "bytes", "sentencepiece") and (paths := files_of(directory, each)):
            if family:
                config.notes.append(f"{paths[0].name}: no file of this model_type's tokenizer; it is read as it stands")
            return _guessed(each, paths), paths
    usual = f"{JSON}, vocab.txt, vocab.json with merges.txt, {', '.join(MODELS)}"
    raise DataError(f"{directory}: no tokenizer; one of {usual} is needed")


def _guessed(family: Family, paths: tuple[Path, ...]) -> Family:
    """A family by what its files hold, where neither a class nor a model type says which."""
    if family.kind == "bytes":
        vocab = vocabulary(paths[0])
        if any(token.endswith(WORD_END) for token in vocab):
            return next(each for each in FAMILIES if each.kind == ("clip" if "<|startoftext|>" in vocab else "gpt"))
        wanted = "RobertaTokenizer" if "<mask>" in vocab else "GPT2Tokenizer"
    elif family.kind == "sentencepiece":
        names = {name for name, _, kind in read_model(paths[0]).pieces if kind == CONTROL}
        wanted = "T5Tokenizer" if {"<pad>", "</s>"} <= names and "<s>" not in names else "LlamaTokenizer"
    else:
        return family
    return next(each for each in FAMILIES if wanted in each.classes)


# ---------------------------------------------------------------- frames and tokens that stay whole


def _frame(backend: Backend, roles: Roles, family: Family, config: TokenizerConfig) -> Roles:
    """The roles with the family's frame, which the backend is given."""
    single, pair = family.frame
    if family.marks is not None:
        adds = {role: config.flag(f"add_{role}_token", usual=role in family.marks) for role in ("bos", "eos")}
        bos, eos = (role if adds[role] and role in roles.named() else "" for role in adds)
        single = " ".join(filter(None, (bos, "$A", eos))) if bos or eos else ""
        pair = " ".join(filter(None, (single, bos and f"{bos}:1", "$B:1", eos and f"{eos}:1"))) if single else ""
    language = ""
    if family.languages:
        language = config.config.take("src_lang", str, "en_XX")
        if language not in family.languages:
            raise config.config.refuse("src_lang", f"allowed are {', '.join(family.languages)}")
    return with_templates(backend, roles, single, pair, language)


def _add(
    backend: Backend, config: TokenizerConfig, tokens: Mapping[str, AddedToken | None], *, numbered: bool = True
) -> None:
    """Keep tokens whole in a text; those that the vocabulary lacks come after it, in the order of their ids.

    One to which the files give another id keeps that of the vocabulary, or gets the next, and a note names it: so does
    transformers (5.23.0, tokenization_utils_tokenizers.py).
    """
    kept, new = {token.content for token in backend.get_added_tokens_decoder().values()}, []
    for content in sorted(tokens, key=lambda content: config.numbered.get(content, 2**31)):
        style = tokens[content]
        if style is None and content in kept:
            continue
        new.append(style or AddedToken(content, normalized=False, special=True))
    backend.add_tokens(new)
    for content in tokens:
        number, said = backend.token_to_id(content), config.numbered.get(content)
        if numbered and said is not None and number != said:
            config.notes.append(f"the token {content!r} is given the id {said}; its id is {number}")
