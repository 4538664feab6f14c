"""paint: an image of a text, its noise taken away step by step; reconstruct: an image made small and large again."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from clados.apply.denoising import as_pictures, denoise, noise_of, states, times_asked
from clados.apply.images import Image, decoded, several
from clados.apply.ready import EmptyText, ModelSource, Ready, listed, load
from clados.apply.unclip import UnCLIPPipeline, is_unclip_pipeline, paint_by_pipeline
from clados.data.pictures import Preprocessing
from clados.errors import InputError, check_seed
from clados.nn.diffusion.noise import Diffusion
from clados.nn.kinds.model import WholeModel
from clados.nn.memory import enough_memory
from clados.progress import progress

STEPS = 50
STRENGTH = 0.8  # how much of an image is painted anew, as in diffusers' image-to-image pipelines
PaintedImages = list[NDArray[np.uint8]]
Watch = Callable[[int, Callable[[], PaintedImages]], object]


@enough_memory("painting these images", "give fewer texts")
@torch.inference_mode()
def paint(
    source: ModelSource,
    texts: str | Sequence[str],
    *,
    steps: int = STEPS,
    guidance: float | None = None,
    seed: int = 0,
    side: int | None = None,
    image: Image | None = None,
    mask: Image | None = None,
    strength: float | None = None,
    small: Image | None = None,
    watch: Watch = lambda step, images: None,
    device: str | torch.device = "cpu",
) -> PaintedImages:
    """An image for each text, uint8 [height, width, channels].

    Args:
        source: a directory with a model that takes noise out of images, or writes their codes; or one with the parts
            of DALL-E 2, each in a folder: clip, prior, decoder, and upsamplers by name.
        steps: of its sampler; more are finer. Codes are written one by one, whatever it says.
        guidance: how far an image is led towards its text, 1 being not at all; None: as declared.
        seed: the noise that each begins with; the same seed, text and steps give the same image.
        side: of the images in pixels; None: that of the images that it learned from.
        image: painted anew: where the mask is white, or all of it.
        strength: the share of the steps that are taken, from the image with the noise of the first of them on (Meng et
            al. 2022, SDEdit, algorithm 1); None: 0.8, but all from noise alone where a mask is given.
        small: the image that is enlarged, by a model that does so.
        watch: told, each time that the model was asked, how often that was, and what gives the images as they then are;
            not of DALL-E 2's parts.

    Raises:
        InputError: for a model that does not paint, numbers out of range, and a small image given to another model.
        DataError: for no texts, one of which the vocabulary knows nothing, a file that is no image, a directory without
            a tokenizer.
    """
    check_seed(seed)
    texts = listed(texts)
    if empty := [number for number, text in enumerate(texts, 1) if not text.strip()]:
        warnings.warn(EmptyText(f"text {empty[0]} of {len(texts)} is empty: its image is led by no text"), stacklevel=2)
    asked = {"side": side, "image": image, "mask": mask, "strength": strength, "small": small}
    if not isinstance(source, Ready) and is_unclip_pipeline(Path(source)):
        _refuse(asked, "a pipeline of prior, decoder and upsamplers")
        return paint_by_pipeline(
            UnCLIPPipeline.of(Path(source), device), texts, steps=steps, guidance=guidance, seed=seed
        )
    ready = load(source, "paint", device=device)
    model: Any = ready.model
    part: Any = ready.spec
    if not hasattr(part, "sampler"):
        _refuse({"guidance": guidance, **asked}, "this model, which writes codes,")
        return _written(ready, ready.texts(texts), seed, watch)
    words, guidance = ready.texts(texts), part.guidance if guidance is None else guidance
    side = part.inputs.image if side is None else side
    least = part.shrinks * part.size.unet.shrinks
    if side < least or side % part.shrinks:
        raise InputError(f"side is {side}; it must be a multiple of {part.shrinks}, at least {least}")
    if image is None and (mask is not None or strength is not None):
        raise InputError(f"{'strength' if mask is None else 'mask'} is given, but no image that is painted anew")
    if strength is not None and not 0 < strength <= 1:
        raise InputError(f"strength is {strength}; it must be above 0 and at most 1")
    if (small is None) != (part.low is None):
        what = "enlarges a small image, and none was given" if part.low else "enlarges no small image; none is allowed"
        raise InputError(f"small: this model {what}")
    if part.low and side % part.low.factor:
        raise InputError(f"side is {side}; it must be a multiple of {part.low.factor}")
    shape = len(words), part.diffused, side // part.shrinks, side // part.shrinks
    draw = noise_of(len(words), seed)
    noise = draw(next(model.parameters()).new_empty(shape))
    given: dict[str, Any] = {"conditions": {}}
    own = None if image is None else _own(ready, image, side, noise)
    if own is not None and (mask is None or strength is not None):
        given |= {"begun": own, "last": max(1, round(steps * (STRENGTH if strength is None else strength)))}
    if own is not None and mask is not None:
        new = _new(mask, side, own)
        given["kept"] = _kept(part, own, new, noise)
        if part.masked:
            seen = {"known": own, "known_mask": 1 - new}
            given["conditions"] |= {name: each.expand(len(words), -1, -1, -1) for name, each in seen.items()}
    if small is not None:
        pixels = _pixels(small, side // part.low.factor, part.inputs.channels).to(noise)
        given["conditions"]["low_res"] = pixels.expand(len(words), -1, -1, -1)
    memory, read = states(ready, [*words, ""])
    free = memory[-1:].expand(len(words), -1, -1)
    given["masks"] = read[:-1], read[-1:].expand(len(words), -1)
    keep, done = given.pop("kept", lambda x, timestep: x), count(1)

    def kept(x: Tensor, timestep: int | None) -> Tensor:
        x = keep(x, timestep)
        watch(next(done), lambda: _seen(model, x))
        return x

    with progress("painting", times_asked(part, steps, given.get("last"))) as advance:
        told: dict[str, Any] = {"draw": draw, "kept": kept, "advance": advance, **given}
        x = denoise(model, noise, memory[:-1], free, steps=steps, guidance=guidance, **told)
    return _seen(model, x)


def _refuse(asked: Mapping[str, object], who: str) -> None:
    """Refuse what was asked of one that takes none of it."""
    if named := [name for name, value in asked.items() if value is not None]:
        raise InputError(f"{', '.join(named)}: {who} takes none of {', '.join(asked)}")


def _seen(model: WholeModel, x: Tensor) -> PaintedImages:
    """What a model diffuses, as images."""
    return as_pictures(x if model.spec.codes is None else model.codes.decode(x))


def _written(ready: Ready, texts: Sequence[str], seed: int, watch: Watch) -> PaintedImages:
    """Images whose codes are drawn one by one after each text, in small letters (Ramesh et al. 2021, §2.2)."""
    model: Any = ready.model
    read: Any = ready.spec.decoder.inputs  # type: ignore[attr-defined]
    rows = [row[: read.text] for row in ready.tokens([text.lower() for text in texts])]
    ids = [[*row, *range(read.first_padding + len(row), read.first_code)] for row in rows]
    generators = [torch.Generator().manual_seed(seed + i) for i in range(len(rows))]
    x, side, codes = torch.tensor(ids, device=ready.device), read.places_across, list[Tensor]()
    cache = model.cache(len(rows), read.text + side**2)
    with progress("painting", side**2) as advance:
        for _ in range(side**2):
            shares = model.next_codes(x, cache).float().softmax(-1).cpu()
            drawn = [torch.multinomial(each, 1, generator=one) for each, one in zip(shares, generators, strict=True)]
            codes.append(torch.cat(drawn).to(ready.device))
            x = read.first_code + codes[-1][:, None]
            watch(len(codes), lambda: _decoded(model, codes, side))
            advance(1)
    return _decoded(model, codes, side)


def _decoded(model: WholeModel, codes: Sequence[Tensor], side: int) -> PaintedImages:
    """The images of the codes so far; grey where none is yet."""
    rest = [torch.zeros_like(codes[0])] * (side**2 - len(codes))
    pictures = as_pictures(model.codes.decode(torch.stack([*codes, *rest], 1).unflatten(1, (side, side))))
    for picture in pictures if rest else ():
        pixels = len(picture) // side
        for place in range(len(codes), side**2):
            top, left = (pixels * each for each in divmod(place, side))
            picture[top : top + pixels, left : left + pixels] = 127
    return pictures


def _own(ready: Ready, image: Image, side: int, noise: Tensor) -> Tensor:
    """An image as it is diffused."""
    model: Any = ready.model
    part: Any = ready.spec
    pixels = _pixels(image, side, part.inputs.channels).to(noise)
    own: Tensor = pixels if part.codes is None else model.codes.encode(pixels)[0]
    return own


def _new(mask: Image, side: int, own: Tensor) -> Tensor:
    """Where a mask is white: 1 for what is painted anew, in the shape of what is diffused."""
    white = _pixels(mask, side, 1).to(own) > 0
    return torch.nn.functional.interpolate(white.float(), own.shape[-2:], mode="nearest").to(own)


def _kept(part: Any, own: Tensor, new: Tensor, noise: Tensor) -> Callable[[Tensor, int | None], Tensor]:
    """What puts an image's own pixels back where a mask is black, with as much noise as the step has."""
    diffusion = Diffusion(part.diffusion)

    def kept(x: Tensor, timestep: int | None) -> Tensor:
        old = own.expand_as(x)
        if timestep is not None:
            old = diffusion.noised(old, noise, torch.full((len(x),), timestep, device=x.device))
        return new * x + (1 - new) * old

    return kept


def _pixels(image: Image, side: int, channels: int) -> Tensor:
    """An image from -1 to 1, brought to a side: [1, channels, side, side]."""
    return torch.from_numpy(Preprocessing.usual(side, channels)(decoded(image)))[None]


@enough_memory("reconstructing these images", "give fewer images")
@torch.inference_mode()
def reconstruct(
    source: ModelSource, images: Image | Sequence[Image], *, device: str | torch.device = "cpu"
) -> list[NDArray[np.uint8]]:
    """What is left of images that are made small and large again by a model's codes: uint8 [height, width, channels].

    Raises:
        InputError: for a model without codes.
        DataError: for no images, or a file that is none.
    """
    ready = load(source, "reconstruct", device=device)
    model: Any = ready.model
    inputs = model.spec.inputs
    pixels = torch.cat([_pixels(each, inputs.image, inputs.channels) for each in several(images)])
    return as_pictures(model(pixel_values=pixels.to(next(model.parameters()))).reconstruction)
