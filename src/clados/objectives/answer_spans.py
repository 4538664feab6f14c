"""Answers that stand in a text (Devlin et al. 2019, §4.2)."""

import re
import string
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from clados import spec as s
from clados.apply.answer import answer
from clados.apply.ready import Ready
from clados.apply.whole import read_whole
from clados.data.examples import AskedText, DataError
from clados.data.packing import generator
from clados.data.tokenizer import ReadText
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Loss, LossTerm, Random, Setting
from clados.objectives.measures import Measure, Sample
from clados.objectives.metrics import answers
from clados.objectives.tasks import Listed, Source, SourceConfig, Task, of_kind


class AnswerRow(NamedTuple):
    """A window of a text behind its question, the first and the last token of the answer, and the example."""

    read: ReadText
    first: int
    last: int
    example: AskedText


class AnswerSpansTask(Task[s.AnswerSpans, AnswerRow], objective=s.AnswerSpans):
    """Questions on texts; of several answers the first is learned. A long text is read in windows."""

    reads = AskedText
    data = ""
    length = 384
    batch = 16

    @property
    def heads(self) -> tuple[str, ...]:
        return (s.SpanStart.slot, s.SpanEnd.slot)

    @property
    def needs(self) -> tuple[str, ...]:
        return ("torchmetrics",)

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        """The windows of each text.

        Raises:
            DataError: a question leaves no room for its text.
        """
        rows = of_kind(examples, AskedText)
        overlap = min(self.objective.overlap, config.length // 4)
        tokenizer, found = config.required_tokenizer, list[AnswerRow]()
        for row in rows:
            if len(tokenizer.encode(row.question, "")) + overlap >= config.length:
                raise DataError(f"{row.document}: the question leaves no room for its text in {config.length} tokens")
        for row, windows in zip(rows, tokenizer.read([(e.question, e.text) for e in rows], config.length, overlap)):
            found += [AnswerRow(read, *_edges(read, row), row) for read in windows]
        if config.shuffled:
            order = generator(config.seed, 2).permutation(len(found))
            pairs = [(found[i].first, found[i].last) for i in order]
            found = [
                row._replace(first=min(a, len(row.read.ids) - 1), last=min(b, len(row.read.ids) - 1))
                for row, (a, b) in zip(found, pairs)
            ]
        return Listed(found)

    def prepare(self, rows: Sequence[AnswerRow], random: Sequence[Random], setting: Setting) -> Batch:
        inputs = read_whole(setting.model, [row.read for row in rows], setting.required_vocab_ids.ids.get("pad", 0))
        targets = {
            "start_positions": torch.tensor([row.first for row in rows]),
            "end_positions": torch.tensor([row.last for row in rows]),
        }
        return Batch(inputs, targets, {"spans": len(rows)}, sum(len(row.read.ids) for row in rows))

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        found, number = model(**batch.inputs), len(batch.targets["start_positions"])
        total, right = torch.zeros(()), torch.ones(number, dtype=torch.bool)
        for scores, labels in (
            (found.start_logits.float(), batch.targets["start_positions"]),
            (found.end_logits.float(), batch.targets["end_positions"]),
        ):
            if "attention_mask" in batch.inputs:
                scores = scores.masked_fill(~batch.inputs["attention_mask"].bool(), -torch.inf)
            total = total.to(scores.device) + cross_entropy(scores, labels, reduction="sum") / 2
            right = right.to(scores.device) & (scores.argmax(-1) == labels)
        return Loss({"spans": LossTerm(total, number)}, {"accuracy": LossTerm(right.sum(), number)})

    # ------------------------------------------------------------ how it is judged

    def baseline(self, trained: Any, held_out: Any, config: SourceConfig, batch: int) -> Mapping[str, float]:
        """Chance among the tokens of each window."""
        return {"loss": float(np.mean([np.log(len(row.read.ids)) for row in held_out.rows]))}

    def _answers(self, ready: Ready, sample: Sample) -> tuple[list[str], list[list[str]]]:
        """What is answered to each question that has an answer, and what is right."""
        examples = {id(row.example): row.example for row in sample.rows() if row.example.answers}
        asked = [*examples.values()]
        said = [answer(ready, each.question, each.text).text for each in asked]
        return said, [[text for _, text in each.answers] for each in asked]

    def measure(self, ready: Ready, sample: Sample) -> Measure:
        """The share of questions that have an answer and get it, as SQuAD compares; no answer at all gets none."""
        said, right = self._answers(ready, sample)
        score = [any(_plain(each) == _plain(one) for one in some) for each, some in zip(said, right)]
        value = sum(score) / max(1, len(score))
        return Measure("exact answers", value, 0.0, "no answer", 0.1, len(score))

    def metrics(self, ready: Ready, sample: Sample) -> dict[str, float]:
        said, right = self._answers(ready, sample)
        return answers(said, right) if said else {}


def _edges(read: ReadText, example: AskedText) -> tuple[int, int]:
    """The first and the last token of the answer; where it is not in the window whole, the first of all, twice."""
    if not example.answers:
        return 0, 0
    start, text = example.answers[0]
    places = [(at, *read.places[at]) for at, side in enumerate(read.sides) if side == 1]
    inside = [at for at, first, last in places if first < start + len(text) and last > start]
    if not inside or places[0][1] > start or places[-1][2] < start + len(text):
        return 0, 0
    return inside[0], inside[-1]


def _plain(text: str) -> str:
    """An answer as SQuAD compares it: without case, punctuation and articles."""
    bare = "".join(each for each in text.lower() if each not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", bare).split())
