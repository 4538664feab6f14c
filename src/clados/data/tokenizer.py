"""Tokenizers: text to ids and back, the ids of the roles, and the files that others read."""

import hashlib
import json
import os
import string
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, count, takewhile
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from tokenizers import AddedToken, Tokenizer as Backend
from tokenizers.normalizers import Lowercase, Sequence as Normalizers
from tokenizers.processors import TemplateProcessing

from clados.data.errors import DataError
from clados.data.pieces import text_parts
from clados.data.roles import Roles
from clados.data.rows import replace_surrogates
from clados.data.science import SCIENCE_MARKS, apart
from clados.files import write_text, write_whole
from clados.names import ByteToken, byte_letters, sentinel

_T = TypeVar("_T")


CONFIG, SPECIAL = "tokenizer_config.json", "special_tokens_map.json"
CHAT_TEMPLATE = "chat_template.jinja"
GENERIC = ("PreTrainedTokenizerFast", "TokenizersBackend", "PreTrainedTokenizer")  # classes that read tokenizer.json
INPUTS = ("input_ids", "attention_mask")
UNLIMITED = int(1e30)  # what transformers writes for a length without a limit
SPACES = ("▁", "Ġ")  # what stands for the space before a word in SentencePiece's vocabularies and in byte-level ones
LETTERS = string.ascii_letters + string.punctuation
_LONG = 2**18  # characters above which a text is encoded in pieces
if (_threads := os.environ.get("OMP_NUM_THREADS", "")).isdecimal():  # the library has threads of its own
    os.environ.setdefault("RAYON_NUM_THREADS", _threads)
TIDY = {  # what transformers' clean_up_tokenization takes out of a text that was put together from words
    " .": ".",
    " ?": "?",
    " !": "!",
    " ,": ",",
    " ' ": "'",
    " n't": "n't",
    " 'm": "'m",
    " 's": "'s",
    " 've": "'ve",
    " 're": "'re",
}


@dataclass(frozen=True)
class Renumbered:
    """A vocabulary whose ids are not those of what cuts the text (Marian, CTRL).

    Attributes:
        ids: the id of each token that text is cut into; several may be the unknown token's.
        backend: the vocabulary by its own ids; it turns ids back into text.
    """

    ids: Sequence[int]
    backend: Backend


class ReadText(NamedTuple):
    """A text, or two that are read together, as tokens with what stands around them.

    Attributes:
        types: of each token the number of its segment (``token_type_ids``).
        sides: of each token the text that it is of, 0 or 1; None for one that stands around them.
        places: which characters of that text each is of.
    """

    ids: list[int]
    types: list[int]
    sides: list[int | None]
    places: list[tuple[int, int]]


