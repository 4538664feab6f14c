"""Models that are writing: what they have been given, and what they remember."""

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from clados import spec as s
from clados.errors import InputError
from clados.nn.core.context import Cache
from clados.nn.kinds.model import WholeModel
from clados.nn.positions.blanks import blank_positions


class Writer(Protocol):
    """A model in generation, with its inputs and its cache."""

    model: WholeModel
    ids: Tensor  # [batch, length]: the texts so far, at the start

    def read(self, ids: Tensor, last: int = 1) -> Tensor:
        """Process [rows, length] ids; the scores of what follows the last ones, [rows, last, vocabulary]."""
        ...

    def reorder(self, rows: Tensor) -> None:
        """Keep these rows of the cache, in this order; rows of one text stay adjacent."""
        ...


class Continuing:
    """A decoder: it has the prompt before it, padded on the left."""

    @staticmethod
    def room(model: WholeModel, input_ids: Tensor, blanks: Sequence[int] = ()) -> int | None:
        """Tokens that may still be generated; None: no limit."""
        return None if model.max_positions is None else model.max_positions - input_ids.size(1)

    def __init__(
        self,
        model: WholeModel,
        input_ids: Tensor,
        attention_mask: Tensor | None,
        new: int,
        start: int | None = None,
        blanks: Sequence[int] = (),
    ) -> None:
        self.model, self.ids = model, input_ids
        batch, length = input_ids.shape
        room = length + new
        self.cache: Cache = model.cache(batch, room)
        self.keep: Tensor | None = None
        if attention_mask is not None and not bool(attention_mask.all()):
            if not bool(attention_mask[:, -1].all()):
                raise InputError("attention_mask ends in padding; the texts of a decoder are padded on the left")
            self.keep = torch.cat([attention_mask.bool(), torch.ones_like(input_ids[:, :1].expand(-1, new)).bool()], 1)
        self.positions = self.places(room)
        _fits(model.max_positions, "prompt and max_new_tokens", int(self.positions.max()) + 1)

    def places(self, room: int) -> Tensor:
        """Where the prompt and what follows stand, [batch or 1, room]."""
        if self.keep is None:
            return torch.arange(room, device=self.ids.device)[None]
        return (self.keep.cumsum(1) - 1).clamp(min=0)

    def read(self, ids: Tensor, last: int = 1) -> Tensor:
        past, length = self.cache.used, ids.size(1)
        keep = None if self.keep is None else self.keep[:, : past + length]
        positions = self.positions.narrow(1, past, length)
        out = self.model(ids, position_ids=positions, attention_mask=keep, cache=self.cache, logits_to_keep=last)
        words = self.model.spec.vocab.size  # bins of numbers have rows behind
        scores: Tensor = out.logits[:, -last:, :words]
        return scores

    def reorder(self, rows: Tensor) -> None:
        self.cache.reorder(rows)
        self.keep = None if self.keep is None else self.keep[rows]
        if self.positions.size(0) > 1:
            self.positions = self.positions[rows]


class Infilling(Continuing):
    """A decoder that reads both ways: it writes at the prompt's last blank, or behind it, after its start token."""

    @staticmethod
    def room(model: WholeModel, input_ids: Tensor, blanks: Sequence[int] = ()) -> int | None:
        """Tokens that may still be written: a blank's need no places behind the prompt; row 0 is of what is read."""
        marks = torch.tensor(Infilling.marks(model, blanks), device=input_ids.device)
        blank = bool(torch.isin(input_ids, marks).any(1).all())
        taken = (1 if blank else input_ids.size(1)) + (model.spec.vocab.start is not None)
        return None if model.max_positions is None else model.max_positions - taken

    def __init__(
        self,
        model: WholeModel,
        input_ids: Tensor,
        attention_mask: Tensor | None,
        new: int,
        start: int | None = None,
        blanks: Sequence[int] = (),
    ) -> None:
        vocab: s.Vocabulary = model.spec.vocab
        self.blanks = self.marks(model, blanks)
        starts = () if vocab.start is None else (vocab.start,)
        keep = torch.ones_like(input_ids) if attention_mask is None else attention_mask
        begun = input_ids.new_tensor(starts).expand(input_ids.size(0), -1)
        self.prompt, self.there = input_ids, keep.bool()
        super().__init__(model, torch.cat([input_ids, begun], 1), torch.cat([keep, keep.new_ones(begun.shape)], 1), new)

    def places(self, room: int) -> Tensor:
        """Pairs of a place in the text and one in the blank, [batch, room, 2]."""
        return blank_positions(self.prompt, self.there, self.blanks, room - self.prompt.size(1))

    @staticmethod
    def marks(model: WholeModel, blanks: Sequence[int]) -> tuple[int, ...]:
        """The ids of blanks at whose place is written: the vocabulary's mask, and others."""
        mask = model.spec.vocab.mask
        return (*(() if mask is None else (mask,)), *blanks)


