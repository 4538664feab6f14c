"""Images that are made small and large again: what a coder of a few numbers a place learns (Rombach et al. 2022)."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from clados import spec as s
from clados.apply.ready import Ready
from clados.data.examples import Captioned
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Loss, LossTerm, Random, Setting
from clados.objectives.captions import Painted, as_bytes, painted, read_pixels
from clados.objectives.measures import Measure, Sample
from clados.objectives.noise_guesses import from_bytes
from clados.objectives.predicted_noise import drawn_latents, noise_like
from clados.objectives.tasks import Small, Source, SourceConfig, Task

FIRST = 256  # images over which latents have variance 1; of the paper a batch


class ReconstructedImagesTask(Task[s.ReconstructedImages, Painted], objective=s.ReconstructedImages):
    """Images, and the noise with which their latents are drawn."""

    reads = Captioned
    data = "emoji-16"
    length = 32
    batch = 16
    term = "reconstruction"
    targets = 100_000
    small = Small(params="1M", steps=400, batch=16, lr=2e-3)

    def refusal(self, model: s.Model) -> str:
        if not isinstance(getattr(model, "codes", None), s.GaussianCoder):
            return f"ReconstructedImages trains a coder of latents; this {type(model).__name__} has none"
        return ""

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        return painted(examples, config)

    def handed_on(self, model: s.Model, start: Any, source: Source) -> s.Model:
        """With latents of variance 1 over the first images.

        (Rombach et al. 2022, appendix G: over the first batch. The published 0.18215 is that of the published coder.)
        """
        images: Any = model.reads(s.Pixels)
        first = [source.at(index) for index in range(min(len(source), FIRST))]
        spread = float(drawn_latents(start, read_pixels(first, images)).std())
        return model.but(codes=s.but(scale=float(f"{start.codes.scale / spread:.4g}")))

    def prepare(self, rows: Sequence[Painted], random: Sequence[Random], setting: Setting) -> Batch:
        model: Any = setting.model
        images = read_pixels(rows, model.inputs)
        inputs = {"pixel_values": images, "noise": noise_like(random, model.coded_shape)}
        return Batch(inputs, {}, {"reconstruction": images.numel(), "kl": images.numel()}, images.numel())

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        """Both sums are over as many targets as the image has numbers."""
        images, found = batch.inputs["pixel_values"], model(**batch.inputs)
        mean, log_variance = found.latents / model.codes.scale, found.log_variance
        apart = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum()
        number = images.numel()
        parts = {
            "reconstruction": LossTerm((found.reconstruction.float() - images).abs().sum(), number),
            "kl": LossTerm(self.objective.kl * apart, number),
        }
        squares = LossTerm(((found.reconstruction.float() - images) ** 2).sum(), number)
        return Loss(parts, {"squared": squares})

    def baseline(self, trained: Any, held_out: Any, config: SourceConfig, batch: int) -> Mapping[str, float]:
        """The principal components of the trained images, as many as an image has latents."""
        model: Any = config.model
        ours, theirs = (
            from_bytes(np.stack([as_bytes(each.picture, model.inputs).ravel() for each in source.rows]))
            for source in (trained, held_out)
        )
        left = theirs - projected(ours, theirs, math.prod(model.coded_shape))
        return {"loss": float(np.abs(left).mean()), "squared": float((left**2).mean())}

    def goal(self, baseline: float) -> float:
        return baseline

    def compared(self, ends: Sequence[float], baseline: Mapping[str, float]) -> str:
        return (
            f"off by {', '.join(f'{end:.4f}' for end in ends)} a number, against {baseline['loss']:.4f} of as many "
            "principal components"
        )

    @torch.no_grad()
    def measure(self, ready: Ready, sample: Sample) -> Measure:
        """The share of the images' variance around their mean that comes back, half of it to be better."""
        images, back = [], []
        for batch in self.batches(ready, sample):
            images.append(batch.inputs["pixel_values"])
            back.append(ready.model(pixel_values=images[-1]).reconstruction)
        x, y = torch.cat(images), torch.cat(back)
        kept = 1 - float(((x - y) ** 2).mean() / ((x - x.mean(0)) ** 2).mean())
        return Measure("variance kept", kept, 0.0, "their mean", 0.5, len(x))


def projected(trained: NDArray[np.float64], images: NDArray[np.float64], number: int) -> NDArray[np.float64]:
    """What so many principal components of some images keep of others: [images, numbers]."""
    mean = trained.mean(0)
    _, directions = np.linalg.eigh(np.cov(trained.T, bias=True))
    kept = directions[:, ::-1][:, :number]
    found: NDArray[np.float64] = mean + (images - mean) @ kept @ kept.T
    return found
