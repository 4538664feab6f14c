"""Texts and what is to be written in answer to them."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from clados.apply.chrf import chrf
from clados.apply.ready import Ready
from clados.apply.translate import translate
from clados.data.examples import DataError, Pair
from clados.data.packing import generator
from clados.errors import InputError
from clados.objectives.base import Batch, Ids, Random, Setting
from clados.objectives.measures import Measure, Sample
from clados.objectives.sides import SourceTarget, sides
from clados.objectives.tasks import Listed, Objective, Source, SourceConfig, of_kind
from clados.objectives.text import TextTask


class PairTask(TextTask[Objective, SourceTarget]):
    """A task on pairs of texts, of which the second is written."""

    reads = Pair
    data = "translation/de"
    length = 32  # of one side
    batch = 32
    writes = ("answers",)

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        pairs = of_kind(examples, Pair)
        texts = [pair.source for pair in pairs], [pair.target for pair in pairs]
        ids = (config.required_tokenizer.encode_batch(side, add_special_tokens=False) for side in texts)
        rows = [SourceTarget(np.array(a, np.int64), np.array(b, np.int64)) for a, b in zip(*ids)]
        if config.shuffled:
            random = generator(config.seed, 2)
            tokens = random.permutation(np.concatenate([row.target for row in rows]))
            cuts = np.cumsum([len(row.target) for row in rows])[:-1]
            rows = [SourceTarget(row.source, target) for row, target in zip(rows, np.split(tokens, cuts))]
        return Listed(rows)

    def texts(self, text: str) -> list[str]:
        """Source and target, parted by a bar: "a house | ein Haus"."""
        source, bar, target = text.partition("|")
        if not bar:
            raise InputError("a translation needs two texts: give --text 'source | target'")
        return [source.strip(), target.strip()]

    def row(self, texts: Sequence[Ids]) -> SourceTarget:
        """Source and target; one text is cut in two."""
        return SourceTarget(*(texts if len(texts) == 2 else np.array_split(texts[0], 2)))

    def prepare(self, rows: Sequence[SourceTarget], random: Sequence[Random], setting: Setting) -> Batch:
        """Sources and targets, cut to the run's length; the end token closes both."""
        vocab_ids, room = setting.required_vocab_ids, (setting.length or math.inf) - 1
        end = [vocab_ids.id("eos")]
        cut = [
            SourceTarget(*(np.concatenate([side[: int(min(room, len(side)))], end]) for side in each)) for each in rows
        ]
        return sides(cut, setting)

    def predicted(self, source: Any) -> tuple[Ids, Ids]:
        targets = [row.target for row in source.rows if len(row.target)]
        return np.concatenate(targets), np.cumsum([0, *map(len, targets[:-1])])

    def measure(self, ready: Ready, sample: Sample) -> Measure:
        """chrF, against copying the source. Pairs that do not fit, with an end, into a model's positions are left out.

        Raises:
            DataError: when all are.
        """
        every, most = sample.rows(), ready.model.max_positions or math.inf
        rows = [row for row in every if max(len(row.source), len(row.target)) < most]
        if every and not rows:
            raise DataError(f"no held-out pair fits into the {most} positions that {ready.name} has")
        left = f"; {len(every) - len(rows)} longer pairs left out" if len(every) > len(rows) else ""
        sources = [ready.required_tokenizer.decode(row.source) for row in rows]
        targets = [ready.required_tokenizer.decode(row.target) for row in rows]
        copied = chrf(sources, targets)
        found = chrf(translate(ready, sources, batch=sample.batch), targets)
        return Measure("chrF", found, copied, f"copying the source{left}", copied, len(rows))
