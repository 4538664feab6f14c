"""Objectives on one text: the next token, masked tokens."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from clados import spec as s
from clados.data.packing import Couple, Packed
from clados.objectives.base import (
    Batch,
    Ids,
    Loss,
    Part,
    Random,
    Setting,
    Words,
    loss,
    measured,
    padded,
    prepare,
    with_mask,
)


@prepare.register
def next_token(objective: s.NextToken, examples: Sequence[Packed], random: Sequence[Random], setting: Setting) -> Batch:
    """Each token but the last is seen, each but the first is to be predicted (Radford et al. 2018, eq. 1)."""
    if isinstance(setting.model, s.EncoderDecoder):
        raise s.SpecError("NextToken continues one text, but the model is an EncoderDecoder, which reads two")
    ids, keep = padded([each.ids for each in examples], 0, 2)  # a single token is read, though nothing follows
    labels = ids[:, 1:].flatten()
    targets = {"labels": labels}
    if keep is not None:  # what is predicted at padding, on the right, is never read
        targets["at"] = keep[:, 1:].flatten().nonzero()[:, 0]
        targets["labels"] = labels[targets["at"]]
    seen = ids[:, :-1].contiguous()
    return Batch({"input_ids": seen}, targets, {"lm": len(targets["labels"])}, seen.numel())


@loss.register
def _(objective: s.NextToken, model: Any, batch: Batch) -> Loss:
    return Loss({"lm": words_at(model, model.states(**batch.inputs), batch, z=objective.z)})


def words_at(model: Any, states: Tensor, batch: Batch, smoothing: float = 0.0, z: float = 0.0) -> Part:
    """-log p of the labels, plus z log^2 Z, summed; read only at the positions that have one.

    Args:
        states: [batch, length, d_model]; ``targets["at"]`` are places in its first two axes taken together, and
            ``targets["among"]`` the words to which p is confined.
    """
    x = states.flatten(0, 1)
    if "at" in batch.targets:
        x = x[batch.targets["at"]]
    labels, among = batch.targets["labels"], batch.targets.get("among")
    found = model.heads["lm"].nll(x, labels, model.written_inputs, smoothing, among, z)
    return Part(found, batch.weights["lm"])


# ---------------------------------------------------------------- masked tokens


def hide(objective: s.MaskedTokens, ids: Ids, words: Words, random: Random) -> tuple[Ids, Ids]:
    """A sequence with some of its tokens hidden, and the places of the chosen ones, in order.

    ``rate`` of the sequence's tokens are chosen, at least one, never a special one; of these most become the mask,
    some another word drawn evenly from those that are not special, and the rest stays (Devlin et al. 2019, A.1).
    """
    candidates = np.flatnonzero(words.is_text[ids])
    number = min(len(candidates), max(1, round(objective.rate * len(ids))))
    chosen = np.sort(random.permutation(candidates)[:number])
    lot = random.random(number)
    seen = ids.copy()
    seen[chosen[lot < objective.masked]] = words.id("mask")
    swapped = chosen[(lot >= objective.masked) & (lot < objective.masked + objective.replaced)]
    seen[swapped] = words.ordinary[random.integers(len(words.ordinary), size=len(swapped))]
    return seen, chosen


def framed(example: Packed | Couple, words: Words) -> tuple[Ids, Ids]:
    """The whole sequence with its marks, [CLS] A [SEP] or [CLS] A [SEP] B [SEP], and each token's segment."""
    first, last = words.id("cls", "bos"), words.id("sep", "eos")
    if isinstance(example, Packed):
        ids = np.concatenate([[first], example.ids, [last]])
        return ids, np.zeros_like(ids)
    ids = np.concatenate([[first], example.first, [last], example.second, [last]])
    return ids, (np.arange(len(ids)) >= len(example.first) + 2).astype(np.int64)


@prepare.register
def masked_tokens(
    objective: s.MaskedTokens, examples: Sequence[Packed | Couple], random: Sequence[Random], setting: Setting
) -> Batch:
    """Sequences with some tokens hidden; for pairs also whether the second segment follows the first."""
    words, rows, segments, labels, places = setting.text, [], [], [], []
    if isinstance(examples[0], Couple) and not any(isinstance(each, s.NextSentence) for each in s.parts(setting.model)):
        raise s.SpecError(
            "SentencePairs() needs a head that says whether they follow, and the model has no NextSentence()"
        )
    for example, draw in zip(examples, random):
        ids, types = framed(example, words)
        seen, chosen = hide(objective, ids, words, draw)
        rows.append(seen)
        segments.append(types)
        labels.append(ids[chosen])
        places.append(chosen)
    ids_, keep = padded(rows, words.ids.get("pad", 0))
    at = np.concatenate([row * ids_.size(1) + chosen for row, chosen in enumerate(places)])
    targets = {"labels": torch.from_numpy(np.concatenate(labels)), "at": torch.from_numpy(at)}
    inputs, weights = {"input_ids": ids_, **with_mask(keep)}, {"lm": len(at)}
    if isinstance(examples[0], Couple):
        inputs["token_type_ids"] = padded(segments, 0)[0]
        targets["next_sentence_label"] = torch.tensor([int(not each.follows) for each in examples])  # type: ignore[union-attr]
        weights["nsp"] = len(examples)
    return Batch(inputs, targets, weights, sum(map(len, rows)), in_place=True)


@loss.register
def _(objective: s.MaskedTokens, model: Any, batch: Batch) -> Loss:
    states = model.states(**batch.inputs)
    parts = {"lm": words_at(model, states, batch)}
    if "nsp" not in batch.weights:
        return Loss(parts)
    pooled = model.heads["pooler"](states, model.inputs, {})
    scores = model.heads["nsp"](states, model.inputs, {"pooler_output": pooled}).float()
    label = batch.targets["next_sentence_label"]
    parts["nsp"] = Part(cross_entropy(scores, label, reduction="sum"), len(label))
    return Loss(parts, {"nsp_accuracy": Part((scores.argmax(-1) == label).sum(), len(label))})


@measured.register
def _(objective: s.MaskedTokens) -> s.MaskedTokens:
    """Every chosen token hidden: one that stays in its place is read off, which tells nothing of what was learned."""
    return objective.but(masked=1.0, replaced=0.0)
