"""What every task makes and gives: batches and losses; and the vocabulary and setting that it is given."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from clados import spec as s
from clados.data.tokenizer import Tokenizer
from clados.errors import InputError
from clados.names import ROLES
from clados.nn.kinds.model import WholeModel

Ids = NDArray[np.int64]
Random = np.random.Generator
Judge = Callable[[Sequence[str], Sequence[str]], Iterable[float]]  # prompts, answers to them: how good each is


@dataclass(frozen=True)
class VocabIds:
    """The ids of a vocabulary that an objective needs."""

    size: int
    ids: Mapping[str, int]  # role to id
    sentinels: tuple[int, ...] = ()  # marks of removed spans, in the order of use
    marks: Mapping[str, int] = field(default_factory=dict)  # what plays no role and is no text, by name
    encode: Callable[[str], Sequence[int]] | None = field(default=None, repr=False, compare=False)  # of a text
    inside: frozenset[int] = frozenset()  # pieces that go on with the word before them
    decode: Callable[[Sequence[int]], str] | None = field(default=None, repr=False, compare=False)  # to a text

    @classmethod
    def of(cls, tokenizer: Tokenizer) -> Self:
        """The ids of a tokenizer."""
        ids, sentinels = dict(tokenizer.ids), tokenizer.sentinels
        played = {*ids.values(), *sentinels}
        marks = {name: number for name, number in tokenizer.special.items() if number not in played}
        encode = partial(tokenizer.encode, add_special_tokens=False)
        return cls(tokenizer.size, ids, sentinels, marks, encode, tokenizer.inside, tokenizer.decode)

    @classmethod
    def declared(cls, vocab: s.Vocabulary) -> Self:
        """The ids of a declared vocabulary, its sentinels counted down from the highest id."""
        ids = {role: value for role in ROLES if (value := getattr(vocab, role)) is not None}
        return cls(vocab.size, ids, tuple(range(vocab.size - 1, vocab.size - 1 - vocab.sentinels, -1)))

    def id(self, *roles: str) -> int:
        """The id of the first of these roles that a token plays.

        Raises:
            InputError: when none does.
        """
        for role in roles:
            if role in self.ids:
                return self.ids[role]
        raise InputError(f"the vocabulary has no {' or '.join(roles)}; it has {', '.join(self.ids) or 'no roles'}")

    def mark(self, name: str) -> int:
        """The id of a mark.

        Raises:
            InputError: when the vocabulary lacks it.
        """
        if name not in self.marks:
            known = ", ".join(self.marks) or "no marks"
            raise InputError(f"the vocabulary has no mark '{name}'; it has {known}")
        return self.marks[name]

    @property
    def required_decode(self) -> Callable[[Sequence[int]], str]:
        """What makes a text of ids.

        Raises:
            InputError: when there is no tokenizer.
        """
        if self.decode is None:
            raise InputError("what is written is to be read, and the vocabulary is declared without a tokenizer")
        return self.decode

    @cached_property
    def _written(self) -> dict[str, tuple[int, ...]]:
        return {}

    def written(self, text: str) -> tuple[int, ...]:
        """The ids of a short text that is written often.

        Raises:
            InputError: when there is no tokenizer.
        """
        if text not in self._written:
            if self.encode is None:
                raise InputError(f"'{text}' is to be written, and the vocabulary is declared without a tokenizer")
            self._written[text] = tuple(self.encode(text))
        return self._written[text]

    @cached_property
    def special(self) -> frozenset[int]:
        """Ids that stand for no text."""
        return frozenset(self.ids.values()) | frozenset(self.sentinels) | frozenset(self.marks.values())

    @cached_property
    def is_text(self) -> NDArray[np.bool_]:
        """Whether each id stands for text, [size]."""
        return ~np.isin(np.arange(self.size), list(self.special))

    @cached_property
    def begins_word(self) -> NDArray[np.bool_]:
        """Whether each id begins a word of its own, [size]."""
        return ~np.isin(np.arange(self.size), list(self.inside))

    @cached_property
    def ordinary(self) -> Ids:
        """Ids that stand for text, in order."""
        return np.flatnonzero(self.is_text)


@dataclass(frozen=True)
class Setting:
    """What an objective is given: the model, the length of its sequences, the ids of its vocabulary, and a teacher."""

    model: s.Model
    length: int = 0  # tokens of a sequence, or steps of a trajectory
    vocab_ids: VocabIds | None = None
    teacher: WholeModel | None = field(default=None, repr=False, compare=False)
    update: float = math.inf  # of the published stage's, how many the share of a run that is done amounts to

    @property
    def required_teacher(self) -> WholeModel:
        """The teacher.

        Raises:
            InputError: when there is none.
        """
        if self.teacher is None:
            raise InputError("this objective learns from a teacher, and none was given")
        return self.teacher

    @property
    def required_vocab_ids(self) -> VocabIds:
        """The ids of the vocabulary.

        Raises:
            InputError: when the run has no tokenizer.
        """
        if self.vocab_ids is None:
            raise InputError("this objective reads text, and no tokenizer was given")
        return self.vocab_ids


@dataclass(frozen=True)
class Batch:
    """What a step learns from.

    Attributes:
        inputs: what the model is called with, by its arguments' names.
        targets: what it has to give, and where.
        weights: for each part of the loss, how many targets its sum is divided by.
        tokens: positions that are computed.
        in_place: whether a token is predicted from its own place, and not from the one before.
        lanes: for each row the number of the text that it goes on with, where a model remembers; begins: whether these
            texts begin here.
    """

    inputs: dict[str, Tensor]
    targets: dict[str, Tensor]
    weights: dict[str, int]
    tokens: int
    in_place: bool = False
    lanes: tuple[int, ...] | None = None
    begins: bool = False

    def to(self, device: torch.device | str) -> Self:
        """The same batch on a device."""
        inputs, targets = (
            {name: value.to(device, non_blocking=True) for name, value in each.items()}
            for each in (self.inputs, self.targets)
        )
        return replace(self, inputs=inputs, targets=targets)


class LossTerm(NamedTuple):
    """A sum over targets, and how many they are."""

    sum: Tensor
    weight: int


@dataclass(frozen=True)
class Loss:
    """The terms of a loss, each a sum over its own targets; the loss is the sum of their means.

    Sums, not means, so that several batches give together what one large batch gives.

    Attributes:
        parts: what is learned.
        measures: what is only looked at (shares that are right, losses without smoothing).
        memory: what each row leaves to the row that goes on with its text, [rows, layers, memory, d_model].
    """

    parts: dict[str, LossTerm]
    measures: dict[str, LossTerm] = field(default_factory=dict)
    memory: Tensor | None = None

    @property
    def sum(self) -> Tensor:
        """The sum of the first part."""
        return next(iter(self.parts.values())).sum

    @property
    def weight(self) -> int:
        """The targets of the first part."""
        return next(iter(self.parts.values())).weight

    @property
    def mean(self) -> Tensor:
        """The loss of this batch alone."""
        return self.over({name: part.weight for name, part in self.parts.items()})

    def over(self, weights: Mapping[str, int]) -> Tensor:
        """This batch's share of the loss of several batches that have these weights together; 0 without any target."""
        shares = [part.sum / weights[name] for name, part in self.parts.items() if weights[name]] or [self.sum]
        total: Tensor = sum(shares[1:], start=shares[0])
        return total


def padded(rows: Sequence[Ids], pad: int, length: int = 0) -> tuple[Tensor, Tensor | None]:
    """Rows of ids side by side, [rows, longest], and the mask of what is not padding (None when nothing is)."""
    longest = max(length, max(map(len, rows)))
    ids = np.full((len(rows), longest), pad, np.int64)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = row
    if all(len(row) == longest for row in rows):
        return torch.from_numpy(ids), None
    keep = np.arange(longest) < np.array([len(row) for row in rows])[:, None]
    return torch.from_numpy(ids), torch.from_numpy(keep)


def with_mask(keep: Tensor | None, name: str = "attention_mask") -> dict[str, Tensor]:
    """The mask as an argument, where there is one."""
    return {} if keep is None else {name: keep}