class Answering:
    """The decoder of an encoder-decoder: it sees all of the source, and starts with its start token."""

    @staticmethod
    def room(model: WholeModel, input_ids: Tensor, blanks: Sequence[int] = ()) -> int | None:
        """Tokens that may still be written: of the target's positions the start takes one."""
        return None if model.max_target_positions is None else model.max_target_positions - 1

    def __init__(
        self,
        model: WholeModel,
        input_ids: Tensor,
        attention_mask: Tensor | None,
        new: int,
        start: int | None = None,
        blanks: Sequence[int] = (),
    ) -> None:
        self.model = model
        start = model.spec.written_vocab.start if start is None else start
        if start is None:
            raise InputError("the vocabulary names no start; an encoder-decoder needs one to write from")
        batch = input_ids.size(0)
        _fits(model.max_target_positions, "the start and max_new_tokens", new + 1)
        self.ids = input_ids.new_full((batch, 1), start)
        self.memory = model.encode(input_ids, attention_mask)
        self.seen = None if attention_mask is None or bool(attention_mask.all()) else attention_mask
        self.cache: Cache = model.cache(batch, new + 1)

    def read(self, ids: Tensor, last: int = 1) -> Tensor:
        out = self.model(
            decoder_input_ids=ids,
            encoder_outputs=self.memory,
            attention_mask=self.seen,
            cache=self.cache,
            logits_to_keep=last,
        )
        scores: Tensor = out.logits[:, -last:]
        return scores

    def reorder(self, rows: Tensor) -> None:
        self.cache.reorder(rows)


def writer_of(
    model: WholeModel,
    input_ids: Tensor,
    attention_mask: Tensor | None,
    new: int,
    start: int | None = None,
    blanks: Sequence[int] = (),
) -> Writer:
    """What writes with this model, at most ``new`` tokens.

    Args:
        start: what an encoder-decoder's answer starts with; None means that of the vocabulary.
        blanks: further ids of what an infilling decoder writes at, beside the vocabulary's mask.

    Raises:
        InputError: for a model that does not write, or texts longer than its positions.
    """
    return _kind(model)(model, input_ids, attention_mask, new, start, blanks)


def repadded(model: WholeModel, input_ids: Tensor, attention_mask: Tensor | None) -> tuple[Tensor, Tensor | None]:
    """Ids and mask, [batch, length], with the padding where the model has it: of what is continued on the left.

    What an encoder reads is padded on the right, so that its positions are those of the text alone.
    """
    if attention_mask is None or bool(attention_mask.all()):
        return input_ids, None
    order = attention_mask.ne(0).int().argsort(dim=1, descending=_kind(model) is Answering, stable=True)
    return input_ids.gather(1, order), attention_mask.gather(1, order)


def room(model: WholeModel, input_ids: Tensor, blanks: Sequence[int] = ()) -> int | None:
    """How many tokens may be written after [batch, length] ids, or in answer to them; None for any number.

    Args:
        blanks: as ``writer_of``.

    Raises:
        InputError: for a model that does not write.
    """
    return _kind(model).room(model, input_ids, blanks)


def starts_with(model: WholeModel, input_ids: Tensor) -> int:
    """How many tokens stand before the new ones: those of a decoder's prompt, an encoder-decoder's start.

    Raises:
        InputError: for a model that does not write.
    """
    return 1 if _kind(model) is Answering else input_ids.size(1)


def _kind(model: WholeModel) -> type[Continuing | Answering]:
    part: s.Model = model.spec
    how = part.writes
    if how is None or not any(head.output == "logits" for head in part.own_heads):
        kind = type(part).__name__
        raise InputError(f"{kind} does not write text; gpt-2 and t5 do, and all like them that have an LM head")
    return _WRITERS[how]


_WRITERS: dict[str, type[Continuing | Answering]] = {
    "continues": Continuing,
    "infills": Infilling,
    "answers": Answering,
}


def _fits(learned: int | None, what: str, length: int) -> None:
    if learned is not None and length > learned:
        raise InputError(f"{what} make {length} positions; this model has learned {learned}")
