"""The second part of a text, given the first (Raffel et al. 2020, §3.2.1; Lester et al. 2021, §3.1)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from clados import spec as s
from clados.apply.ready import Ready
from clados.data import packing
from clados.data.packing import Packed
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Ids, Loss, Random, Setting
from clados.objectives.measures import Measure, Sample, share
from clados.objectives.sides import WRITERS, Answered, answered
from clados.objectives.tasks import Small, Source, SourceConfig
from clados.objectives.text import TextTask, beside_bigram, first_guesses, lm_loss, packed_texts, stream


class PrefixLMTask(TextTask[s.PrefixLM, Packed], objective=s.PrefixLM):
    """Texts cut in two at a random place: 1 to all but one of the tokens are read, each number as likely.

    (``random_prefix_noise_mask`` of google-research/text-to-text-transfer-transformer.) A model of one stack reads
    both parts as one text, and only the second counts.
    """

    writes = WRITERS
    small = Small(params="600K", vocab=512, steps=500, length=64, batch=16, lr=3e-2)

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        return packing.TokenBlocks(stream(examples, config), config.length)

    def row(self, texts: Sequence[Ids]) -> Packed:
        return packed_texts(texts)

    def prepare(self, rows: Sequence[Packed], random: Sequence[Random], setting: Setting) -> Batch:
        return answered([_cut(row.ids, draw) for row, draw in zip(rows, random)], setting)

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        return Loss({"lm": lm_loss(model, model.states(**batch.inputs), batch)})

    def compared(self, ends: Sequence[float], baseline: Mapping[str, float]) -> str:
        return f"{super().compared(ends, baseline)}, {beside_bigram(ends, baseline)}"

    def measure(self, ready: Ready, sample: Sample) -> Measure:
        """The share of tokens that the first guess hits, against the most frequent token."""
        return share("next token@1", "the most frequent token", *first_guesses(self, ready, sample))


def _cut(ids: Ids, random: Random) -> Answered:
    read = int(random.integers(min(1, len(ids) - 1), len(ids)))
    return Answered(ids, np.arange(len(ids)) >= read)
