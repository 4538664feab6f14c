"""Which text of the batch belongs to which image, and back (Radford et al. 2021, figure 3)."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor
from torch.nn.functional import cross_entropy

from clados import spec as s
from clados.apply.ready import Ready
from clados.data.examples import Captioned, Picture
from clados.data.packing import generator
from clados.errors import InputError
from clados.names import with_article
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Ids, Loss, LossTerm, Random, Setting, padded, with_mask
from clados.objectives.measures import Measure, Sample
from clados.objectives.pictures import pictures
from clados.objectives.tasks import Listed, Small, Source, SourceConfig, Task, of_kind

IN_A_ROW = 3  # captions of an image that are joined, at most


class Caption(NamedTuple):
    """An image and one text of it, with its marks."""

    picture: Picture
    ids: Ids


class ContrastiveTask(Task[s.Contrastive, Caption], objective=s.Contrastive):
    """Images, and the text of each in the same row."""

    reads = Captioned
    data = "emoji"
    length = 32
    batch = 64
    whole_batch = True
    small = Small(params="150K", steps=400, batch=64)

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        """The best caption first; in later epochs some of them in a row, drawn by lot: a tag alone says little."""
        rows = of_kind(examples, Captioned)
        images = [row.picture for row in rows]
        if config.shuffled:
            images = [images[i] for i in generator(config.seed, 2).permutation(len(rows))]
        encode = config.required_tokenizer.encode

        def make(row: tuple[Picture, Sequence[str]], epoch: int, index: int) -> Caption:
            picture, captions = row
            text = captions[0]
            if epoch:
                random = generator(config.seed, 3, epoch, index)
                some = random.permutation(len(captions))[: random.integers(1, IN_A_ROW, endpoint=True)]
                text = ", ".join(captions[i] for i in some)
            return Caption(picture, np.array(encode(text), np.int64))

        return Listed([(picture, row.captions) for picture, row in zip(images, rows)], make)

    def prepare(self, rows: Sequence[Caption], random: Sequence[Random], setting: Setting) -> Batch:
        vocab_ids, model = setting.required_vocab_ids, setting.model
        if not model.compares:
            raise InputError(f"Contrastive pairs two towers, but the model is {with_article(type(model).__name__)}")
        end = vocab_ids.id("eos")
        room = setting.length or max(len(each.ids) for each in rows)
        texts = [each.ids if len(each.ids) <= room else np.append(each.ids[: room - 1], end) for each in rows]
        ids, keep = padded(texts, vocab_ids.ids.get("pad", end))
        inputs = {"input_ids": ids, "pixel_values": pictures([each.picture for each in rows], model)}
        return Batch({**inputs, **with_mask(keep)}, {}, {"pairs": len(rows)}, len(rows))

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        """Half of the cross-entropy along the rows, half along the columns.

        When several processes train together, each row is compared with the columns of all of them.
        """
        found = model(**batch.inputs)
        scores, others, first = found.logits_per_image.float(), found.logits_per_image.T.float(), 0
        if dist.is_initialized() and model.training:
            factor, first = model.logit_scale.exp().clamp(max=model.warmest), dist.get_rank() * len(scores)
            images, texts = found.image_embeds, found.text_embeds
            scores, others = (factor * a @ everywhere(b).T for a, b in ((images, texts), (texts, images)))
        labels = torch.arange(first, first + len(scores), device=scores.device)
        both = (cross_entropy(scores, labels, reduction="sum") + cross_entropy(others, labels, reduction="sum")) / 2
        right = LossTerm((scores.argmax(-1) == labels).sum(), len(labels))
        return Loss({"pairs": LossTerm(both, len(labels))}, {"recall_at_1": right})

    def baseline(self, trained: Any, held_out: Any, config: SourceConfig, batch: int) -> Mapping[str, float]:
        """Chance in groups of a batch, the last of which may be smaller."""
        groups = np.array([min(batch, len(held_out) - at) for at in range(0, len(held_out), batch)])
        chance = float((groups * np.log(groups)).sum() / groups.sum())
        return {"loss": chance, "recall_at_1": len(groups) / len(held_out)}

    def measure(self, ready: Ready, sample: Sample) -> Measure:
        """The share of images whose text comes first among all, against chance, to be tripled."""
        (batch,) = self.batches(ready, sample)
        scores = ready.model(**batch.inputs).logits_per_image
        number = len(scores)
        right = (scores.argmax(-1) == torch.arange(number, device=scores.device)).float().mean().item()
        return Measure("R@1", right, 1 / number, "chance", 3 / number, number)


def everywhere(x: Tensor) -> Tensor:
    """The rows of all processes, with their gradients."""
    rows: Tensor = _Everywhere.apply(x)  # type: ignore[no-untyped-call]
    return rows


class _Everywhere(torch.autograd.Function):
    """The rows of all processes; the gradients that all of them have for a row go back to where it came from."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        every = [torch.empty_like(x) for _ in range(dist.get_world_size())]
        dist.all_gather(every, x.contiguous())
        return torch.cat(every)

    @staticmethod
    def backward(ctx: Any, slopes: Tensor) -> Tensor:
        slopes = slopes.contiguous()
        dist.all_reduce(slopes)
        return slopes.chunk(dist.get_world_size())[dist.get_rank()]
