"""What every objective gives: a batch, a loss, and the two functions that an objective registers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, singledispatch
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from clados import spec as s
from clados.data.tokenizer import Tokenizer

Ids = NDArray[np.int64]
Random = np.random.Generator


@dataclass(frozen=True)
class Words:
    """The ids of a vocabulary that an objective needs."""

    size: int
    ids: Mapping[str, int]  # role to id
    sentinels: tuple[int, ...] = ()  # marks of removed spans, in the order of use

    @classmethod
    def of(cls, tokenizer: Tokenizer) -> Self:
        """The words of a tokenizer."""
        return cls(tokenizer.size, dict(tokenizer.ids), tokenizer.sentinels)

    @classmethod
    def declared(cls, vocab: s.Vocabulary) -> Self:
        """The words of a declared vocabulary, its sentinels counted down from the highest id."""
        roles = ("pad", "bos", "eos", "start", "unk", "cls", "sep", "mask")
        ids = {role: value for role in roles if (value := getattr(vocab, role)) is not None}
        return cls(vocab.size, ids, tuple(range(vocab.size - 1, vocab.size - 1 - vocab.sentinels, -1)))

    def id(self, *roles: str) -> int:
        """The id of the first of these roles that a token plays.

        Raises:
            SpecError: when none does.
        """
        for role in roles:
            if role in self.ids:
                return self.ids[role]
        raise s.SpecError(f"the vocabulary has no {' or '.join(roles)}; it has {', '.join(self.ids) or 'no roles'}")

    @cached_property
    def special(self) -> frozenset[int]:
        """Ids that stand for no text."""
        return frozenset(self.ids.values()) | frozenset(self.sentinels)

    @cached_property
    def is_text(self) -> NDArray[np.bool_]:
        """Whether each id stands for text, [size]."""
        return ~np.isin(np.arange(self.size), list(self.special))

    @cached_property
    def ordinary(self) -> Ids:
        """Ids that stand for text, in order."""
        return np.flatnonzero(self.is_text)


@dataclass(frozen=True)
class Setting:
    """What an objective is told: the model, the length of its sequences, and the words of its texts."""

    model: s.Model
    length: int = 0  # tokens of a sequence, or steps of a trajectory
    words: Words | None = None

    @property
    def text(self) -> Words:
        """The words.

        Raises:
            SpecError: when the run has no tokenizer.
        """
        if self.words is None:
            raise s.SpecError("this objective reads text, and no tokenizer was given")
        return self.words


@dataclass(frozen=True)
class Batch:
    """What a step learns from.

    Attributes:
        inputs: what the model is called with, by its arguments' names.
        targets: what it has to give, and where.
        weights: for each part of the loss, how many targets its sum is divided by.
        tokens: positions that are computed.
        in_place: whether a token is predicted from its own place, and not from the one before.
    """

    inputs: dict[str, Tensor]
    targets: dict[str, Tensor]
    weights: dict[str, int]
    tokens: int
    in_place: bool = False

    def to(self, device: torch.device | str) -> Self:
        """The same batch on a device."""
        inputs, targets = (
            {name: value.to(device, non_blocking=True) for name, value in each.items()}
            for each in (self.inputs, self.targets)
        )
        return replace(self, inputs=inputs, targets=targets)


class Part(NamedTuple):
    """A sum over targets, and how many they are."""

    sum: Tensor
    weight: int


@dataclass(frozen=True)
class Loss:
    """The parts of a loss, each a sum over its own targets; the loss is the sum of their means.

    Sums, not means, so that several batches give together what one large batch gives.

    Attributes:
        parts: what is learned.
        measures: what is only looked at (shares that are right, losses without smoothing).
    """

    parts: dict[str, Part]
    measures: dict[str, Part] = field(default_factory=dict)

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


@singledispatch
def prepare(objective: s.Objective, examples: Sequence[Any], random: Sequence[Random], setting: Setting) -> Batch:
    """The batch of some examples. Pure: the same examples and randomness give the same batch.

    Args:
        examples: what ``needs`` names, one a row.
        random: one generator an example, seeded by run, epoch and the example's number, so that a row is the same in
            whatever batch, order and process it stands.
        setting: the model, length and words.

    Raises:
        SpecError: when nothing prepares this type of objective, or the vocabulary lacks a role.
    """
    raise s.SpecError(f"nothing prepares {type(objective).__name__}")


def runs(objective: s.Objective) -> bool:
    """Whether this type of objective can be trained yet; one that only a recipe speaks of cannot."""
    return prepare.dispatch(type(objective)) is not prepare.dispatch(s.Objective)


@singledispatch
def loss(objective: s.Objective, model: Any, batch: Batch) -> Loss:
    """The loss of a model on a batch; the model is what ``clados.build`` gives.

    Raises:
        SpecError: when nothing computes this type of objective.
    """
    raise s.SpecError(f"nothing computes the loss of {type(objective).__name__}")


@singledispatch
def measured(objective: s.Objective) -> s.Objective:
    """What is measured on held-out data when this is learned: the same, but without what only helps to learn."""
    return objective


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
