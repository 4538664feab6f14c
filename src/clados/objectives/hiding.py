"""Tokens hidden in their places, and questions about pairs of segments: BERT and its children."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from clados.data.packing import Couple, Packed
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Ids, LossTerm, Random, VocabIds, padded, with_mask


class MaskingRates(Protocol):
    """How often a chosen token becomes the mask, and how often a random other token."""

    @property
    def masked(self) -> float: ...
    @property
    def replaced(self) -> float: ...


def random_places(rate: float, ids: Ids, vocab_ids: VocabIds, random: Random) -> Ids:
    """Random places in a sequence, this share of its tokens, at least one; in order, and never special tokens."""
    candidates = np.flatnonzero(vocab_ids.is_text[ids])
    number = min(len(candidates), max(1, round(rate * len(ids))))
    return np.sort(random.permutation(candidates)[:number])


def mask_or_replace(objective: MaskingRates, ids: Ids, chosen: Ids, vocab_ids: VocabIds, random: Random) -> Ids:
    """A sequence whose chosen tokens are each masked, replaced by a random token or kept, [length]."""
    lot = random.random(len(chosen))
    seen = ids.copy()
    seen[chosen[lot < objective.masked]] = vocab_ids.id("mask")
    swapped = chosen[(lot >= objective.masked) & (lot < objective.masked + objective.replaced)]
    seen[swapped] = vocab_ids.ordinary[random.integers(len(vocab_ids.ordinary), size=len(swapped))]
    return seen


class Hidden(NamedTuple):
    """A sequence, the segment of each token, the sequence as it is seen, and the places that are to be predicted."""

    ids: Ids
    segments: Ids
    seen: Ids
    chosen: Ids


def masked_batch(rows: Sequence[Hidden], vocab_ids: VocabIds, *, segments: bool) -> Batch:
    """The batch of sequences whose chosen tokens are predicted from their own places; with their ``segments``."""
    ids, keep = padded([each.seen for each in rows], vocab_ids.ids.get("pad", 0))
    at = np.concatenate([number * ids.size(1) + each.chosen for number, each in enumerate(rows)])
    labels = np.concatenate([each.ids[each.chosen] for each in rows])
    inputs = {"input_ids": ids, **with_mask(keep)}
    if segments:
        inputs["token_type_ids"] = padded([each.segments for each in rows], 0)[0]
    targets = {"labels": torch.from_numpy(labels), "at": torch.from_numpy(at)}
    return Batch(inputs, targets, {"lm": len(at)}, sum(len(each.ids) for each in rows), in_place=True)


def with_pair_label(batch: Batch, term: str, name: str, label: Tensor) -> Batch:
    """The batch with a label for each pair, [batch], which the head of two classes has to give."""
    weights = {**batch.weights, term: len(label)}
    return replace(batch, targets={**batch.targets, name: label}, weights=weights)


def pair_loss(model: WholeModel, states: Tensor, slot: str, label: Tensor) -> tuple[LossTerm, LossTerm]:
    """The loss of the pairs' labels, and how many of them are predicted right."""
    pooled = model.heads["pooler"](states, model.inputs, {})
    scores = model.heads[slot](states, model.inputs, {"pooler_output": pooled}).float()
    right = LossTerm((scores.argmax(-1) == label).sum(), len(label))
    return LossTerm(cross_entropy(scores, label, reduction="sum"), len(label)), right


def with_special_tokens(row: Packed | Couple, vocab_ids: VocabIds) -> tuple[Ids, Ids]:
    """The whole sequence with its special tokens, [CLS] A [SEP] or [CLS] A [SEP] B [SEP], and each token's segment."""
    first, last = vocab_ids.id("cls", "bos"), vocab_ids.id("sep", "eos")
    if isinstance(row, Packed):
        ids = np.concatenate([[first], row.ids, [last]])
        return ids, np.zeros_like(ids)
    ids = np.concatenate([[first], row.first, [last], row.second, [last]])
    return ids, (np.arange(len(ids)) >= len(row.first) + 2).astype(np.int64)
