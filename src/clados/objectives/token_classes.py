"""Tags of words (Devlin et al. 2019, §5.3)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from clados import spec as s
from clados.apply.ready import Ready
from clados.apply.tag import first_pieces, joined
from clados.apply.whole import read_whole
from clados.data.examples import DataError, TaggedWords
from clados.data.packing import generator
from clados.data.tokenizer import ReadText
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Ids, Loss, LossTerm, Random, Setting
from clados.objectives.measures import Measure, Sample, share
from clados.objectives.metrics import tagging
from clados.objectives.tasks import Listed, Source, SourceConfig, Task, of_kind
from clados.objectives.text_classes import class_order, class_weights


class TaggedRow(NamedTuple):
    """A text as tokens, at which of them a word begins, and the tag of each of these."""

    read: ReadText
    at: Ids
    tags: Ids


class TokenClassesTask(Task[s.TokenClasses, TaggedRow], objective=s.TokenClasses):
    """Words and their tags, each read at the first piece of its word; words beyond the length are left out."""

    reads = TaggedWords
    data = ""
    length = 512
    batch = 16

    @property
    def heads(self) -> tuple[str, ...]:
        return (s.TokenClassifier.slot,)

    @property
    def needs(self) -> tuple[str, ...]:
        return ("seqeval",)

    def classes(self, examples: Sequence[Any]) -> tuple[str, ...]:
        return class_order(tag for each in examples for tag in each.tags)

    def weighted(
        self, examples: Sequence[Any], classes: Sequence[str], weights: Mapping[str, float] | None
    ) -> s.TokenClasses:
        counts = Counter(tag for each in examples for tag in each.tags)
        return self.objective.but(weights=class_weights(counts, classes, weights))

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        rows = [each for each in of_kind(examples, TaggedWords) if each.words]
        if not rows:
            raise DataError("the examples have no words")
        numbers = {name: i for i, name in enumerate(config.classes)}
        texts = [joined(each.words) for each in rows]
        found = list[TaggedRow]()
        for row, (_, starts), (read,) in zip(
            rows, texts, config.required_tokenizer.read([text for text, _ in texts], config.length)
        ):
            at, words = first_pieces(read, starts)
            tags = np.array([numbers[row.tags[word]] for word in words], np.int64)
            found.append(TaggedRow(read, np.array(at, np.int64), tags))
        if config.shuffled:
            every = generator(config.seed, 2).permutation(np.concatenate([row.tags for row in found]))
            cuts = np.cumsum([len(row.tags) for row in found])[:-1]
            found = [row._replace(tags=tags) for row, tags in zip(found, np.split(every, cuts))]
        return Listed(found)

    def prepare(self, rows: Sequence[TaggedRow], random: Sequence[Random], setting: Setting) -> Batch:
        inputs = read_whole(setting.model, [row.read for row in rows], setting.required_vocab_ids.ids.get("pad", 0))
        width = inputs["input_ids"].size(1)
        at = np.concatenate([i * width + row.at for i, row in enumerate(rows)])
        labels = torch.from_numpy(np.concatenate([row.tags for row in rows]))
        targets = {"labels": labels, "at": torch.from_numpy(at)}
        return Batch(inputs, targets, {"tags": len(labels)}, sum(len(row.read.ids) for row in rows))

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        labels = batch.targets["labels"]
        scores = model(**batch.inputs).logits.float().flatten(0, 1)[batch.targets["at"]]
        weights = torch.tensor(self.objective.weights, device=scores.device) if self.objective.weights else None
        right = LossTerm((scores.argmax(-1) == labels).sum(), len(labels))
        return Loss(
            {"tags": LossTerm(cross_entropy(scores, labels, weights, reduction="sum"), len(labels))},
            {"accuracy": right},
        )

    # ------------------------------------------------------------ how it is judged

    def baseline(self, trained: Any, held_out: Any, config: SourceConfig, batch: int) -> Mapping[str, float]:
        """The tags' frequencies."""
        labels, others = (np.concatenate([row.tags for row in each.rows]) for each in (trained, held_out))
        counts = np.bincount(labels, minlength=len(config.classes)) + 1.0
        right = float((others == counts.argmax()).mean())
        return {"loss": float(-np.log(counts / counts.sum())[others].mean()), "accuracy": right}

    def _tagged(self, ready: Ready, sample: Sample) -> tuple[list[list[int]], list[list[int]]]:
        """The tags of each text, as they are found and as they are."""
        found = list[int]()
        for batch in self.batches(ready, sample):
            scores = ready.model(**batch.inputs).logits.flatten(0, 1)[batch.targets["at"]]
            found += scores.argmax(-1).tolist()
        rows = [row.tags.tolist() for row in sample.rows()]
        cuts = np.cumsum([0, *map(len, rows)])
        return [found[a:b] for a, b in pairwise(cuts)], rows

    def measure(self, ready: Ready, sample: Sample) -> Measure:
        """The share of words whose tag is right, beside the most frequent tag."""
        guesses, labels = ([tag for row in each for tag in row] for each in self._tagged(ready, sample))
        return share("accuracy", "the most frequent tag", guesses, labels, margin=0.05)

    def metrics(self, ready: Ready, sample: Sample) -> dict[str, float]:
        found, right = ([[ready.labels[i] for i in row] for row in each] for each in self._tagged(ready, sample))
        return tagging(found, right)