class Tokenizer:
    """Text to ids and back, by the `tokenizers` library, with the ids of the roles.

    Attributes:
        files: name to content of the files that it was read from, which `save` writes back; empty for a trained one.
        notes: what its files say that is not used here.
        limit: tokens that texts are meant to be cut to (``model_max_length``); None when nothing says so.
        chat_template: how messages become a text, in Jinja; empty for none. It is written beside the files.
        tidy: whether spaces before punctuation go from decoded text (``clean_up_tokenization_spaces``).
    """

    def __init__(self, backend: Backend, roles: Roles, renumbered: Renumbered | None = None) -> None:
        self.backend = backend
        self.roles = roles
        self.files: Mapping[str, bytes] = {}
        self.notes: tuple[str, ...] = ()
        self.limit: int | None = None
        self.tidy = False
        self.chat_template = ""
        self._renumbered = renumbered
        self._vocabulary = renumbered.backend if renumbered else backend
        self.ids: dict[str, int] = {}
        for role, token in roles.named().items():
            number = self._vocabulary.token_to_id(token)
            if number is None:
                raise DataError(f"tokenizer: {role} is '{token}', which the vocabulary lacks")
            self.ids[role] = number
        marks = (self._vocabulary.token_to_id(sentinel(i)) for i in range(roles.sentinels))
        self.sentinels = tuple(number for number in marks if number is not None)  # of <extra_id_0>, <extra_id_1> ...

    def __repr__(self) -> str:
        return f"Tokenizer({self.size} tokens, {', '.join(f'{role} {number}' for role, number in self.ids.items())})"

    @property
    def size(self) -> int:
        """Tokens in all, those with a role among them."""
        return int(self._vocabulary.get_vocab_size())

    @property
    def key(self) -> str:
        """A hash of all that decides how text is cut."""
        digest = hashlib.sha256(self.backend.to_str().encode())
        if self._renumbered:
            digest.update(repr(list(self._renumbered.ids)).encode())
        return digest.hexdigest()

    @property
    def special(self) -> dict[str, int]:
        """The tokens that are marked as special, no part of a text, and their ids."""
        added = self._vocabulary.get_added_tokens_decoder().items()
        return {token.content: number for number, token in added if token.special}

    @property
    def vocabulary(self) -> dict[str, int]:
        """Every token and its id."""
        return dict(self._vocabulary.get_vocab(with_added_tokens=True))

    @cached_property
    def inside(self) -> frozenset[int]:
        """Ids of the pieces that go on with the word before them.

        WordPiece marks them with ``##``. Where words are marked by the space before them, letters without that mark go
        on; signs, digits and letters of other scripts are words of their own, as in ALBERT's masks
        (google-research/albert create_pretraining_data.py).
        """
        every = self.vocabulary.items()
        if marked := frozenset(number for token, number in every if token.startswith("##")):
            return marked
        if not any(token.startswith(SPACES) for token, _ in every):
            return frozenset()
        return frozenset(
            number
            for token, number in every
            if not token.startswith((*SPACES, "<"))
            and len(token.strip(string.punctuation))
            and not token.strip(LETTERS)
        )

    def id(self, role: str) -> int:
        """The id of the token that plays the role.

        Raises:
            DataError: no token does.
        """
        if role not in self.ids:
            raise DataError(f"tokenizer: no token plays '{role}'; there are {', '.join(self.ids) or 'none'}")
        return self.ids[role]

    def within(self, size: int) -> dict[str, int]:
        """Take from their roles the tokens whose ids are not below ``size``, and return them: role to id."""
        outside = {role: number for role, number in self.ids.items() if number >= size}
        self.ids = {role: number for role, number in self.ids.items() if number < size}
        self.roles = self.roles.but(dict.fromkeys(outside))
        return outside

    def encode(self, text: str, pair: str | None = None, *, add_special_tokens: bool = True) -> list[int]:
        """The ids of a text, or of two, with the roles' tokens around them.

        Raises:
            DataError: the vocabulary cannot write the text, since it lacks its own unknown token.
        """
        if pair is None:
            return self.encode_batch([text], add_special_tokens=add_special_tokens)[0]
        one, two = replace_surrogates(text), replace_surrogates(pair)
        return self._numbers(
            call_tokenizers(lambda: self.backend.encode(one, two, add_special_tokens=add_special_tokens).ids)
        )

    def encode_batch(
        self, texts: Sequence[str], *, add_special_tokens: bool = True, limit: int | None = None
    ) -> list[list[int]]:
        """The ids of each text. Half a surrogate pair, which no text can hold, is read as U+FFFD.

        Args:
            limit: tokens at most, the roles' among them: a longer text loses its end, and keeps what surrounds it.

        Raises:
            DataError: the vocabulary cannot write a text, since it lacks its own unknown token.
        """
        before, after = self._frame if add_special_tokens else ((), ())
        room = None if limit is None else max(0, limit - len(before) - len(after))
        texts = [replace_surrogates(text) for text in texts]
        texts = [apart(text) for text in texts] if self._of_science else texts
        short = iter(self._encoded([text for text in texts if len(text) <= _LONG]))
        rows = (next(short) if len(text) <= _LONG else self._by_pieces(text) for text in texts)
        return [[*before, *self._numbers(ids[:room]), *after][:limit] for ids in rows]

    def encode_placed(self, texts: Sequence[str]) -> list[tuple[list[int], list[tuple[int, int]]]]:
        """The ids of each text, without what stands around it, and which characters of it each one is of."""
        texts = [replace_surrogates(text) for text in texts]
        found = call_tokenizers(lambda: self.backend.encode_batch(texts, add_special_tokens=False))
        return [(self._numbers(each.ids), each.offsets) for each in found]

    def read(
        self, texts: Sequence[str | tuple[str, str]], limit: int | None = None, overlap: int | None = None
    ) -> list[list[ReadText]]:
        """Texts, or pairs of texts, as they are read whole: segments and places of their tokens known.

        Args:
            limit: tokens at most, what stands around them among these: the longer text of a pair loses its end.
            overlap: a second text that is too long is read in several windows instead, so many tokens of which are
                those of the one before.

        Raises:
            DataError: a first text alone leaves no room.
        """
        backend = call_tokenizers(lambda: Backend.from_str(self.backend.to_str()))
        backend.no_padding()
        backend.no_truncation()
        if limit is not None:
            how = {"strategy": "longest_first"} if overlap is None else {"strategy": "only_second", "stride": overlap}
            call_tokenizers(lambda: backend.enable_truncation(limit, **how))
        clean = replace_surrogates
        given = [clean(each) if isinstance(each, str) else (clean(each[0]), clean(each[1])) for each in texts]
        found = call_tokenizers(lambda: backend.encode_batch(given))
        return [
            [
                ReadText(self._numbers(one.ids), one.type_ids, one.sequence_ids, one.offsets)
                for one in ([each] if overlap is None else [each, *each.overflowing])
            ]
            for each in found
        ]

    @cached_property
    def _of_science(self) -> bool:
        return self.backend.token_to_id(SCIENCE_MARKS[-1]) is not None

    @property
    def frame(self) -> tuple[list[int], list[int]]:
        """The ids that stand before and after every text."""
        before, after = self._frame
        return [*before], [*after]

    def _encoded(self, texts: Sequence[str]) -> list[list[int]]:
        """The backend's ids, without what stands around a text."""
        if not texts:
            return []
        return call_tokenizers(
            lambda: [e.ids for e in self.backend.encode_batch_fast(list(texts), add_special_tokens=False)]
        )

    def _by_pieces(self, text: str) -> list[int]:
        """The ids of a long text, encoded in pieces: the library needs two hundred times a text's size at once."""
        found: list[int] = []
        for part in text_parts(text, _LONG, self._cuts_like):
            found += self._encoded([part])[0]
        return found

    def _cuts_like(self, text: str, cut: Sequence[str]) -> bool:
        one, *several = self._encoded([text, *cut])
        return one == [number for ids in several for number in ids]

    @cached_property
    def _frame(self) -> tuple[list[int], list[int]]:
        """The ids that stand before and after every text."""
        for probe in filter(None, chain("a1.", map(self.backend.id_to_token, range(self.backend.get_vocab_size())))):
            if bare := self._encoded([probe])[0]:
                framed = self._framed(probe)
                at = next((i for i in range(len(framed)) if framed[i : i + len(bare)] == bare), 0)
                return self._numbers(framed[:at]), self._numbers(framed[at + len(bare) :])
        return self._numbers(self._framed("")), []

    def _framed(self, text: str) -> list[int]:
        return list(call_tokenizers(lambda: self.backend.encode(text).ids))

    def _numbers(self, ids: list[int]) -> list[int]:
        return [self._renumbered.ids[i] for i in ids] if self._renumbered else ids

    def decode(self, ids: Sequence[int], *, skip_special_tokens: bool = True) -> str:
        """The text of the ids."""
        text = call_tokenizers(
            lambda: str(self._vocabulary.decode([int(i) for i in ids], skip_special_tokens=skip_special_tokens))
        )
        for before, after in TIDY.items() if self.tidy else ():
            text = text.replace(before, after)
        return text

    def tokens(self, ids: Sequence[int]) -> list[str]:
        """The token of each id, as the vocabulary writes it; of a byte-level one a ``ByteToken``."""
        kind = ByteToken if "ByteLevel" in self.decoders else str
        return [kind(self._vocabulary.id_to_token(int(i)) or f"<{int(i)}?>") for i in ids]

    @cached_property
    def decoders(self) -> frozenset[str]:
        """How tokens become text: the kinds of the `tokenizers` library's decoders."""
        if self._vocabulary.decoder is None:
            return frozenset()
        decoder = json.loads(self._vocabulary.decoder.__getstate__())
        return frozenset(each["type"] for each in (decoder, *decoder.get("decoders", ())))

    @cached_property
    def knows_all_bytes(self) -> bool:
        """Whether all bytes have tokens, so that no text has an unknown one."""
        model = self.backend.model
        if "ByteLevel" in self.decoders:
            ends = {"", getattr(model, "end_of_word_suffix", None) or ""}
            letters = [letter + end for letter in byte_letters() for end in ends]
        elif getattr(model, "byte_fallback", False):
            letters = [f"<0x{byte:02X}>" for byte in range(256)]
        else:
            return False
        return all(self.backend.token_to_id(letter) is not None for letter in letters)

    def lower_cased(self) -> "Tokenizer":
        """The same tokenizer for texts that are put into lower case first."""
        found = copy(self)
        found.backend = call_tokenizers(lambda: Backend.from_str(self.backend.to_str()))
        held = [] if found.backend.normalizer is None else [found.backend.normalizer]
        found.backend.normalizer = Normalizers([Lowercase(), *held])
        found.files = {} if self._renumbered is None else self.files  # written anew, so that it stays so
        found._vocabulary = self._vocabulary if self._renumbered else found.backend
        return found

    def grown(self, tokens: Sequence[str], roles: Mapping[str, str]) -> "Tokenizer":
        """The same tokenizer with further tokens, which get the next ids, and with these roles.

        Raises:
            DataError: its ids are not those of what cuts the text, so that none can be added.
        """
        if self._renumbered is not None:
            raise DataError(f"this tokenizer cannot take further tokens ({', '.join(tokens)}): its ids are not its own")
        backend = call_tokenizers(lambda: Backend.from_str(self.backend.to_str()))
        backend.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in tokens])
        marks = (*self.roles.marks, *(token for token in tokens if token not in roles.values()))
        return Tokenizer(backend, replace(self.roles.but(dict(roles)), marks=marks))

    def save(
        self, directory: Path, *, inputs: Sequence[str] = INPUTS, limit: int | None = None, left: bool = False
    ) -> None:
        """Write the files that it was read from, or tokenizer.json and what transformers reads with it.

        Args:
            inputs: what the model is given of a text (``model_input_names`` of transformers).
            limit: tokens that the model has positions for (``model_max_length``); None where any number will do.
            left: whether padding stands before the text (``padding_side``).
        """
        directory.mkdir(parents=True, exist_ok=True)
        known = dict(self.files) or self._written()
        config: dict[str, Any] = {"model_input_names": list(inputs), "padding_side": "left" if left else "right"}
        config["model_max_length"] = UNLIMITED if limit is None else limit
        for name, content in known.items():
            write_whole(directory / name, lambda part, content=content: part.write_bytes(content))  # type: ignore[misc]
        said = json.loads(known.get(CONFIG, b"{}"))
        if self.chat_template:
            said["chat_template"] = self.chat_template
            write_text(directory / CHAT_TEMPLATE, self.chat_template)
        if said.get("tokenizer_class") in GENERIC:
            write_text(directory / CONFIG, json.dumps(config | said, indent=2) + "\n")

    def _written(self) -> dict[str, bytes]:
        named: dict[str, Any] = {f"{role}_token": token for role, token in self.roles.named().items()}
        marks = [each for each in self.roles.marks if each not in SCIENCE_MARKS]
        if more := [*marks, *(sentinel(i) for i in range(len(self.sentinels)))]:
            named["additional_special_tokens"] = more
        config = {"tokenizer_class": GENERIC[0], "clean_up_tokenization_spaces": False} | named
        texts = {
            "tokenizer.json": self.backend.to_str(pretty=True) + "\n",
            SPECIAL: _json(named),
            CONFIG: _json(config),
        }
        return {name: text.encode() for name, text in texts.items()}


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def call_tokenizers(call: Callable[[], _T]) -> _T:
    """The result of a call into the `tokenizers` library; its errors, panics of Rust included, become a DataError.

    Raises:
        DataError: when the library raises an error or a panic.
    """
    try:
        return call()
    except BaseException as error:
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            raise DataError(f"the tokenizer cannot be used ({' '.join(str(error).split())})") from error
        raise


