"""CLIP's vectors of images and texts, and what the objectives share that learn from them (Ramesh et al. 2022, §2)."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from clados import spec as s
from clados.names import with_article
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Setting
from clados.objectives.owned import Owned
from clados.objectives.pictures import pictures
from clados.objectives.predicted_noise import PredictedNoiseTask
from clados.objectives.teaching import Taught

VECTORS_AT_ONCE = 64  # images whose vectors are found at once


class TaughtByCLIP(PredictedNoiseTask):
    """Noise is predicted beside the vectors of a CLIP that does not learn."""

    objective: Any
    teacher = "clip"
    teacher_differs = True

    def teacher_refusal(self, teacher: s.Model, student: s.Model) -> str:
        return "" if teacher.compares else f"{with_article(type(teacher).__name__)} has no vectors of images and texts"

    def owned(self, model: WholeModel, setting: Setting, seed: int) -> Owned | None:
        return Taught(setting.required_teacher, model)


@torch.no_grad()
def image_vectors_of(teacher: WholeModel, pixels: Tensor) -> Tensor:
    """Of images as it reads them: [images, joint], of mean square 1."""
    found: Tensor = teacher(pixel_values=pixels).image_embeds
    return found * math.sqrt(found.size(-1))


@torch.no_grad()
def text_vectors_of(teacher: WholeModel, ids: Tensor, mask: Tensor) -> Tensor:
    """Of texts with their marks and what is read of them: [texts, joint], of mean square 1."""
    found: Tensor = teacher(ids, attention_mask=mask).text_embeds
    return found * math.sqrt(found.size(-1))


def all_image_vectors(teacher: WholeModel, rows: Sequence[Any]) -> Tensor:
    """Of all images of a source, [images, joint]."""
    device = next(teacher.parameters()).device
    parts = [rows[at : at + VECTORS_AT_ONCE] for at in range(0, len(rows), VECTORS_AT_ONCE)]
    return torch.cat(
        [image_vectors_of(teacher, pictures([row.picture for row in some], teacher.spec).to(device)) for some in parts]
    )
