"""A text restored that has lost spans without a trace, or continued (Soltan et al. 2022, §4)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from clados import spec as s
from clados.data import packing
from clados.data.packing import Packed
from clados.objectives.base import Batch, Ids, Random, Setting, VocabIds
from clados.objectives.denoised import Damaged, RestoringTask, covered, random_spans
from clados.objectives.sides import SourceTarget, sides
from clados.objectives.tasks import Small, Source, SourceConfig
from clados.objectives.text import packed_texts, stream
from clados.spec.learning.objectives.denoising import CONTINUE

DOCUMENT = "[DOC]"


class DroppedSpansTask(RestoringTask[s.DroppedSpans, Packed], objective=s.DroppedSpans):
    """Documents one after the other, a mark between them, without some spans; or one document, to be continued.

    What stands around a text is not published; BART's tokens do, and the mark in place of the first.
    """

    writes = ("answers",)
    length = 64
    # Of many languages: a smaller vocabulary lacks signs that occur in every line.
    small = Small(params="1M", vocab=2048, steps=300, length=64, batch=16, lr=4e-3, dropout=0.0)

    def marks(self, examples: Sequence[Any]) -> tuple[str, ...]:
        return DOCUMENT, *((CONTINUE,) if self.objective.continued else ())

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        return packing.TokenBlocks(
            stream(examples, config), config.length - 2, config.required_tokenizer.special.get(DOCUMENT)
        )

    def row(self, texts: Sequence[Ids]) -> Packed:
        return packed_texts(texts)

    def prepare(self, rows: Sequence[Packed], random: Sequence[Random], setting: Setting) -> Batch:
        made = [self._made(row, setting.required_vocab_ids, draw) for row, draw in zip(rows, random)]
        batch = sides([SourceTarget(each.source, each.target) for each in made], setting)
        hidden = np.concatenate([each.hidden for each in made])
        return replace(batch, targets={**batch.targets, "hidden": torch.from_numpy(hidden)})

    def _made(self, row: Packed, vocab_ids: VocabIds, random: Random) -> Damaged:
        first, last = vocab_ids.id("bos", "cls"), vocab_ids.id("eos", "sep")
        if random.random() < self.objective.continued:
            ids = longest_document(row, vocab_ids)
            read = int(np.clip(round(random.uniform(*self.objective.read) * len(ids)), 1, max(1, len(ids) - 1)))
            begun, seen, target = vocab_ids.mark(CONTINUE), ids[:read], ids[read:]
            hidden = np.ones(len(target), bool)
        else:
            text = np.flatnonzero(vocab_ids.is_text[row.ids])
            drawn = random_spans(len(text), self.objective.rate, self.objective.mean, random)
            hidden = np.zeros(len(row.ids), bool)
            hidden[text[np.logical_or(*covered(len(text), drawn))]] = True
            begun, seen, target = first, row.ids[~hidden], row.ids
        source, target = np.concatenate([[begun], seen, [last]]), np.concatenate([[first], target, [last]])
        return Damaged(source, target, np.pad(hidden, 1))


def longest_document(row: Packed, vocab_ids: VocabIds) -> Ids:
    """The tokens of the document of which a row has most, without marks."""
    sizes = np.bincount(row.documents) if len(row.ids) else np.zeros(1)
    ids: Ids = row.ids[row.documents == np.argmax(sizes)]
    return ids[vocab_ids.is_text[ids]]
