"""The roles of tokens, what plays them by the names usual for each kind, and how they stand around a text."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self

from tokenizers import Tokenizer as Backend
from tokenizers.processors import TemplateProcessing

from clados.data.errors import DataError
from clados.names import TOKEN_ROLES
from clados.spec.inputs.text import Vocabulary


@dataclass(frozen=True)
class Roles:
    """The tokens that play a role, and how they surround one text and two.

    `single` and `pair` are templates of the `tokenizers` library, such as "[CLS] $A [SEP] $B:1 [SEP]:1";
    an empty one adds nothing. A tokenizer that is trained gives the first ids to the roles of `order`, and ids of
    their own to `marks`: tokens that play no role, but stand for something other than text (a language, a mode).
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
    order: tuple[str, ...] = field(default=(), compare=False)
    marks: tuple[str, ...] = field(default=(), compare=False)

    def named(self) -> dict[str, str]:
        """Role to token, of the roles that are played."""
        names = dict.fromkeys((*self.order, *TOKEN_ROLES))
        found = {role: getattr(self, role) for role in names}
        return {role: token for role, token in found.items() if token is not None}

    def but(self, played: Mapping[str, str | None]) -> Self:
        """The same with other tokens, role by role; None: the role is not played."""
        changed: dict[str, Any] = dict(played)
        return replace(self, **changed)

    @classmethod
    def of(cls, vocabulary: Vocabulary) -> Self:
        """The roles that a declared vocabulary plays, by the names usual for its kind; first ids first."""
        wanted = [f.name for f in fields(cls) if isinstance(getattr(vocabulary, f.name, None), int)]
        ids = {role: int(getattr(vocabulary, role)) for role in wanted if role != "sentinels"}
        names = BERT_ROLES.named() if vocabulary.kind == "wordpiece" else USUAL_NAMES
        shared = ids.get("bos") == ids.get("eos")
        tokens: dict[int, str] = {}
        for role in TOKEN_ROLES:
            if role in ids:
                end = shared and role in ("bos", "eos")
                tokens.setdefault(ids[role], "<|endoftext|>" if end else names.get(role, USUAL_NAMES[role]))
        played = {role: tokens[ids[role]] for role in sorted(ids, key=lambda role: ids[role])}
        single, pair = _templates(played, vocabulary.kind)
        return cls(sentinels=vocabulary.sentinels, single=single, pair=pair).but(played)


USUAL_NAMES = {
    "pad": "<pad>",
    "unk": "<unk>",
    "bos": "<s>",
    "eos": "</s>",
    "cls": "<cls>",
    "sep": "<sep>",
    "mask": "<mask>",
}


def _templates(played: Mapping[str, str], kind: str) -> tuple[str, str]:
    first, last = played.get("cls", played.get("bos")), played.get("sep", played.get("eos"))
    if "mask" in played and first and last:
        if first == played.get("bos"):  # RoBERTa, which has no types and doubles what stands between
            return f"{first} $A {last}", f"{first} $A {last} {last} $B {last}"
        return f"{first} $A {last}", f"{first} $A {last} $B:1 {last}:1"
    if last and first is None:
        return f"$A {last}", f"$A {last} $B {last}"  # T5
    if first and first != last:
        end = f" {last}" if kind == "bytes" else ""  # CLIP; LLaMA's texts are left open
        return f"{first} $A{end}", f"{first} $A{end} $B{end}"
    return "", ""


def _framed(roles: Roles, kind: str = "") -> Roles:
    """Roles with the templates that are usual for them."""
    single, pair = _templates(roles.named(), kind)
    return replace(roles, single=single, pair=pair)


BERT_ROLES = _framed(Roles(pad="[PAD]", unk="[UNK]", cls="[CLS]", sep="[SEP]", mask="[MASK]"))
ROBERTA_ROLES = _framed(Roles(bos="<s>", pad="<pad>", eos="</s>", unk="<unk>", cls="<s>", sep="</s>", mask="<mask>"))
GPT2_ROLES = Roles(unk="<|endoftext|>", bos="<|endoftext|>", eos="<|endoftext|>")
T5_ROLES = _framed(Roles(pad="<pad>", eos="</s>", unk="<unk>", sentinels=100))
LLAMA_ROLES = Roles(unk="<unk>", bos="<s>", eos="</s>", single="<s> $A", pair="<s> $A <s> $B")
WORD_ROLES = _framed(Roles(eos="</s>", unk="<unk>"))
CLIP_ROLES = Roles(
    unk="<|endoftext|>",
    pad="<|endoftext|>",
    bos="<|startoftext|>",
    eos="<|endoftext|>",
    single="<|startoftext|> $A <|endoftext|>",
)


def with_templates(backend: Backend, roles: Roles, single: str, pair: str, language: str = "") -> Roles:
    """The roles with templates made of frames in their names ("cls $A sep"), which the backend is given.

    Args:
        language: the token that "lang" means.

    Raises:
        DataError: when the vocabulary lacks the token of a role that the template names.
    """
    names = roles.named() | ({"lang": language} if language else {})
    for part in f"{single} {pair}".split():
        if (name := part.partition(":")[0])[0] != "$" and name not in names:
            raise DataError(f"the vocabulary lacks the token that plays {name}, which stands around a text")
    single, pair = (_template(frame, names) for frame in (single, pair))
    if single:
        used = {name: backend.token_to_id(name) for name in names.values() if name in f"{single} {pair}"}
        known = [(name, number) for name, number in used.items() if number is not None]
        backend.post_processor = TemplateProcessing(single=single, pair=pair, special_tokens=known)
    return replace(roles, single=single, pair=pair)


def _template(frame: str, names: Mapping[str, str]) -> str:
    parts = (part.partition(":") for part in frame.split())
    return " ".join((name if name[0] == "$" else names[name]) + colon + kind for name, colon, kind in parts)
