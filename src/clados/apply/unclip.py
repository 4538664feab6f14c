"""Models that paint in a row: CLIP reads a text, a prior foresees the picture's vector, which becomes pixels.

Ramesh et al. 2022, §2: a decoder paints a small image beside the vector, and upsamplers enlarge it one after the other.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from clados.apply.denoising import as_pictures, denoise, states, taken_back
from clados.apply.foresee import foresee
from clados.apply.match import text_vectors
from clados.apply.ready import Ready, load
from clados.checkpoints.errors import CheckpointError
from clados.errors import InputError
from clados.progress import progress

CLIP, PRIOR, DECODER, UPSAMPLER = "clip", "prior", "decoder", "upsampler"  # folders of the parts


@dataclass(frozen=True)
class PaintersInARow:
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
                raise CheckpointError(f"{folder}: there is no folder '{name}', which painting in a row needs")
        clip, prior, decoder = (load(folder / name, device=device) for name in (CLIP, PRIOR, DECODER))
        upsamplers = tuple(load(each, device=device) for each in sorted(folder.glob(f"{UPSAMPLER}*")) if each.is_dir())
        row = cls(clip, prior, decoder, upsamplers)
        row._fit(folder)
        return row

    def _fit(self, folder: Path) -> None:
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


def are_in_a_row(folder: Path) -> bool:
    """Whether a directory has the parts of a row, and is no model itself."""
    return not (folder / "config.json").exists() and (folder / PRIOR).is_dir()


@torch.inference_mode()
def paint_in_a_row(
    row: PaintersInARow, texts: Sequence[str], *, steps: int, guidance: float | None = None, seed: int = 0
) -> list[NDArray[np.uint8]]:
    """An image for each text, uint8 [height, width, channels]; ``steps`` and ``seed`` are those of every part.

    Args:
        guidance: how far the decoder is led towards text and vector; None: as declared.

    Raises:
        InputError: for a number of steps that a part's diffusion does not have.
    """
    generators = [torch.Generator().manual_seed(seed + i) for i in range(len(texts))]

    def drawn(x: Tensor) -> Tensor:
        """Noise like a tensor, the rows of each text from its own generator."""
        many = len(x) // len(texts)
        every = [torch.randn((many, *x.shape[1:]), generator=each) for each in generators]
        return torch.cat(every).to(x)

    with progress("painting", (1 + len(row.upsamplers)) * steps) as advance:
        vectors = foreseen_vectors(row, texts, steps, drawn)
        part, model = (getattr(row.decoder, name) for name in ("spec", "model"))
        memory, mask = states(row.decoder, [*texts, ""])
        x = denoise(
            model,
            drawn(vectors.new_empty(len(texts), *part.noisy_shape)),
            memory[:-1],
            memory[-1:].expand(len(texts), -1, -1),
            masks=(mask[:-1], mask[-1:].expand(len(texts), -1)),
            steps=steps,
            guidance=part.guidance if guidance is None else guidance,
            draw=drawn,
            conditions={"image_embeds": vectors},
            told=("image_embeds",),
            advance=advance,
        )
        for each in row.upsamplers:
            low, larger = x.clamp(-1, 1), each.model

            def predict(x: Tensor, timestep: int, low: Tensor = low, larger: Any = larger) -> Tensor:
                many = torch.full((len(x),), timestep, device=x.device)
                found: Tensor = larger(x, timesteps=many, low_res=low).prediction
                return found

            noise = drawn(x.new_empty(len(x), *each.spec.noisy_shape))  # type: ignore[attr-defined]
            x = taken_back(each.spec, noise, predict, steps=steps, draw=drawn, advance=advance)
    return as_pictures(x)


def foreseen_vectors(row: PaintersInARow, texts: Sequence[str], steps: int, draw: Any) -> Tensor:
    """The vectors of pictures that the prior foresees, of mean square about 1: [texts, joint]."""
    prior: Any = row.prior.model
    vectors = text_vectors(row.clip, texts, len(texts))
    vectors = vectors * math.sqrt(vectors.size(-1))
    ids = row.prior.tokens(texts)
    tokenizer = row.prior.required_tokenizer
    fill, length = tokenizer.ids.get("pad", tokenizer.ids.get("eos", 0)), prior.max_positions or max(map(len, ids))
    read = torch.tensor([[*each, *(length - len(each)) * [fill]] for each in ids], device=row.prior.device)
    return foresee(prior, read, vectors, steps=steps, draw=draw)
