"""Objectives on images: their classes, their texts."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.nn.functional import all_gather as gather
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
def _(objective: s.ImageClasses, model: Any, batch: Batch) -> Loss:
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
    room = setting.length or max(len(each.ids) for each in examples)
    texts = [each.ids if len(each.ids) <= room else np.append(each.ids[: room - 1], end) for each in examples]
    ids, keep = padded(texts, words.ids.get("pad", end))
    inputs = {"input_ids": ids, "pixel_values": pictures([each.picture for each in examples], model.image.inputs)}
    return Batch({**inputs, **with_mask(keep)}, {}, {"pairs": len(examples)}, len(examples))


@loss.register
def _(objective: s.Contrastive, model: Any, batch: Batch) -> Loss:
    """Half of the cross-entropy along the rows, half along the columns (Radford et al. 2021, figure 3).

    When several processes train together, each row is compared with the columns of all of them.
    """
    found = model(**batch.inputs)
    scores, others, first = found.logits_per_image.float(), found.logits_per_image.T.float(), 0
    if dist.is_initialized() and model.training:
        factor, first = model.logit_scale.exp().clamp(max=model.warmest), dist.get_rank() * len(scores)
        images, texts = found.image_embeds, found.text_embeds
        scores, others = (factor * a @ _everywhere(b).T for a, b in ((images, texts), (texts, images)))
    labels = torch.arange(first, first + len(scores), device=scores.device)
    both = (cross_entropy(scores, labels, reduction="sum") + cross_entropy(others, labels, reduction="sum")) / 2
    right = Part((scores.argmax(-1) == labels).sum(), len(labels))
    return Loss({"pairs": Part(both, len(labels))}, {"recall_at_1": right})


def _everywhere(x: Tensor) -> Tensor:
    """The rows of all processes; gradients go back to where they came from."""
    return torch.cat(gather(x))
