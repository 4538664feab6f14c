"""Images as codes of a vocabulary, drawn softly: a bound on their likelihood (Ramesh et al. 2021, §2.1, appendix A)."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from clados import spec as s
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Loss, LossTerm, Random, Setting
from clados.objectives.captions import Painted, as_bytes, read_pixels
from clados.objectives.noise_guesses import from_bytes
from clados.objectives.reconstructed_images import ReconstructedImagesTask, projected
from clados.objectives.tasks import Small, Source, SourceConfig

LEAST_DRAW = 1e-9  # of a uniform draw, so that Gumbel noise is finite


class CodedImagesTask(ReconstructedImagesTask, objective=s.CodedImages):
    """Images, and the Gumbel noise with which codes are drawn, at the update's temperature."""

    objective: Any
    small = Small(params="1M", steps=400, batch=16, lr=2e-3)

    def refusal(self, model: s.Model) -> str:
        if not isinstance(getattr(model, "codes", None), s.DiscreteCoder):
            return f"CodedImages trains a coder of codes; this {type(model).__name__} has none"
        return ""

    def handed_on(self, model: s.Model, start: Any, source: Source) -> s.Model:
        """Unchanged: discrete codes have no scale."""
        return model

    def prepare(self, rows: Sequence[Painted], random: Sequence[Random], setting: Setting) -> Batch:
        model: Any = setting.model
        images = read_pixels(rows, model.inputs)
        even = np.stack([each.random(model.coded_shape, np.float32) for each in random])
        noise = -torch.from_numpy(-np.log(np.clip(even, LEAST_DRAW, 1 - 1e-7))).log()
        one = self.objective
        targets = {
            "kl": torch.tensor(half_cosine(0.0, one.kl, setting.update / one.kl_over)),
            "temperature": torch.tensor(half_cosine(one.hottest, one.coolest, setting.update / one.cools_over)),
        }
        number = images.numel()
        return Batch(
            {"pixel_values": images, "noise": noise}, targets, {"reconstruction": number, "kl": number}, number
        )

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        """Nats a number: -ln p(x | z) of shares of codes, and what the codes are apart from all alike."""
        images, coder = batch.inputs["pixel_values"], model.codes
        log_q = F.log_softmax(coder.scores(images).float(), 1)
        drawn = ((log_q + batch.inputs["noise"]) / batch.targets["temperature"]).softmax(1)
        location, log_scale = coder.pixels(drawn)
        x = coder.apart(images)
        number = images.numel()
        apart = (log_q.exp() * (log_q + math.log(log_q.size(1)))).sum()
        parts = {
            "reconstruction": LossTerm(laplace(x, location.float(), log_scale.float()).sum(), number),
            "kl": LossTerm(batch.targets["kl"] * apart, number),
        }
        squares = ((coder.image(location.float()) - images) ** 2).sum()
        return Loss(parts, {"squared": LossTerm(squares, number)})

    def baseline(self, trained: Any, held_out: Any, config: SourceConfig, batch: int) -> Mapping[str, float]:
        """-ln p of the same distribution around as many principal components as there are codes, a scale a number.

        ``squared`` is the mean square that these leave.
        """
        model: Any = config.model
        ours, theirs = (
            from_bytes(np.stack([as_bytes(each.picture, model.inputs).ravel() for each in source.rows]))
            for source in (trained, held_out)
        )
        number, margin = math.prod(model.coded_shape[1:]), model.codes.margin

        def apart(x: np.ndarray[Any, Any]) -> Tensor:
            return torch.from_numpy(margin + (1 - 2 * margin) * (x.clip(-1, 1) + 1) / 2)

        near = [apart(projected(ours, each, number)).logit() for each in (ours, theirs)]
        scale = (apart(ours).logit() - near[0]).abs().mean(0).log()
        left = theirs - projected(ours, theirs, number)
        return {"loss": float(laplace(apart(theirs), near[1], scale).mean()), "squared": float((left**2).mean())}

    def compared(self, ends: Sequence[float], baseline: Mapping[str, float]) -> str:
        return (
            f"{', '.join(f'{end:.3f}' for end in ends)} nats a number of their codes, against {baseline['loss']:.3f} "
            "of as many principal components"
        )


def laplace(x: Tensor, location: Tensor, log_scale: Tensor) -> Tensor:
    """-ln of the density of numbers between 0 and 1 whose logit has a Laplace distribution (eq. 2)."""
    return math.log(2) + log_scale + (x * (1 - x)).log() + (x.logit() - location).abs() * (-log_scale).exp()


def half_cosine(first: float, last: float, share: float) -> float:
    """From the first to the last number along half a cosine; the last from there on."""
    return last + (first - last) * (1 + math.cos(math.pi * min(1.0, share))) / 2
