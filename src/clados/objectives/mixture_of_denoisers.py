"""Spans of several kinds, the kind named before the text (Tay et al. 2022, §3.1)."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clados import spec as s
from clados.apply.ready import Ready
from clados.data import packing
from clados.data.packing import Packed
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Ids, Loss, Random, Setting, VocabIds
from clados.objectives.corrupted_spans import alternating, noise_sizes, segments, taken_out
from clados.objectives.measures import Measure, Sample, share
from clados.objectives.sides import SourceTarget, sides
from clados.objectives.tasks import Small, Source, SourceConfig
from clados.objectives.text import TextTask, first_guesses, lm_loss, packed_texts, stream


class MixtureOfDenoisersTask(TextTask[s.MixtureOfDenoisers, Packed], objective=s.MixtureOfDenoisers):
    """Texts with spans removed by a denoiser drawn for each, behind its mode, and the spans.

    All are one function of the paper (§3.1.1): the text's end too is a span with a sentinel. Its appendix cuts spans
    at random places, as T5, where §3.1.2 has them from a normal distribution; that is what is drawn here.
    """

    writes = ("answers",)
    small = Small(params="570K", vocab=512, steps=300, length=64, batch=16, lr=3e-2, dropout=0.0)
    longer = Small(params="1M", vocab=512, steps=400, length=64, batch=16, lr=3e-2, dropout=0.0)

    def marks(self, examples: Sequence[Any]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each.mode for each in self.objective.denoisers))

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        """Texts that fit whatever is removed: at most a sentinel for each token that is gone, a mode, the end token."""
        vocab_ids = VocabIds.of(config.required_tokenizer)
        mode = max(len(self._mode(each, vocab_ids)) for each in self.objective.denoisers)
        return packing.TokenBlocks(stream(examples, config), config.length - mode - 1)

    def row(self, texts: Sequence[Ids]) -> Packed:
        return packed_texts(texts)

    def prepare(self, rows: Sequence[Packed], random: Sequence[Random], setting: Setting) -> Batch:
        return sides(
            [self._corrupted(row.ids, setting.required_vocab_ids, draw) for row, draw in zip(rows, random)], setting
        )

    def _corrupted(self, ids: Ids, vocab_ids: VocabIds, random: Random) -> SourceTarget:
        chosen = self.objective.denoisers[random.integers(len(self.objective.denoisers))]
        found = taken_out(ids, self.removed(chosen, len(ids), random), vocab_ids)
        return found._replace(source=np.concatenate([self._mode(chosen, vocab_ids), found.source]))

    def _mode(self, denoiser: s.Denoiser, vocab_ids: VocabIds) -> Sequence[int]:
        """The mark of a denoiser's mode, spelt where the vocabulary has none."""
        return (
            (vocab_ids.marks[denoiser.mode],) if denoiser.mode in vocab_ids.marks else vocab_ids.written(denoiser.mode)
        )

    def removed(self, denoiser: s.Denoiser, length: int, random: Random) -> NDArray[np.bool_]:
        """Which of ``length`` tokens are removed, [length]; the first never is."""
        if length < 2:
            return np.zeros(length, bool)
        if denoiser.mean is None:
            most = min(max(round(2 * denoiser.rate * length) - 1, 1), length - 1)
            return np.arange(length) >= length - random.integers(1, most + 1)
        gone, number = noise_sizes(length, denoiser.rate, denoiser.mean)
        sizes = np.maximum(random.normal(1.0, self.objective.spread, number), 0.0)
        shares = np.cumsum(sizes) / max(sizes.sum(), 1e-9)
        ends = np.round(shares * (gone - number)).astype(np.int64)  # beyond the one token that each has
        ends[-1] = gone - number
        return alternating(segments(length - gone, number, random), np.diff(ends, prepend=0) + 1)

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        return Loss({"lm": lm_loss(model, model.states(**batch.inputs), batch)})

    def measure(self, ready: Ready, sample: Sample) -> Measure:
        """The share of removed tokens that the first guess restores, against the most frequent one.

        First tokens of spans alone, as T5's measure, say little where half of a text is gone.
        """
        return share("restored@1", "the most frequent token", *first_guesses(self, ready, sample))

    def batches(self, ready: Ready, sample: Sample) -> Iterator[Batch]:
        """The batches of a sample's rows; to be predicted is text alone."""
        vocab_ids = VocabIds.of(ready.required_tokenizer)
        return (self.text_only(batch, Setting(ready.spec, 0, vocab_ids)) for batch in super().batches(ready, sample))
