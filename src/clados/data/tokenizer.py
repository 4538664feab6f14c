"""Tokenizers: text to ids and back, the ids of the roles, and the files that others read."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import count, takewhile
from pathlib import Path
from typing import Any, Self

from tokenizers import AddedToken
from tokenizers import Tokenizer as Backend
from tokenizers.normalizers import Lowercase
from tokenizers.normalizers import Sequence as Normalizers
from tokenizers.processors import TemplateProcessing

from clados.data.examples import DataError
from clados.files import write_text
from clados.spec.inputs import Vocabulary


@dataclass(frozen=True)
class Roles:
    """The tokens that play a role, and how they surround one text and two.

    `single` and `pair` are templates of the `tokenizers` library, such as "[CLS] $A [SEP] $B:1 [SEP]:1";
    an empty one adds nothing.
    """

    pad: str | None = None
    unk: str | None = None
    bos: str | None = None
    eos: str | None = None
    cls: str | None = None
    sep: str | None = None
    mask: str | None = None
    sentinels: int = 0
    single: str = ""
    pair: str = ""

    def named(self) -> dict[str, str]:
        """Role to token, of the roles that are played."""
        found = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("sentinels", "single", "pair")}
        return {role: token for role, token in found.items() if token is not None}

    @classmethod
    def of(cls, vocabulary: Vocabulary) -> Self:
        """The roles that a declared vocabulary plays, by the names usual for its kind; first ids first."""
        wanted = [f.name for f in fields(cls) if isinstance(getattr(vocabulary, f.name, None), int)]
        ids = {role: int(getattr(vocabulary, role)) for role in wanted if role != "sentinels"}
        names = BERT.named() if vocabulary.kind == "wordpiece" else NAMES
        shared = ids.get("bos") == ids.get("eos")
        tokens: dict[int, str] = {}
        for role in ("pad", "unk", "bos", "eos", "cls", "sep", "mask"):
            if role in ids:
                end = shared and role in ("bos", "eos")
                tokens.setdefault(ids[role], "<|endoftext|>" if end else names.get(role, NAMES[role]))
        played = {role: tokens[ids[role]] for role in sorted(ids, key=lambda role: ids[role])}
        return cls(**played, sentinels=vocabulary.sentinels, **_templates(played, vocabulary.kind))


NAMES = {"pad": "<pad>", "unk": "<unk>", "bos": "<s>", "eos": "</s>", "cls": "<cls>", "sep": "<sep>", "mask": "<mask>"}


def _templates(played: Mapping[str, str], kind: str) -> dict[str, str]:
    first, last = played.get("cls", played.get("bos")), played.get("sep", played.get("eos"))
    if "mask" in played and first and last:
        if first == played.get("bos"):  # RoBERTa, which has no types and doubles what stands between
            return {"single": f"{first} $A {last}", "pair": f"{first} $A {last} {last} $B {last}"}
        return {"single": f"{first} $A {last}", "pair": f"{first} $A {last} $B:1 {last}:1"}
    if last and first is None:
        return {"single": f"$A {last}", "pair": f"$A {last} $B {last}"}  # T5
    if first and first != last:
        end = f" {last}" if kind == "bytes" else ""  # CLIP; LLaMA's texts are left open
        return {"single": f"{first} $A{end}", "pair": f"{first} $A{end} $B{end}"}
    return {}


BERT = Roles(
    pad="[PAD]",
    unk="[UNK]",
    cls="[CLS]",
    sep="[SEP]",
    mask="[MASK]",
    single="[CLS] $A [SEP]",
    pair="[CLS] $A [SEP] $B:1 [SEP]:1",
)
ROBERTA = Roles(
    bos="<s>",
    pad="<pad>",
    eos="</s>",
    unk="<unk>",
    cls="<s>",
    sep="</s>",
    mask="<mask>",
    single="<s> $A </s>",
    pair="<s> $A </s> </s> $B </s>",
)
GPT2 = Roles(unk="<|endoftext|>", bos="<|endoftext|>", eos="<|endoftext|>")
T5 = Roles(pad="<pad>", eos="</s>", unk="<unk>", sentinels=100, single="$A </s>", pair="$A </s> $B </s>")
LLAMA = Roles(unk="<unk>", bos="<s>", eos="</s>", single="<s> $A", pair="<s> $A <s> $B")
WORDS = Roles(eos="</s>", unk="<unk>", single="$A </s>", pair="$A </s> $B </s>")
CLIP = Roles(
    unk="<|endoftext|>",
    pad="<|endoftext|>",
    bos="<|startoftext|>",
    eos="<|endoftext|>",
    single="<|startoftext|> $A <|endoftext|>",
)


def sentinel(number: int) -> str:
    """The mark of the span removed as the number-th, from 0 (Raffel et al. 2020, §3.1.4)."""
    return f"<extra_id_{number}>"


class Tokenizer:
    """Text to ids and back, by the `tokenizers` library, with the ids of the roles."""

    def __init__(self, backend: Backend, roles: Roles) -> None:
        self.backend = backend
        self.roles = roles
        self.ids: dict[str, int] = {}
        for role, token in roles.named().items():
            number = backend.token_to_id(token)
            if number is None:
                raise DataError(f"tokenizer: {role} is '{token}', which the vocabulary lacks")
            self.ids[role] = number
        marks = (backend.token_to_id(sentinel(i)) for i in range(roles.sentinels))
        self.sentinels = tuple(number for number in marks if number is not None)  # of <extra_id_0>, <extra_id_1> ...

    def __repr__(self) -> str:
        return f"Tokenizer({self.size} tokens, {', '.join(f'{role} {number}' for role, number in self.ids.items())})"

    @property
    def size(self) -> int:
        """Tokens in all, those with a role among them."""
        return int(self.backend.get_vocab_size())

    @property
    def key(self) -> str:
        """A hash of all that decides how text is cut."""
        return hashlib.sha256(self.backend.to_str().encode()).hexdigest()

    @property
    def special(self) -> set[int]:
        """The ids of the tokens that are marked as special: no part of a text."""
        return {number for number, token in self.backend.get_added_tokens_decoder().items() if token.special}

    def id(self, role: str) -> int:
        """The id of the token that plays the role.

        Raises:
            DataError: no token does.
        """
        if role not in self.ids:
            raise DataError(f"tokenizer: no token plays '{role}'; there are {', '.join(self.ids) or 'none'}")
        return self.ids[role]

    def encode(self, text: str, pair: str | None = None, *, add_special_tokens: bool = True) -> list[int]:
        """The ids of a text, or of two, with the roles' tokens around them."""
        return list(self.backend.encode(text, pair, add_special_tokens=add_special_tokens).ids)

    def encode_batch(
        self, texts: Sequence[str], *, add_special_tokens: bool = True, limit: int | None = None
    ) -> list[list[int]]:
        """The ids of each text.

        Args:
            limit: tokens at most, the roles' among them: a longer text loses its end, and keeps what surrounds it.
        """
        added = self.backend.num_special_tokens_to_add(is_pair=False) if add_special_tokens else 0
        if limit is None or limit <= added:
            found = self.backend.encode_batch_fast(list(texts), add_special_tokens=add_special_tokens)
            return [encoding.ids[:limit] for encoding in found]
        found = self.backend.encode_batch_fast(list(texts), add_special_tokens=False)
        for encoding in found:
            encoding.truncate(limit - added)
        if not add_special_tokens:
            return [encoding.ids for encoding in found]
        return [self.backend.post_process(encoding, add_special_tokens=True).ids for encoding in found]

    def decode(self, ids: Sequence[int], *, skip_special_tokens: bool = True) -> str:
        """The text of the ids."""
        return str(self.backend.decode([int(i) for i in ids], skip_special_tokens=skip_special_tokens))

    def tokens(self, ids: Sequence[int]) -> list[str]:
        """The token of each id, as the vocabulary writes it."""
        return [self.backend.id_to_token(int(i)) or f"<{int(i)}?>" for i in ids]

    def lower_cased(self) -> "Tokenizer":
        """The same tokenizer for texts that are put into lower case first."""
        backend = Backend.from_str(self.backend.to_str())
        held = [] if backend.normalizer is None else [backend.normalizer]
        backend.normalizer = Normalizers([Lowercase(), *held])
        return type(self)(backend, self.roles)

    def save(self, directory: Path) -> None:
        """Write tokenizer.json, tokenizer_config.json and special_tokens_map.json, as transformers reads them."""
        directory.mkdir(parents=True, exist_ok=True)
        named: dict[str, Any] = {f"{role}_token": token for role, token in self.roles.named().items()}
        if self.sentinels:
            named["additional_special_tokens"] = [sentinel(i) for i in range(len(self.sentinels))]
        config = {"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False} | named
        write_text(directory / "tokenizer.json", self.backend.to_str(pretty=True) + "\n")
        write_text(directory / "special_tokens_map.json", json.dumps(named, ensure_ascii=False, indent=2) + "\n")
        write_text(directory / "tokenizer_config.json", json.dumps(config, ensure_ascii=False, indent=2) + "\n")


def assemble(backend: Backend, roles: Roles) -> Tokenizer:
    """The tokenizer of a model of tokens: roles marked as special, sentinels added last, templates set.

    Sentinel 0 gets the highest id, and they count downwards, as in T5's vocabulary.
    """
    marks = [sentinel(i) for i in reversed(range(roles.sentinels))]
    names = [*dict.fromkeys(roles.named().values()), *marks]
    backend.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in names])
    if roles.single:
        used = {name: backend.token_to_id(name) for name in roles.named().values() if name in roles.single + roles.pair}
        pair = roles.pair or "$A $B"
        backend.post_processor = TemplateProcessing(single=roles.single, pair=pair, special_tokens=list(used.items()))
    return Tokenizer(backend, roles)


def count_sentinels(backend: Backend) -> int:
    """How many <extra_id_N> a vocabulary has, from 0 without a gap."""
    return sum(1 for _ in takewhile(lambda i: backend.token_to_id(sentinel(i)) is not None, count()))
