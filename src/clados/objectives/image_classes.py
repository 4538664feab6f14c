"""The class of an image."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch.nn.functional import cross_entropy

from clados import spec as s
from clados.apply.ready import Ready
from clados.data.examples import Labelled
from clados.data.packing import generator
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Loss, LossTerm, Random, Setting
from clados.objectives.measures import Measure, Sample, share
from clados.objectives.pictures import pictures
from clados.objectives.tasks import Listed, Small, Source, SourceConfig, Task, of_kind


class ImageClassesTask(Task[s.ImageClasses, Labelled], objective=s.ImageClasses):
    """Images and their classes."""

    reads = Labelled
    data = "fashion"
    length = 0
    batch = 32
    small = Small(params="600K", steps=150)

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        rows = of_kind(examples, Labelled)
        if config.shuffled:
            order = generator(config.seed, 2).permutation(len(rows))
            rows = [replace(row, label=rows[i].label) for row, i in zip(rows, order)]
        return Listed(rows)

    def prepare(self, rows: Sequence[Labelled], random: Sequence[Random], setting: Setting) -> Batch:
        images = pictures([each.picture for each in rows], setting.model)
        labels = torch.tensor([each.label for each in rows])
        return Batch({"pixel_values": images}, {"labels": labels}, {"classes": len(labels)}, images.size(0))

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        labels = batch.targets["labels"]
        scores = model(**batch.inputs).logits.float()
        right = LossTerm((scores.argmax(-1) == labels).sum(), len(labels))
        return Loss(
            {"classes": LossTerm(cross_entropy(scores, labels, reduction="sum"), len(labels))}, {"accuracy": right}
        )

    def baseline(self, trained: Any, held_out: Any, config: SourceConfig, batch: int) -> Mapping[str, float]:
        """The classes' frequencies."""
        labels, others = (np.array([row.label for row in each.rows]) for each in (trained, held_out))
        counts = np.bincount(labels, minlength=int(others.max()) + 1) + 1.0
        share = float((others == counts.argmax()).mean())
        return {"loss": float(-np.log(counts / counts.sum())[others].mean()), "accuracy": share}

    def measure(self, ready: Ready, sample: Sample) -> Measure:
        """The share of images that is right, against the most frequent class, to be bettered by 20 points."""
        guesses, labels = [], []
        for batch in self.batches(ready, sample):
            guesses += ready.model(**batch.inputs).logits.argmax(-1).tolist()
            labels += batch.targets["labels"].tolist()
        return share("accuracy", "the most frequent class", guesses, labels, margin=0.2)
