"""The noise in an image, foreseen beside its caption (Ho et al. 2020; Rombach et al. 2022)."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from clados import spec as s
from clados.apply.ready import Ready
from clados.data.examples import Captioned
from clados.nn.diffusion.bound import bound_terms
from clados.nn.diffusion.noise import Diffusion
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Loss, LossTerm, Random, Setting
from clados.objectives.captions import Painted, as_bytes, filled, painted, read_pixels
from clados.objectives.measures import Measure, Sample, beside_exchanged
from clados.objectives.noise_guesses import guesses, latent_guesses
from clados.objectives.tasks import Small, Source, SourceConfig, Task

BELOW = 0.95  # times what guesses leave of the noise is the most that a model leaves
FULL_STEPS = 1000  # steps whose bound weighs 1 (github:openai/improved-diffusion gaussian_diffusion.py: "RESCALED_MSE")


class PredictedNoiseTask(Task[s.PredictedNoise, Painted], objective=s.PredictedNoise):
    """Images with noise of steps drawn evenly, and their captions."""

    reads = Captioned
    data = "emoji-16"
    length = 32
    batch = 32
    term = "noise"
    targets = 1_000_000
    told = "caption"  # by which an image is told from others
    small = Small(params="600K", steps=800, batch=32, lr=2e-3, dropout=0.0)

    @property
    def held_out(self) -> Self:
        return type(self)(self.objective.but(dropped=0.0))

    def refusal(self, model: s.Model) -> str:
        if not hasattr(model, "diffusion") or model.reads(s.Pixels) is None:
            return f"{type(self.objective).__name__} takes noise out of images; this {type(model).__name__} does not"
        unet = getattr(model, "unet", None)
        if unet is not None and unet.picture and type(self.objective) is s.PredictedNoise:
            return "it reads CLIP's vector of an image beside the noise, which PredictedNoise does not give"
        return ""

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        return painted(examples, config)

    def prepare(self, rows: Sequence[Painted], random: Sequence[Random], setting: Setting) -> Batch:
        """Captions, some of them empty, steps, and the noise that is added to latents that are drawn, or to pixels."""
        model: Any = setting.model
        images, shape = read_pixels(rows, model.inputs), model.noisy_shape
        inputs = {"timesteps": torch.tensor([int(each.integers(model.diffusion.steps)) for each in random])}
        if model.reads(s.Tokens):
            inputs |= self._texts(rows, random, setting)
        targets = {"pixel_values": images, "noise": noise_like(random, shape)}
        if getattr(model, "codes", None):
            targets["latent_noise"] = noise_like(random, shape)
        if model.low:
            inputs["low_res"] = F.avg_pool2d(images, model.low.factor)
        if getattr(model, "masked", False):
            inputs |= {"known": images, "known_mask": torch.stack([_kept(each, model.inputs.image) for each in random])}
        return Batch(inputs, targets, {"noise": targets["noise"].numel()}, targets["noise"].numel())

    def _texts(self, rows: Sequence[Painted], random: Sequence[Random], setting: Setting) -> dict[str, Tensor]:
        vocab_ids, model = setting.required_vocab_ids, setting.model
        text: Any = model.text  # type: ignore[attr-defined]
        kept = [row.empty if one.random() < self.objective.dropped else row.ids for row, one in zip(rows, random)]
        end = vocab_ids.ids.get("eos")
        fill = vocab_ids.ids.get("pad", 0 if end is None else end)
        ids, mask = filled(kept, text, fill, setting.length, end)
        return {"input_ids": ids, "attention_mask": mask}

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        """The mean square over all numbers of what is diffused; with a learned variance its bound beside it."""
        part, targets, timesteps = model.spec, batch.targets, batch.inputs["timesteps"]
        diffusion = Diffusion(part.diffusion)
        clean, noise = _diffused(model, targets), targets["noise"]
        x = diffusion.noised(clean, noise, timesteps)
        predicted = model(**batch.inputs, sample=x).prediction.float()
        aim = diffusion.target(clean, noise, timesteps)
        squares = (predicted[:, : aim.size(1)] - aim) ** 2
        parts = {"noise": LossTerm(squares.sum(), squares.numel())}
        if part.diffusion.variance:
            bits = bound_terms(diffusion, clean, x, predicted, timesteps)
            parts["variance"] = LossTerm(bits.sum() * (part.diffusion.steps / FULL_STEPS), squares.numel())
        return Loss(parts)

    def baseline(self, trained: Any, held_out: Any, config: SourceConfig, batch: int) -> Mapping[str, float]:
        """Guesses from the noisy numbers alone, without a text: of latents those of what the coder makes."""
        model: Any = config.model
        bars = np.cumprod(1 - np.array(model.diffusion.betas.values(model.diffusion.steps)))
        if getattr(model, "codes", None):
            if config.start is None:  # planned only
                return {"loss": 1.0}
            scale = model.codes.scale / config.start.codes.scale
            ours, theirs = (
                scale * drawn_latents(config.start, read_pixels(each.rows, model.inputs))
                for each in (trained, held_out)
            )
            return latent_guesses(ours, theirs, bars)
        return guesses(_bytes(trained.rows, model.inputs), _bytes(held_out.rows, model.inputs), bars)

    def goal(self, baseline: float) -> float:
        """A twentieth below: linear guesses are not the best without a text (of mixed images' latents 2 % above)."""
        return BELOW * baseline

    def compared(self, ends: Sequence[float], baseline: Mapping[str, float]) -> str:
        beside = ", ".join(f"{value:.4f} {name}" for name, value in baseline.items() if name != "loss")
        left = ", ".join(f"{end:.4f}" for end in ends)
        return f"{left} of the noise left, against {beside or baseline['loss']} (goal: {BELOW:g} of the less)"

    @torch.no_grad()
    def measure(self, ready: Ready, sample: Sample) -> Measure:
        """The share of the noise that is foreseen, against the same where images are told by what is another's."""
        task, foreseen = self.held_out, list[tuple[float, float, int]]()
        for batch in task.batches(ready, sample):
            if len(batch.inputs["timesteps"]) > 1:  # an image alone has no other
                number = batch.weights["noise"]
                left = (task.loss(ready.model, each).parts["noise"].sum for each in (batch, exchanged(batch)))
                own, other = (1 - float(each) / number for each in left)
                foreseen.append((own, other, number))
        low = ", and image to enlarge" if getattr(ready.spec, "low", None) else ""
        return beside_exchanged("noise foreseen", f"with another's {self.told}{low}", foreseen)


def _bytes(rows: Sequence[Painted], inputs: s.Pixels) -> NDArray[np.uint8]:
    """Images as bytes: [images, numbers]."""
    return np.stack([as_bytes(row.picture, inputs).ravel() for row in rows])


def noise_like(random: Sequence[Random], shape: tuple[int, ...]) -> Tensor:
    """Noise of a shape for each row, from its own generator."""
    return torch.from_numpy(np.stack([each.standard_normal(shape, np.float32) for each in random]))


def exchanged(batch: Batch) -> Batch:
    """The batch with what each image is told by given to the next: its caption, its vector, the image it enlarges."""
    told = "input_ids", "attention_mask", "low_res", "seen"
    inputs, targets = (
        {name: value.roll(1, 0) if name in told else value for name, value in each.items()}
        for each in (batch.inputs, batch.targets)
    )
    return Batch(inputs, targets, batch.weights, batch.tokens)


def _diffused(model: WholeModel, targets: Mapping[str, Tensor]) -> Tensor:
    """Pixels, or latents drawn from what a coder says of them, which learns nothing."""
    if "latent_noise" not in targets:
        return targets["pixel_values"]
    with torch.no_grad():
        found: Tensor = model.codes.drawn(*model.codes.encode(targets["pixel_values"]), targets["latent_noise"])
        return found


@torch.no_grad()
def drawn_latents(model: WholeModel, images: Tensor) -> NDArray[np.float64]:
    """Latents of images, drawn from what a coder says of them: [images, numbers]."""
    mean, log_variance = model.codes.encode(images.to(next(model.parameters())))
    noise = torch.randn(mean.shape, generator=torch.Generator().manual_seed(0)).to(mean)
    found: Tensor = model.codes.drawn(mean, log_variance, noise)
    return found.flatten(1).double().cpu().numpy()


def _kept(random: Random, side: int) -> Tensor:
    """1 where an image is known, 0 in a rectangle drawn by lot: [1, side, side]."""
    (top, bottom), (left, right) = (sorted(random.integers(0, side + 1, 2)) for _ in range(2))
    mask = torch.ones(1, side, side)
    mask[:, top:bottom, left:right] = 0
    return mask
