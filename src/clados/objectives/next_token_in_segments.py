"""The next token of a text that is read segment after segment, with a memory (Dai et al. 2019, §3.2)."""

from collections.abc import Mapping, Sequence
from typing import Any

from clados import spec as s
from clados.apply.ready import Ready
from clados.data import packing
from clados.data.packing import Packed
from clados.errors import InputError
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Ids, Loss, Random, Setting
from clados.objectives.measures import Measure, Sample, share
from clados.objectives.tasks import Small, Source, SourceConfig
from clados.objectives.text import (
    TextTask,
    beside_bigram,
    first_guesses,
    last_states,
    lm_loss,
    next_tokens,
    packed_texts,
    stream,
)


class NextTokenInSegmentsTask(TextTask[s.NextTokenInSegments, Packed], objective=s.NextTokenInSegments):
    """Segments of all documents on end; each row goes on where it ended, and sees the memory of what it has read."""

    remembers = True
    writes = ("continues",)
    small = Small(params="600K", vocab=1024, steps=400, length=32, batch=16, dropout=0.0)

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        """Each segment with the first token of the next, which its last one predicts."""
        separator = config.separator("eos", "bos", "sep")
        return packing.TokenBlocks(stream(examples, config), config.length, separator, ahead=1)

    def row(self, texts: Sequence[Ids]) -> Packed:
        return packed_texts(texts)

    def prepare(self, rows: Sequence[Packed], random: Sequence[Random], setting: Setting) -> Batch:
        """Each token but the last is seen, each but the first is to be predicted."""
        if refusal := self.refusal(setting.model):
            raise InputError(refusal)
        return next_tokens(rows)

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        states, left = last_states(model, batch)
        return Loss({"lm": lm_loss(model, states, batch)}, memory=left)

    def compared(self, ends: Sequence[float], baseline: Mapping[str, float]) -> str:
        return f"{super().compared(ends, baseline)}, {beside_bigram(ends, baseline)}"

    def measure(self, ready: Ready, sample: Sample) -> Measure:
        """The share of tokens that the first guess hits, against the most frequent token."""
        return share("next token@1", "the most frequent token", *first_guesses(self, ready, sample))
