"""The next token of one text (Radford et al. 2018, eq. 1)."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from clados import spec as s
from clados.apply.ready import Ready
from clados.data import packing
from clados.data.packing import Packed
from clados.errors import InputError
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Ids, Loss, Random, Setting
from clados.objectives.measures import Measure, Sample, share
from clados.objectives.tasks import Small, Source, SourceConfig
from clados.objectives.text import TextTask, beside_bigram, first_guesses, lm_loss, next_tokens, packed_texts, stream


class NextTokenTask(TextTask[s.NextToken, Packed], objective=s.NextToken):
    """Documents one after the other, cut into blocks; each token is predicted from those before it."""

    writes = ("continues",)
    small = Small(steps=160, length=64, batch=16)
    longer: ClassVar[Small | None] = Small(steps=600, length=64, batch=16, dropout=0.0)  # GPT-2 gets below the bigram

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        """One token more than the length: each is seen or predicted, all but two of them both."""
        return packing.TokenBlocks(stream(examples, config), config.length + 1, config.separator("eos", "bos", "sep"))

    def row(self, texts: Sequence[Ids]) -> Packed:
        return packed_texts(texts)

    def prepare(self, rows: Sequence[Packed], random: Sequence[Random], setting: Setting) -> Batch:
        """Each token but the last is seen, each but the first is to be predicted."""
        if refusal := self.refusal(setting.model):
            raise InputError(refusal)
        return next_tokens(rows)

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        return Loss({"lm": lm_loss(model, model.states(**batch.inputs), batch, z=self.objective.z)})

    def compared(self, ends: Sequence[float], baseline: Mapping[str, float]) -> str:
        return f"{super().compared(ends, baseline)}, {beside_bigram(ends, baseline)}"

    def measure(self, ready: Ready, sample: Sample) -> Measure:
        """The share of tokens that the first guess hits, against the most frequent token."""
        return share("next token@1", "the most frequent token", *first_guesses(self, ready, sample))
