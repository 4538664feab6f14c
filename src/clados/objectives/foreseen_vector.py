"""CLIP's vector of an image, foreseen from its caption (Ramesh et al. 2022, §2.2, eq. 2)."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from clados import spec as s
from clados.data.examples import Captioned
from clados.data.packing import generator
from clados.nn.diffusion.noise import Diffusion
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Loss, LossTerm, Random, Setting
from clados.objectives.captions import Painted, filled, painted
from clados.objectives.pictures import pictures
from clados.objectives.predicted_noise import noise_like
from clados.objectives.tasks import Small, Source, SourceConfig, of_kind
from clados.objectives.vectors import TaughtByCLIP, all_image_vectors, image_vectors_of, text_vectors_of


class ForeseenVectorTask(TaughtByCLIP, objective=s.ForeseenVector):
    """Captions, CLIP's vectors of them, and its vectors of the images with the noise of steps drawn evenly."""

    data = "emoji"
    term = "vector"
    targets = 100_000
    small = Small(params="300K", steps=400, batch=64, lr=2e-3, dropout=0.0)

    def refusal(self, model: s.Model) -> str:
        if not hasattr(model, "further"):
            return f"ForeseenVector foresees CLIP's vector of an image; this {type(model).__name__} does not"
        return ""

    def beside(self, model: s.Model, teacher: s.Model) -> s.Model:
        return model.but(further=s.but(joint=teacher.size.joint))

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        """In a control, captions are those of other images."""
        rows = of_kind(examples, Captioned)
        if config.shuffled:
            order = generator(config.seed, 2).permutation(len(rows))
            rows = [replace(row, captions=rows[i].captions) for row, i in zip(rows, order)]
        return painted(rows, replace(config, shuffled=False))

    def prepare(self, rows: Sequence[Painted], random: Sequence[Random], setting: Setting) -> Batch:
        """Of a share of the rows the caption is empty, and its vector 0."""
        vocab_ids, teacher = setting.required_vocab_ids, setting.required_teacher.spec
        part: Any = setting.model
        told = [each.random() >= self.objective.dropped for each in random]
        some = [row.ids if each else row.empty for row, each in zip(rows, told)]
        end = vocab_ids.ids.get("eos")
        fill = vocab_ids.ids.get("pad", 0 if end is None else end)
        ids, mask = filled(some, part, fill, setting.length, end)
        steps = part.diffusion.steps
        inputs = {
            "input_ids": ids,
            "attention_mask": mask,
            "timesteps": torch.tensor([int(each.integers(steps)) for each in random]),
        }
        joint = part.further.joint
        theirs, _ = filled(some, teacher.text, fill, setting.length, end)
        targets = {
            "noise": noise_like(random, (joint,)),
            "seen": pictures([row.picture for row in rows], teacher),
            "ids": theirs,
            "mask": torch.arange(theirs.size(1)) < torch.tensor([len(each) for each in some])[:, None],
            "told": torch.tensor(told),
        }
        number = len(rows) * joint
        return Batch(inputs, targets, {"vector": number}, ids.numel())

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        """The mean square over the numbers of the vectors."""
        teacher, given = model.owned.teacher.model, batch.targets
        clean = image_vectors_of(teacher, given["seen"])
        text = text_vectors_of(teacher, given["ids"], given["mask"]) * given["told"][:, None]
        diffusion, timesteps = Diffusion(model.spec.diffusion), batch.inputs["timesteps"]
        x = diffusion.noised(clean, given["noise"], timesteps)
        found = model(**batch.inputs, text_embeds=text, sample=x).prediction.float()
        squares = (found - diffusion.target(clean, given["noise"], timesteps)) ** 2
        return Loss({"vector": LossTerm(squares.sum(), squares.numel())})

    def baseline(self, trained: Any, held_out: Any, config: SourceConfig, batch: int) -> Mapping[str, float]:
        """What the best linear guess from the noisy vector leaves, without a text."""
        if config.teacher is None:  # planned only
            return {"loss": 1.0}
        model: Any = config.model
        ours, theirs = (all_image_vectors(config.teacher, each.rows).double().numpy() for each in (trained, held_out))
        bars = np.cumprod(1 - np.array(model.diffusion.betas.values(model.diffusion.steps)))
        return {"loss": linear_vectors(ours, theirs, bars)}

    def compared(self, ends: Sequence[float], baseline: Mapping[str, float]) -> str:
        told = ", ".join(f"{end:.4f}" for end in ends)
        return f"{told} of the vectors missed, against {baseline['loss']:.4f} of the best linear guess without a text"


def linear_vectors(
    trained: NDArray[np.float64], held_out: NDArray[np.float64], alpha_bars: NDArray[np.float64]
) -> float:
    """The mean square that the best linear guess of a vector from its noisy one leaves, over all steps and numbers.

    In a direction of variance v it is sqrt(a) v / (a v + 1 - a) of x_t there, the mean apart; of a vector that stands
    c from the mean that leaves ((1 - a)^2 c^2 + a (1 - a) v^2) / (a v + 1 - a)^2.
    """
    mean = trained.mean(0)
    values, directions = np.linalg.eigh(np.cov(trained.T, bias=True))
    away = (((held_out - mean) @ directions) ** 2).mean(0)
    a, v = alpha_bars[:, None], np.maximum(values, 0)
    return float((((1 - a) ** 2 * away + a * (1 - a) * v**2) / (a * v + 1 - a) ** 2).mean())
