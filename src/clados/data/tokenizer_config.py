"""What the JSON files next to a vocabulary say of a tokenizer: tokenizer_config.json and its older companions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tokenizers import AddedToken

from clados.data.errors import DataError
from clados.data.families import MODEL_TYPES, MODELS, TOKENIZER_CLASSES, TOKENIZER_FILES, Family
from clados.data.roles import Roles
from clados.data.rows import replace_surrogates
from clados.data.tokenizer import CONFIG, GENERIC, SPECIAL
from clados.files import JsonObject, read_json
from clados.names import TOKEN_ROLES

ADDED = "added_tokens.json"
_LISTS = ("additional_special_tokens", "extra_special_tokens")  # of transformers 4 and 5
DECODER = "added_tokens_decoder"
LIMIT = 10**9  # lengths above this (transformers writes 10**30) mean that there is none
NOTHING = (  # keys of tokenizer_config.json that change no id here
    # where the files came from, and which program wrote them
    *("name_or_path", "special_tokens_map_file", "tokenizer_file", "vocab_file", "merges_file", "spm_file"),
    *("backend", "is_local", "local_files_only", "processor_class", "use_fast", "device_map", "model_type"),
    *("_commit_hash", "init_inputs", "slow_tokenizer_class", "target_spm", "source_spm", "vocab"),
    *("target_vocab_file", "vocab_type", "from_slow"),
    # of a call, which says for itself how it pads and cuts
    *("padding_side", "max_length", "stride", "truncation_strategy", "pad_to_multiple_of", "pad_token_type_id"),
    *("padding", "model_input_names", "return_token_type_ids", "return_tensors", "max_len", "truncation"),
    # of offsets and decoding errors, which are not given
    *("trim_offsets", "errors", "spaces_between_special_tokens", "use_default_system_prompt"),
    # of targets: what a translation begins with stands in generation_config.json
    *("tgt_lang", "source_lang", "target_lang"),
)


@dataclass
class TokenizerConfig:
    """The settings of a directory's tokenizer.

    Attributes:
        file: tokenizer_config.json, whether or not it is there; config: its keys, taken by whoever uses them.
        family: how its files are read; None when neither a class nor a model type that is known is named.
        kind: the class that is named, without "Fast"; empty for none, and for a generic one.
        generic: whether a class is named that reads tokenizer.json as it stands, whatever the family.
        named: role to token, as the files name them.
        tokens: those that stay whole in a text, and how; None where only their text is given.
        numbered: ids that the files give to tokens.
        notes: what is not used, a line each.
    """

    directory: Path
    config: JsonObject
    family: Family | None
    kind: str
    generic: bool
    named: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, AddedToken | None] = field(default_factory=dict)
    numbered: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def exists(self) -> bool:
        """Whether there is a tokenizer_config.json."""
        return self.config.file.exists()

    def roles(self, family: Family) -> Roles:
        """The roles of a family, played by the tokens that the files name."""
        return family.roles.but(self.named)

    def flag(self, key: str, *, usual: bool) -> bool:
        """A flag of tokenizer_config.json; ``usual`` where it is silent."""
        return self.config.take(key, bool, usual)

    def limit(self) -> int | None:
        """``model_max_length``, where it is one."""
        length = self.config.take("model_max_length", int | float, None) if self._small("model_max_length") else None
        return int(length) if length is not None and 0 < length < LIMIT else None

    def _small(self, key: str) -> bool:
        """Whether a number is one that can be read; 10**30 is written where there is none."""
        value = self.config.peek(key)
        if isinstance(value, int | float) and value >= LIMIT:
            self.config.ignore(key)
            return False
        return True

    def unused(self, key: str, usual: object, why: str) -> None:
        """Note a key whose value is not the one that changes nothing."""
        if key not in self.config.unread:
            return
        value = self.config.peek(key)
        self.config.ignore(key)
        if value != usual:
            self.notes.append(f"{self.config.file.name}: {key} is not used here: {why}")


def read_config(directory: Path) -> TokenizerConfig:
    """What a directory says of its tokenizer.

    Raises:
        DataError: a file is no JSON, or holds a value of a wrong type.
    """
    config = _read(directory / CONFIG)
    kind = (config.take("tokenizer_class", str, None) or "").removesuffix("Fast")
    model = read_json(directory / "config.json", DataError) if (directory / "config.json").exists() else {}
    model = model if isinstance(model, Mapping) else {}  # its errors are for those who read the model
    if not kind and isinstance(model.get("tokenizer_class"), str):
        kind = model["tokenizer_class"].removesuffix("Fast")
    generic = kind in {name.removesuffix("Fast") for name in GENERIC}
    kind = "" if generic else kind
    model_type = model.get("model_type")
    family = TOKENIZER_CLASSES.get(kind) if kind else None
    if family is None and not kind and isinstance(model_type, str):
        family = MODEL_TYPES.get(model_type)
    found = TokenizerConfig(directory, config, family, kind, generic)
    numbered = _numbered(found)
    _named(found, config)
    if not numbered:  # transformers reads the older companions only where the newer key is absent
        older = _read(directory / SPECIAL)
        _named(found, older)
        found.notes += older.notes
        _added(found, directory / ADDED)
    config.ignore(*NOTHING)
    found.unused("chat_template", "", "texts are given as they are")
    found.unused("auto_map", None, "code in a directory is never executed")
    found.unused("truncation_side", "right", "long texts lose their end")
    found.unused(
        "do_basic_tokenize", usual=True, why="punctuation is cut off in any case, as by transformers' fast tokenizers"
    )
    found.unused("never_split", [], "words are kept whole as added tokens only, as by transformers' fast tokenizers")
    found.unused("sp_model_kwargs", {}, "pieces are the likeliest, never drawn")
    return found


def _read(file: Path) -> JsonObject:
    return JsonObject.read(file, DataError) if file.exists() else JsonObject(file, {}, DataError)


def _named(found: TokenizerConfig, config: JsonObject) -> None:
    """The tokens that play a role, and further ones that are special."""
    for role in TOKEN_ROLES:
        value = config.take(f"{role}_token", str | dict, None)
        if value:  # an empty text, as LLaMA's first conversions have it, names no token
            found.named[role] = _token(found, config, f"{role}_token", value)
    for key in _LISTS:
        several = config.take(key, list | dict, None) or []
        for value in several.values() if isinstance(several, dict) else several:
            _token(found, config, key, value)


def _token(found: TokenizerConfig, config: JsonObject, key: str, value: object) -> str:
    """Keep a token that is given as a string or as an object; its text."""
    given = JsonObject(config.file, {"content": value} if isinstance(value, str) else value, config.error, inside=key)
    content = given.take("content", str, "")
    if not content or replace_surrogates(content) != content:
        raise config.error(f"{config.file}: {key} holds a token that is no text: {content!r}")
    flags = {name: bool(given.take(name, bool, None)) for name in ("lstrip", "rstrip", "normalized", "single_word")}
    special = given.take("special", bool, None) is not False or key != DECODER
    if isinstance(value, str):
        found.tokens.setdefault(content, None)
    elif content not in found.numbered:
        found.tokens[content] = AddedToken(content, special=special, **flags)
    return content


def _numbered(found: TokenizerConfig) -> bool:
    """added_tokens_decoder: id to token."""
    given = found.config.take(DECODER, dict, None) or {}
    for number, value in given.items():
        if not number.isdecimal() or int(number) >= 2**31:
            raise DataError(f"{found.config.file}: {DECODER} has the key '{number}'; ids are needed")
        content = _token(found, found.config, DECODER, value)
        found.numbered[content] = int(number)
    return bool(given)


def _added(found: TokenizerConfig, file: Path) -> None:
    """added_tokens.json: token to id."""
    added = _read(file)
    for content in added.keys():  # noqa: SIM118, it is no mapping
        number = added.take(content, int, 0)
        if not content or not 0 <= number < 2**31:
            raise added.refuse(content, "needed is an id")
        found.numbered[content] = number
        found.tokens.setdefault(content, AddedToken(content, normalized=True, special=False))


def files_of(directory: Path, family: Family) -> tuple[Path, ...] | None:
    """The files of a family's kind, when all are there."""
    if family.kind == "sentencepiece":
        found = [directory / name for name in MODELS if (directory / name).exists()]
        return tuple(found[:1]) or None
    paths = tuple(directory / name for name in TOKENIZER_FILES[family.kind])
    return paths if all(path.exists() for path in paths) else None
