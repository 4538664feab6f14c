"""The noise in an image, foreseen beside its caption and CLIP's vector of it (Ramesh et al. 2022, §2.1)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Self

import torch

from clados import spec as s
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Loss, Random, Setting
from clados.objectives.captions import Painted
from clados.objectives.pictures import pictures
from clados.objectives.tasks import Small
from clados.objectives.vectors import TaughtByCLIP, image_vectors_of
from clados.spec import but


class NoiseBesideVectorTask(TaughtByCLIP, objective=s.NoiseBesideVector):
    """As ``PredictedNoise``; of a share of the images the vector is 0. Without a teacher it is 0 of all."""

    told = "caption and vector"
    small = Small(params="600K", steps=400, batch=32, lr=2e-3, dropout=0.0)

    @property
    def held_out(self) -> Self:
        return type(self)(self.objective.but(dropped=0.0, unseen=0.0))

    def refusal(self, model: s.Model) -> str:
        unet = getattr(model, "unet", None)
        if unet is None or unet.picture is None:
            kind = type(model).__name__
            return f"NoiseBesideVector gives CLIP's vector of an image beside the noise; this {kind} does not read it"
        return super().refusal(model)

    def beside(self, model: s.Model, teacher: s.Model) -> s.Model:
        return model.but(unet=but(picture=but(width=teacher.size.joint)))

    def prepare(self, rows: Sequence[Painted], random: Sequence[Random], setting: Setting) -> Batch:
        """Images as CLIP reads them too, and of which the vector is shown."""
        batch = super().prepare(rows, random, setting)
        if setting.teacher is None:
            return batch
        shown = torch.tensor([each.random() >= self.objective.unseen for each in random])
        seen = pictures([row.picture for row in rows], setting.teacher.spec)
        return replace(batch, targets={**batch.targets, "seen": seen, "shown": shown})

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        """As ``PredictedNoise``, with the vector among what is read."""
        if "seen" in batch.targets:
            vectors = image_vectors_of(model.owned.teacher.model, batch.targets["seen"])
            shown = vectors * batch.targets["shown"][:, None]
            batch = replace(batch, inputs={**batch.inputs, "image_embeds": shown})
        return super().loss(model, batch)
