"""The pipeline of DALL-E 2: CLIP reads a text, a prior predicts the image's vector, a decoder paints beside that.

Upsamplers then enlarge the image one after the other (Ramesh et al. 2022, §2).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from clados.apply.denoising import as_pictures, denoise, noise_of, padded_texts, states, taken_back
from clados.apply.foresee import foresee
from clados.apply.match import text_vectors
from clados.apply.ready import Ready, load
from clados.checkpoints.errors import CheckpointError
from clados.errors import InputError
from clados.progress import progress

CLIP, PRIOR, DECODER, UPSAMPLER = "clip", "prior", "decoder", "upsampler"  # folders of the parts


@dataclass(frozen=True)
class UnCLIPPipeline:
    """The parts of a directory, ready to use; upsamplers in the order of their folders' names."""

    clip: Ready
    prior: Ready
    decoder: Ready
    upsamplers: tuple[Ready, ...]

    @classmethod
    def of(cls, folder: Path, device: str | torch.device = "cpu") -> Self:
        """The parts of a directory with the folders ``clip``, ``prior``, ``decoder`` and ``upsampler...``.

        Raises:
            CheckpointError: for a part that is missing.
            InputError: for parts that do not fit each other.
        """
        for name in (CLIP, PRIOR, DECODER):
            if not (folder / name).is_dir():
                raise CheckpointError(f"{folder}: there is no folder '{name}', which this pipeline needs")
        clip, prior, decoder = (load(folder / name, device=device) for name in (CLIP, PRIOR, DECODER))
        upsamplers = tuple(load(each, device=device) for each in sorted(folder.glob(f"{UPSAMPLER}*")) if each.is_dir())
        pipeline = cls(clip, prior, decoder, upsamplers)
        pipeline._check(folder)
        return pipeline

    def _check(self, folder: Path) -> None:
        model, prior, decoder = (getattr(self, name).spec for name in (CLIP, PRIOR, DECODER))
        if not model.compares:
            raise InputError(f"{folder / CLIP}: {type(model).__name__} compares no images and texts")
        if not hasattr(prior, "further"):
            raise InputError(f"{folder / PRIOR}: {type(prior).__name__} foresees no vector of an image")
        picture = getattr(getattr(decoder, "unet", None), "picture", None)
        if picture is None:
            raise InputError(f"{folder / DECODER}: {type(decoder).__name__} reads no vector of an image")
        joint: int = model.size.joint
        for name, width in ((PRIOR, prior.further.joint), (DECODER, picture.width)):
            if width != joint:
                raise InputError(f"{folder / name}: its vectors have {width} numbers, those of '{CLIP}' {joint}")
        side: int = decoder.inputs.image
        for each in self.upsamplers:
            part: Any = each.spec
            if getattr(part, "low", None) is None or part.towers[0] is not part:
                raise InputError(f"{each.folder}: {type(part).__name__} does not enlarge an image alone")
            if part.inputs.image != side * part.low.factor:
                raise InputError(
                    f"{each.folder}: it enlarges images of {part.inputs.image // part.low.factor} pixels; what comes "
                    f"before it gives {side}"
                )
            side = part.inputs.image


def is_unclip_pipeline(folder: Path) -> bool:
    """Whether a directory has a prior among its folders, and is no model itself."""
    return not (folder / "config.json").exists() and (folder / PRIOR).is_dir()


@torch.inference_mode()
def paint_by_pipeline(
    pipeline: UnCLIPPipeline, texts: Sequence[str], *, steps: int, guidance: float | None = None, seed: int = 0
) -> list[NDArray[np.uint8]]:
    """An image for each text, uint8 [height, width, channels]; ``steps`` and ``seed`` are those of every part.

    Args:
        guidance: how far the decoder is led towards text and vector; None: as declared.

    Raises:
        InputError: for a number of steps that a part's diffusion does not have.
        DataError: for a text of which a part's vocabulary knows nothing.
    """
    for each in (pipeline.clip, pipeline.prior, pipeline.decoder):
        each.check_words(texts)
    draw = noise_of(len(texts), seed)
    with progress("painting", (1 + len(pipeline.upsamplers)) * steps) as advance:
        vectors = foreseen_vectors(pipeline, texts, steps, draw)
        part, model = (getattr(pipeline.decoder, name) for name in ("spec", "model"))
        memory, mask = states(pipeline.decoder, [*texts, ""])
        x = denoise(
            model,
            draw(vectors.new_empty(len(texts), *part.noisy_shape)),
            memory[:-1],
            memory[-1:].expand(len(texts), -1, -1),
            masks=(mask[:-1], mask[-1:].expand(len(texts), -1)),
            steps=steps,
            guidance=part.guidance if guidance is None else guidance,
            draw=draw,
            conditions={"image_embeds": vectors},
            told=("image_embeds",),
            advance=advance,
        )
        for each in pipeline.upsamplers:
            low, larger = x.clamp(-1, 1), each.model

            def predict(x: Tensor, timestep: int, low: Tensor = low, larger: Any = larger) -> Tensor:
                many = torch.full((len(x),), timestep, device=x.device)
                found: Tensor = larger(x, timesteps=many, low_res=low).prediction
                return found

            noise = draw(x.new_empty(len(x), *each.spec.noisy_shape))  # type: ignore[attr-defined]
            x = taken_back(each.spec, noise, predict, steps=steps, draw=draw, advance=advance)
    return as_pictures(x)


def foreseen_vectors(
    pipeline: UnCLIPPipeline, texts: Sequence[str], steps: int, draw: Callable[[Tensor], Tensor]
) -> Tensor:
    """CLIP's vectors of images, as the prior predicts them, of mean square about 1: [texts, joint]."""
    vectors = text_vectors(pipeline.clip, texts, len(texts))
    vectors = vectors * math.sqrt(vectors.size(-1))
    ids, _ = padded_texts(pipeline.prior, texts)
    return foresee(pipeline.prior.model, ids, vectors, steps=steps, draw=draw)