def assemble(backend: Backend, roles: Roles) -> Tokenizer:
    """The tokenizer of a model of tokens: roles and marks marked as special, sentinels added last, templates set.

    Sentinel 0 gets the highest id, and they count downwards, as in T5's vocabulary.
    """
    sentinels = [sentinel(i) for i in reversed(range(roles.sentinels))]
    names = [*dict.fromkeys(roles.named().values()), *roles.marks, *sentinels]
    for name in names:
        add = backend.add_tokens if name in SCIENCE_MARKS else backend.add_special_tokens
        # a mark that is a word stands for itself alone, and not for a part of another
        add([AddedToken(name, special=name not in SCIENCE_MARKS, normalized=False, single_word=name.isalpha())])
    if roles.single:
        used = {name: backend.token_to_id(name) for name in roles.named().values() if name in roles.single + roles.pair}
        pair = roles.pair or "$A $B"
        backend.post_processor = TemplateProcessing(single=roles.single, pair=pair, special_tokens=list(used.items()))
    return Tokenizer(backend, roles)


def count_sentinels(backend: Backend) -> int:
    """How many <extra_id_N> a vocabulary has, from 0 without a gap."""
    return sum(1 for _ in takewhile(lambda i: backend.token_to_id(sentinel(i)) is not None, count()))
