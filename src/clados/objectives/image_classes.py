"""The class of an image."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import cross_entropy

from clados import spec as s
from clados.apply.ready import Ready
from clados.data.augmentation import blended, changed, erased, pasted
from clados.data.examples import Labelled, pixels
from clados.data.packing import generator
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Loss, LossTerm, Random, Setting
from clados.objectives.measures import Measure, Sample, share
from clados.objectives.pictures import pictures
from clados.objectives.tasks import Listed, Small, Source, SourceConfig, Task, of_kind


@dataclass(frozen=True, slots=True, eq=False)
class ImagePair(Labelled):
    """An image and its class, and another that it is mixed with."""

    other: Labelled | None = None


class ImageClassesTask(Task[s.ImageClasses, Labelled], objective=s.ImageClasses):
    """Images and their classes."""

    reads = Labelled
    data = "fashion"
    length = 0
    batch = 32
    small = Small(params="600K", steps=600)

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        rows = of_kind(examples, Labelled)
        if config.shuffled:
            order = generator(config.seed, 2).permutation(len(rows))
            rows = [replace(row, label=rows[i].label) for row, i in zip(rows, order)]
        if not self.objective.mixes:
            return Listed(rows)

        def coupled(row: Labelled, epoch: int, index: int) -> Labelled:
            other = rows[int(generator(config.seed, 3, epoch, index).integers(len(rows)))]
            return ImagePair(row.document, row.picture, row.label, row.name, row.held_out, other)

        return Listed(rows, coupled)

    @property
    def held_out(self) -> Self:
        """Images as they are."""
        return type(self)(s.ImageClasses())

    def prepare(self, rows: Sequence[Labelled], random: Sequence[Random], setting: Setting) -> Batch:
        images, labels = self._seen(rows, random, setting), _labels(rows)
        targets = {"labels": labels}
        if self.objective.mixes:
            others = [row.other if isinstance(row, ImagePair) and row.other else row for row in rows]
            seen = self._seen(others, random, setting)
            each = [self._mixed(*some) for some in zip(images, seen, random, strict=True)]
            images = np.stack([image for image, _ in each])
            shares = torch.tensor([share for _, share in each], dtype=torch.float32)
            targets |= {"others": _labels(others), "shares": shares}
        inputs = {"pixel_values": torch.from_numpy(images)}
        return Batch(inputs, targets, {"classes": len(labels)}, len(images))

    def _seen(self, rows: Sequence[Labelled], random: Sequence[Random], setting: Setting) -> NDArray[np.float32]:
        """Images as a model reads them, changed and erased: [batch, channels, side, side]."""
        changes, images = self.objective.changes, [row.picture for row in rows]
        if changes:
            images = [changed(pixels(image), changes, draws) for image, draws in zip(images, random, strict=True)]
        found = pictures(images, setting.model).numpy()
        if self.objective.erased:
            one = [erased(x, draws) if draws.random() < self.objective.erased else x for x, draws in zip(found, random)]
            return np.stack(one)
        return found

    def _mixed(
        self, image: NDArray[np.float32], other: NDArray[np.float32], draws: Random
    ) -> tuple[NDArray[np.float32], float]:
        """An image mixed with another, and the share that it has."""
        mixup, cutmix = self.objective.mixup, self.objective.cutmix
        if cutmix is not None and (mixup is None or draws.random() < 0.5):
            return pasted(image, other, draws.beta(cutmix, cutmix), draws)
        assert mixup is not None
        share = draws.beta(mixup, mixup)
        return blended(image, other, share), share

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        labels, others = batch.targets["labels"], batch.targets.get("others")
        scores, smoothing = model(**batch.inputs).logits.float(), self.objective.smoothing
        found = cross_entropy(scores, labels, reduction="none", label_smoothing=smoothing)
        if others is not None:
            beside = cross_entropy(scores, others, reduction="none", label_smoothing=smoothing)
            found = torch.lerp(beside, found, batch.targets["shares"])
        right = LossTerm((scores.argmax(-1) == labels).sum(), len(labels))
        return Loss({"classes": LossTerm(found.sum(), len(labels))}, {"accuracy": right})

    def baseline(self, trained: Any, held_out: Any, config: SourceConfig, batch: int) -> Mapping[str, float]:
        """The classes' frequencies."""
        labels, others = (np.array([row.label for row in each.rows]) for each in (trained, held_out))
        counts = np.bincount(labels, minlength=int(others.max()) + 1) + 1.0
        share = float((others == counts.argmax()).mean())
        return {"loss": float(-np.log(counts / counts.sum())[others].mean()), "accuracy": share}

    def measure(self, ready: Ready, sample: Sample) -> Measure:
        """The share of images that is right, against the most frequent class, to be bettered by 20 points."""
        guesses, labels = [], []
        for batch in self.held_out.batches(ready, sample):
            guesses += ready.model(**batch.inputs).logits.argmax(-1).tolist()
            labels += batch.targets["labels"].tolist()
        return share("accuracy", "the most frequent class", guesses, labels, margin=0.2)


def _labels(rows: Sequence[Labelled]) -> Tensor:
    return torch.tensor([row.label for row in rows])
