"""Two texts: what an encoder reads, and what a decoder writes; or one text, of which a part is to be written."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from clados.errors import InputError
from clados.objectives.base import Batch, Ids, Setting, padded, with_mask
from clados.spec.kinds.model import Writes

WRITERS: tuple[Writes, ...] = ("continues", "answers")  # who can learn to write a part of a text


class SourceTarget(NamedTuple):
    """What the encoder reads and what the decoder has to write, both whole."""

    source: Ids
    target: Ids


def sides(rows: Sequence[SourceTarget], setting: Setting, starts: Sequence[int] | None = None) -> Batch:
    """The decoder sees its start token and the target so far; padding is neither read nor predicted.

    Args:
        starts: the start token of each row; the model's own where it is not given.
    """
    vocab_ids, start = setting.required_vocab_ids, setting.model.written_vocab.start
    pad = vocab_ids.ids.get("pad", 0)
    begun = [vocab_ids.id("pad", "bos") if start is None else start] * len(rows) if starts is None else list(starts)
    source, keep = padded([row.source for row in rows], pad)
    labels, written = padded([row.target for row in rows], pad)
    shifted = torch.cat([torch.tensor(begun)[:, None], labels[:, :-1]], 1)
    targets = {"labels": labels.flatten()}
    if written is not None:  # right padding: what is seen there is never read
        targets["at"] = written.flatten().nonzero()[:, 0]
        targets["labels"] = targets["labels"][targets["at"]]
    inputs = {"input_ids": source, "decoder_input_ids": shifted, **with_mask(keep)}
    number = len(targets["labels"])
    return Batch(inputs, targets, {"lm": number}, sum(len(row.source) for row in rows) + number)


class Answered(NamedTuple):
    """A text, and which of its tokens are to be predicted: [length] each."""

    ids: Ids
    wanted: NDArray[np.bool_]


def answered(rows: Sequence[Answered], setting: Setting) -> Batch:
    """Texts of which a part is predicted, by a model of two stacks or of one.

    Of two, the encoder reads what stands before the last part that is wanted, and the decoder writes that part; the end
    token closes both. Of one, all is read, and what is not wanted has no label. The texts of a batch are computed
    packed, where that saves anything: each begins at position 0 and sees itself alone.

    Raises:
        InputError: the model does not write.
    """
    if setting.model.writes not in WRITERS:
        kind = type(setting.model).__name__
        raise InputError(f"a {kind} neither continues a text nor answers one: it cannot learn so")
    if setting.model.writes == "answers":
        return sides([_two(row, setting.required_vocab_ids.id("eos")) for row in rows], setting)
    ids, keep = padded([row.ids for row in rows], 0, 2)
    wanted, _ = padded([row.wanted.astype(np.int64) for row in rows], 0, 2)
    at = wanted[:, 1:].flatten().nonzero()[:, 0]
    seen, labels = ids[:, :-1].contiguous(), ids[:, 1:].flatten()[at]
    if keep is not None:
        keep = keep[:, 1:]  # the last token of each text is predicted, and not read
        keep[:, 0] = True
    tokens = seen.numel() if keep is None else int(keep.sum())
    return Batch({"input_ids": seen, **with_mask(keep)}, {"labels": labels, "at": at}, {"lm": len(labels)}, tokens)


def _two(row: Answered, eos: int) -> SourceTarget:
    others = np.flatnonzero(~row.wanted)
    cut = int(others[-1]) + 1 if len(others) else 0
    return SourceTarget(_ended(row.ids[:cut], eos), _ended(row.ids[cut:], eos))


def _ended(ids: Ids, eos: int) -> Ids:
    return ids if len(ids) and ids[-1] == eos else np.concatenate([ids, [eos]])


def by_row(batch: Batch) -> list[list[int]]:
    """What the decoder has to write, a row an example; what is padding is left at -1."""
    shape = batch.inputs["decoder_input_ids"].shape
    flat = torch.full((shape.numel(),), -1, device=batch.targets["labels"].device)
    flat[batch.targets.get("at", slice(None))] = batch.targets["labels"]
    return [[token for token in row if token >= 0] for row in flat.view(shape).tolist()]
