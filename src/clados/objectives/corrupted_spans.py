"""Spans of a text replaced by sentinels, and spelt out by the decoder (Raffel et al. 2020, §3.1.4, figure 2)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from clados import spec as s
from clados.apply.fill import restored, written_spans
from clados.apply.ready import Ready
from clados.data import packing
from clados.data.packing import Packed
from clados.errors import InputError
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Ids, Loss, Random, Setting, VocabIds
from clados.objectives.measures import Measure, Sample, share
from clados.objectives.sides import SourceTarget, by_row, sides
from clados.objectives.tasks import Small, Source, SourceConfig
from clados.objectives.text import TextTask, lm_loss, packed_texts, stream


class CorruptedSpansTask(TextTask[s.CorruptedSpans, Packed], objective=s.CorruptedSpans):
    """Texts with spans removed, and the spans."""

    writes = ("answers",)
    # on rows of 32 tokens it learns to restore, on half as many of 64 hardly more than frequencies
    small = Small(params="600K", vocab=512, steps=700, length=32, batch=32, lr=3e-2, dropout=0.0)
    mixture = Small(params="1050K", vocab=512, steps=700, length=32, batch=32, lr=3e-2, dropout=0.0)

    def refusal(self, model: s.Model) -> str:
        lacking = "CorruptedSpans needs sentinels in the vocabulary, which has none"
        return super().refusal(model) or ("" if model.vocab.sentinels else lacking)

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        return packing.TokenBlocks(stream(examples, config), uncorrupted_length(self.objective, config.length))

    def row(self, texts: Sequence[Ids]) -> Packed:
        return packed_texts(texts)

    def prepare(self, rows: Sequence[Packed], random: Sequence[Random], setting: Setting) -> Batch:
        vocab_ids = setting.required_vocab_ids
        return sides([corrupt(self.objective, each.ids, vocab_ids, draw) for each, draw in zip(rows, random)], setting)

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        return Loss({"lm": lm_loss(model, model.states(**batch.inputs), batch)})

    def measure(self, ready: Ready, sample: Sample) -> Measure:
        """The share of removed spans whose first token is restored, against the most frequent of these."""
        tokenizer = ready.required_tokenizer
        guesses, labels = [], []
        for batch in self.batches(ready, sample):
            ids = batch.inputs["input_ids"]
            keep = batch.inputs.get("attention_mask", torch.ones_like(ids).bool())
            rows = [row[kept].tolist() for row, kept in zip(ids, keep)]
            for row, target, found in zip(rows, by_row(batch), restored(ready, rows)):
                places = written_spans(tokenizer, target)
                for token, (guess, _) in zip((token for token in row if token in tokenizer.sentinels), found):
                    labels.append(target[places[token][0]])
                    guesses.append(guess[0])
        return share("fill@1", "the most frequent first token", guesses, labels)


def noise(objective: s.CorruptedSpans, length: int, random: Random) -> NDArray[np.bool_]:
    """Which of ``length`` tokens are removed, [length]: spans kept and removed in turn, a kept one first.

    Both the removed and the kept tokens are cut into as many spans at random places, every cut equally likely
    (``random_spans_noise_mask`` of google-research/text-to-text-transfer-transformer).
    """
    if length < 2:
        return np.zeros(length, bool)
    removed, number = noise_sizes(length, objective.rate, objective.mean)
    return alternating(segments(length - removed, number, random), segments(removed, number, random))


def noise_sizes(length: int, rate: float, mean: float) -> tuple[int, int]:
    """How many tokens are removed, in how many spans; at least one of each, and a kept token before every span.

    Halves go to the even number, in single precision as there: of 190 tokens 15 % are 29.
    """
    removed = min(max(round(float(np.float32(length) * np.float32(rate))), 1), length - 1)
    return removed, min(max(round(removed / mean), 1), length - removed)


def alternating(kept: Ids, removed: Ids) -> NDArray[np.bool_]:
    """Which tokens are removed, where segments of these lengths are kept and removed in turn."""
    return np.repeat(np.arange(2 * len(kept)) % 2 == 1, np.stack([kept, removed], 1).ravel())


def segments(items: int, number: int, random: Random) -> NDArray[np.int64]:
    """Lengths of so many non-empty segments, [segments]."""
    cuts = np.sort(random.choice(items - 1, number - 1, replace=False)) + 1 if number > 1 else np.array([], int)
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
    removed, spans = noise_sizes(whole, objective.rate, objective.mean)
    return whole - removed + spans + 1, removed + spans + 1


def corrupt(objective: s.CorruptedSpans, ids: Ids, vocab_ids: VocabIds, random: Random) -> SourceTarget:
    """A text with each removed span replaced by a sentinel of its own, and the spans, each after its sentinel.

    Raises:
        InputError: when there are more spans than sentinels.
    """
    return taken_out(ids, noise(objective, len(ids), random), vocab_ids)


def taken_out(ids: Ids, removed: NDArray[np.bool_], vocab_ids: VocabIds) -> SourceTarget:
    """A text with each removed span replaced by a sentinel of its own, and the spans, each after its sentinel."""
    return SourceTarget(_marked(ids, removed, vocab_ids), _marked(ids, ~removed, vocab_ids))


def _marked(ids: Ids, gone: NDArray[np.bool_], vocab_ids: VocabIds) -> Ids:
    """The ids with each run of ``gone`` replaced by the next sentinel; the end token after them."""
    first = gone & ~np.concatenate([[False], gone[:-1]])
    number = int(first.sum())
    if number > len(vocab_ids.sentinels):
        raise InputError(f"{number} spans are removed, but the vocabulary has {len(vocab_ids.sentinels)} sentinels")
    marked = ids.copy()
    marked[first] = vocab_ids.sentinels[:number]
    return np.concatenate([marked[first | ~gone], [vocab_ids.id("eos")]])
