"""Two texts: what an encoder reads, and what a decoder writes."""

from collections.abc import Sequence
from typing import NamedTuple

import torch

from clados.objectives.base import Batch, Ids, Setting, padded, with_mask


class SourceTarget(NamedTuple):
    """What the encoder reads and what the decoder has to write, both whole."""

    source: Ids
    target: Ids


def sides(rows: Sequence[SourceTarget], setting: Setting, starts: Sequence[int] | None = None) -> Batch:
    """The decoder sees its start token and the target so far; padding is neither read nor predicted.

    Args:
        starts: the start token of each row; the model's own where it is not given.
    """
    words, start = setting.text, setting.model.written_vocab.start
    pad = words.ids.get("pad", 0)
    begun = [words.id("pad", "bos") if start is None else start] * len(rows) if starts is None else list(starts)
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
