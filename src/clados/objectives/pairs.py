"""Objectives from text to text: corrupted spans, translation."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from clados import spec as s
from clados.data.packing import Packed
from clados.objectives.base import (
    Batch,
    Ids,
    Loss,
    Random,
    Setting,
    Words,
    loss,
    measured,
    padded,
    prepare,
    with_mask,
)
from clados.objectives.text import words_at


class Sides(NamedTuple):
    """What the encoder reads and what the decoder has to write, both whole."""

    source: Ids
    target: Ids


def sides(rows: Sequence[Sides], words: Words) -> Batch:
    """The decoder sees its start token and the target so far; padding is neither read nor predicted."""
    pad, start = words.ids.get("pad", 0), words.id("start", "pad", "bos")
    source, keep = padded([row.source for row in rows], pad)
    labels, written = padded([row.target for row in rows], pad)
    shifted = torch.cat([labels.new_full((len(rows), 1), start), labels[:, :-1]], 1)
    targets = {"labels": labels.flatten()}
    if written is not None:  # right padding: what is seen there is never read
        targets["at"] = written.flatten().nonzero()[:, 0]
        targets["labels"] = targets["labels"][targets["at"]]
    inputs = {"input_ids": source, "decoder_input_ids": shifted, **with_mask(keep)}
    number = len(targets["labels"])
    return Batch(inputs, targets, {"lm": number}, sum(len(row.source) for row in rows) + number)


# ---------------------------------------------------------------- corrupted spans


def noise(objective: s.CorruptedSpans, length: int, random: Random) -> NDArray[np.bool_]:
    """Which of ``length`` tokens are removed, [length]: spans kept and removed in turn, a kept one first.

    Both the removed and the kept tokens are cut into as many spans at random places, every cut equally likely
    (``random_spans_noise_mask`` of google-research/text-to-text-transfer-transformer).
    """
    if length < 2:
        return np.zeros(length, bool)
    removed, spans = _noise(objective, length)
    lengths = np.stack([_segments(length - removed, spans, random), _segments(removed, spans, random)], 1)
    return np.repeat(np.arange(2 * spans) % 2 == 1, lengths.ravel())


def _noise(objective: s.CorruptedSpans, length: int) -> tuple[int, int]:
    """How many tokens are removed, in how many spans; at least one of each, and a kept token before every span."""
    removed = min(max(round(length * objective.rate), 1), length - 1)
    return removed, min(max(round(removed / objective.mean), 1), length - removed)


def _segments(items: int, segments: int, random: Random) -> NDArray[np.int64]:
    """Lengths of so many non-empty segments, [segments]."""
    cuts = np.sort(random.choice(items - 1, segments - 1, replace=False)) + 1 if segments > 1 else np.array([], int)
    return np.diff(np.concatenate([[0], cuts, [items]]))


def uncorrupted_length(objective: s.CorruptedSpans, length: int) -> int:
    """The longest text whose corrupted input, sentinels and end token included, fits into ``length``.

    (``random_spans_helper`` of the same repository: 568 tokens for 512, with a target of 114.)
    """
    whole = length
    while corrupted_lengths(objective, whole + 1)[0] <= length:
        whole += 1
    return whole


def corrupted_lengths(objective: s.CorruptedSpans, whole: int) -> tuple[int, int]:
    """Tokens of the input and of the target made from a text of ``whole`` tokens, end tokens included."""
    removed, spans = _noise(objective, whole)
    return whole - removed + spans + 1, removed + spans + 1


def corrupt(objective: s.CorruptedSpans, ids: Ids, words: Words, random: Random) -> Sides:
    """A text with each removed span replaced by a sentinel of its own, and the spans, each after its sentinel.

    Raises:
        SpecError: when there are more spans than sentinels.
    """
    removed = noise(objective, len(ids), random)
    return Sides(_marked(ids, removed, words), _marked(ids, ~removed, words))


def _marked(ids: Ids, gone: NDArray[np.bool_], words: Words) -> Ids:
    """The ids with each run of ``gone`` replaced by the next sentinel; the end token after them."""
    first = gone & ~np.concatenate([[False], gone[:-1]])
    number = int(first.sum())
    if number > len(words.sentinels):
        raise s.SpecError(f"{number} spans are removed, but the vocabulary has {len(words.sentinels)} sentinels")
    marked = ids.copy()
    marked[first] = words.sentinels[:number]
    return np.concatenate([marked[first | ~gone], [words.id("eos")]])


def restored(source: Ids, target: Ids, words: Words) -> Ids:
    """The text that a corrupted source and its target were made from."""
    spans: dict[int, list[int]] = {}
    current: list[int] = []
    for token in target.tolist():
        if token in words.sentinels:
            current = spans.setdefault(token, [])
        elif token != words.ids.get("eos"):
            current.append(token)
    whole = [spans.get(token, [token]) for token in source.tolist() if token != words.ids.get("eos")]
    return np.array([token for span in whole for token in span], np.int64)


@prepare.register
def corrupted_spans(
    objective: s.CorruptedSpans, examples: Sequence[Packed], random: Sequence[Random], setting: Setting
) -> Batch:
    """Texts with spans removed, and the spans."""
    words = setting.text
    return sides([corrupt(objective, each.ids, words, draw) for each, draw in zip(examples, random)], words)


@loss.register
def _(objective: s.CorruptedSpans, model: Any, batch: Batch) -> Loss:
    return Loss({"lm": words_at(model, written(model, batch), batch)})


def written(model: Any, batch: Batch) -> Tensor:
    """The decoder's states, [batch, length, d_model]."""
    states: Tensor = model.states(**batch.inputs)
    return states


# ---------------------------------------------------------------- translation


@prepare.register
def translation(
    objective: s.Translation, examples: Sequence[Sides], random: Sequence[Random], setting: Setting
) -> Batch:
    """Sources and targets, cut to the run's length; the end token closes both."""
    words, room = setting.text, (setting.length or math.inf) - 1
    end = [words.id("eos")]
    cut = [Sides(*(np.concatenate([side[: int(min(room, len(side)))], end]) for side in each)) for each in examples]
    return sides(cut, words)


@loss.register
def _(objective: s.Translation, model: Any, batch: Batch) -> Loss:
    """Smoothed as Szegedy et al. 2016 (§7), whom the paper follows: the label keeps 1 - e + e / V, the rest e / V."""
    return Loss({"lm": words_at(model, written(model, batch), batch, objective.smoothing)})


@measured.register
def _(objective: s.Translation) -> s.Objective:
    return objective.but(smoothing=0.0)
