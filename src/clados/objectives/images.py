"""Objectives on images: their classes, their texts."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from clados import spec as s
from clados.data.examples import Labelled, Picture
from clados.data.examples import pixels as decoded
from clados.data.pictures import Preprocessing
from clados.objectives.base import Batch, Ids, Loss, Part, Random, Setting, loss, padded, prepare, with_mask


def pictures(images: Sequence[Picture], inputs: s.Inputs) -> Tensor:
    """Images as a model reads them, [batch, channels, side, side].

    Raises:
        SpecError: when the model reads no images.
    """
    if not isinstance(inputs, s.Patches):
        raise s.SpecError(f"this objective reads images, but the model reads {type(inputs).__name__}")
    read = Preprocessing.usual(inputs.image, inputs.channels)
    return torch.from_numpy(np.stack([read(decoded(image)) for image in images]))


@prepare.register
def image_classes(
    objective: s.ImageClasses, examples: Sequence[Labelled], random: Sequence[Random], setting: Setting
) -> Batch:
    """Images and their classes."""
    inputs: s.Inputs = setting.model.inputs  # type: ignore[attr-defined]
    images = pictures([each.picture for each in examples], inputs)
    labels = torch.tensor([each.label for each in examples])
    return Batch({"pixel_values": images}, {"labels": labels}, {"classes": len(labels)}, images.size(0))


@loss.register
def _(objective: s.ImageClasses, model: nn.Module, batch: Batch) -> Loss:
    labels = batch.targets["labels"]
    scores = model(**batch.inputs).logits.float()
    right = Part((scores.argmax(-1) == labels).sum(), len(labels))
    return Loss({"classes": Part(cross_entropy(scores, labels, reduction="sum"), len(labels))}, {"accuracy": right})


class Caption(NamedTuple):
    """An image and one text of it, with its marks."""

    picture: Picture
    ids: Ids


@prepare.register
def contrastive(
    objective: s.Contrastive, examples: Sequence[Caption], random: Sequence[Random], setting: Setting
) -> Batch:
    """Images, and the text of each in the same row."""
    words, model = setting.text, setting.model
    if not isinstance(model, s.TwoTower):
        raise s.SpecError(f"Contrastive pairs two towers, but the model is a {type(model).__name__}")
    end = words.id("eos")
    texts = [each.ids if len(each.ids) <= setting.length else np.append(each.ids[: setting.length - 1], end) for each in examples]
    ids, keep = padded(texts, words.ids.get("pad", end))
    inputs = {"input_ids": ids, "pixel_values": pictures([each.picture for each in examples], model.image.inputs)}
    return Batch({**inputs, **with_mask(keep)}, {}, {"pairs": len(examples)}, len(examples))


@loss.register
def _(objective: s.Contrastive, model: nn.Module, batch: Batch) -> Loss:
    """Half of the cross-entropy along the rows, half along the columns (Radford et al. 2021, figure 3)."""
    scores = model(**batch.inputs).logits_per_image.float()
    labels = torch.arange(scores.size(0), device=scores.device)
    both = (cross_entropy(scores, labels, reduction="sum") + cross_entropy(scores.T, labels, reduction="sum")) / 2
    first = Part((scores.argmax(-1) == labels).sum(), len(labels))
    return Loss({"pairs": Part(both, len(labels))}, {"recall_at_1": first})
