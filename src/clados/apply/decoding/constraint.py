"""What a text may be: a regular expression, a JSON schema, quotes that stand literally in a source."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
import torch
from torch import Tensor

from clados.apply.decoding.quoting import Quoting
from clados.data.spelling import token_bytes
from clados.data.tokenizer import Tokenizer
from clados.errors import InputError, missing

_Ids = tuple[int, ...]


class BoundConstraint(Protocol):
    """A constraint on the texts of one vocabulary."""

    def allowed(self, new: Tensor) -> Tensor:
        """Which tokens may follow the new ones so far: [rows, new] ids to [rows, vocabulary] bool."""
        ...

    def over(self, new: Tensor) -> Tensor:
        """Which texts are at their end: [rows, new] ids to [rows] bool."""
        ...


class Constraint(Protocol):
    """A constraint on texts; yours may be given in its place."""

    def bound(self, tokenizer: Tokenizer, size: int, ends: Sequence[int]) -> BoundConstraint:
        """The same for a vocabulary of so many tokens, of which ``ends`` end a text."""
        ...


@dataclass(frozen=True)
class Regex:
    """The whole text matches a regular expression, in the syntax of Rust's crate regex."""

    pattern: str

    def bound(self, tokenizer: Tokenizer, size: int, ends: Sequence[int]) -> BoundConstraint:
        """Raises InputError: for what is no such expression; MissingPackageError: without the extra ``constrain``."""
        return _Grammar(tokenizer, size, ends, f"the regex {self.pattern!r}", "regex", self.pattern)


@dataclass(frozen=True)
class JSONSchema:
    """The text is JSON that a schema describes."""

    schema: Mapping[str, Any]

    def bound(self, tokenizer: Tokenizer, size: int, ends: Sequence[int]) -> BoundConstraint:
        """Raises InputError: for what is no such schema; MissingPackageError: without the extra ``constrain``."""
        return _Grammar(tokenizer, size, ends, "the JSON schema", "json_schema", json.dumps(dict(self.schema)))


@dataclass(frozen=True)
class Quotes:
    """What stands between two marks is literally in a source, and never empty; outside of them anything may stand.

    A quote ends at the first closing mark, and the text not before. GopherCite's marks are ``%[`` and ``]%``
    (Menick et al. 2022, §2.1).

    Attributes:
        begun: whether the text begins within a quote, as behind a prompt that ends with the opening mark.
    """

    source: str
    opening: str = "%["
    closing: str = "]%"
    begun: bool = False

    def bound(self, tokenizer: Tokenizer, size: int, ends: Sequence[int]) -> BoundConstraint:
        """Raises InputError: for an empty source or mark."""
        if not self.source.strip():
            raise InputError("the source of quotes is empty; there is nothing to quote")
        if not (self.opening and self.closing):
            raise InputError("a mark of quotes is empty; both are needed")
        marks = self.opening.encode(), self.closing.encode()
        return _Quoted(Quoting(self.source.encode(), *marks, token_bytes(tokenizer, size), ends, begun=self.begun))


@dataclass(frozen=True)
class _Quoted:
    quoting: Quoting

    def allowed(self, new: Tensor) -> Tensor:
        return torch.stack([torch.from_numpy(self.quoting.allowed(row)) for row in new.tolist()]).to(new.device)

    def over(self, new: Tensor) -> Tensor:
        return torch.zeros(new.size(0), dtype=torch.bool, device=new.device)


class _Grammar:
    """llguidance's matchers: one of each text that is going on."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        size: int,
        ends: Sequence[int],
        what: str,
        kind: Literal["regex", "json_schema"],
        said: str,
    ) -> None:
        try:
            import llguidance as ll
        except ModuleNotFoundError as error:
            raise missing(error) from error
        vocabulary = _Vocabulary(tokenizer, size, ends)
        grammar = ll.grammar_from(kind, said)
        table = ll.LLTokenizer(ll.TokenizerWrapper(vocabulary), n_vocab=len(vocabulary.tokens), slices=[])
        self.first = ll.LLMatcher(table, grammar, log_level=0)
        if self.first.is_error():
            raise InputError(f"{what} cannot be read: {' '.join(self.first.get_error().split())[:200]}")
        self.size, self.ends, self.what = size, ends, what
        self.going: dict[_Ids, Any] = {}

    def allowed(self, new: Tensor) -> Tensor:
        self._follow(new)
        return torch.stack([self._row(tuple(row)) for row in new.tolist()]).to(new.device)

    def over(self, new: Tensor) -> Tensor:
        states = [self._matcher(tuple(row)) for row in new.tolist()]
        return torch.tensor(
            [state.is_stopped() and state.is_accepting() for state in states], dtype=torch.bool, device=new.device
        )

    def _follow(self, new: Tensor) -> None:
        """Keep the states of these texts alone; each is one token beyond one that was kept."""
        rows = {tuple(row) for row in new.tolist()}
        self.going = {row: self._matcher(row) for row in rows}

    def _matcher(self, row: _Ids) -> Any:
        if row in self.going:
            return self.going[row]
        known = self.going.get(row[:-1]) if row else None
        found = (self.first if known is None else known).deep_copy()
        for token in row if known is None else row[-1:]:
            if not found.is_stopped():  # else it has ended, by a stop string or before: what fills it up is no text
                found.consume_token(token)
        return found

    def _row(self, row: _Ids) -> Tensor:
        state = self.going[row]
        if state.is_stopped() and state.stop_reason() != "NoExtension":
            return torch.ones(self.size, dtype=torch.bool)
        if state.is_stopped():
            found = torch.zeros(self.size, dtype=torch.bool)
        else:
            bits = np.unpackbits(np.frombuffer(state.compute_bitmask(), dtype=np.uint8), bitorder="little")
            found = torch.from_numpy(bits[: self.size].astype(bool))
        ends = [end for end in self.ends if end < self.size]
        found[ends] = state.is_accepting()
        if not found.any() and not state.is_accepting():
            raise InputError(f"{self.what} cannot be written: the vocabulary has no token for what must come next")
        return found


class _Vocabulary:
    """A vocabulary as llguidance reads it: the bytes of each token; special ones begin with the byte 255."""

    def __init__(self, tokenizer: Tokenizer, size: int, ends: Sequence[int]) -> None:
        known = token_bytes(tokenizer, size)
        own = [] if any(end < size for end in ends) else [b"\xff<end>"]
        special = [number for number, each in enumerate(known) if not each]
        self.tokens = [each or b"\xff<%d>" % number for number, each in enumerate(known)] + own
        self.special_token_ids = special + ([size] if own else [])
        self.eos_token_id = size if own else next(end for end in ends if end < size)
        self.bos_token_id = None
        self.numbers = {each: number for number, each in enumerate(known) if each}
        self.longest = max(map(len, self.numbers), default=1)

    def __call__(self, text: bytes) -> list[int]:
        """The longest tokens that spell some bytes: what a tokenizer makes of a text's beginning does not do."""
        found = list[int]()
        while text:
            cuts = (text[:length] for length in range(min(self.longest, len(text)), 0, -1))
            token = next((each for each in cuts if each in self.numbers), None)
            if token is None:
                break
            found.append(self.numbers[token])
            text = text[len(token) :]
        return found
