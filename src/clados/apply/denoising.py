"""Noise taken out of images step by step, and what a model reads beside it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from clados.apply.ready import Ready
from clados.nn.diffusion.noise import Diffusion, guided
from clados.nn.diffusion.samplers import Past, steps_of
from clados.nn.kinds.model import WholeModel
from clados.spec import Causal


def times_asked(part: Any, steps: int, last: int | None = None) -> int:
    """How often a model is asked over so many steps of its sampler, or the last of them.

    Raises:
        InputError: for a number of steps that the diffusion does not have.
    """
    return len(steps_of(part.sampler, Diffusion(part.diffusion), steps, last).timesteps)


def taken_back(
    part: Any,
    x: Tensor,
    predict: Callable[[Tensor, int], Tensor],
    *,
    steps: int,
    draw: Callable[[Tensor], Tensor],
    kept: Callable[[Tensor, int | None], Tensor] = lambda x, timestep: x,
    advance: Callable[[float], object] = lambda more: None,
    begun: Tensor | None = None,
    last: int | None = None,
) -> Tensor:
    """What noise becomes by steps of a declared sampler: same shape.

    Args:
        part: a model's declaration, with its diffusion and sampler; predict: what the model gives for ``x`` at a step;
            the others as ``denoise`` takes them.
        begun: an image that is given the noise of the first of the ``last`` steps, which alone are taken.

    Raises:
        InputError: for a number of steps that the diffusion does not have.
    """
    diffusion = Diffusion(part.diffusion)
    taken, past = steps_of(part.sampler, diffusion, steps, last), Past()
    if begun is not None:
        x = diffusion.noised(begun.expand_as(x), x, torch.full((len(x),), taken.timesteps[0], device=x.device))
    for i, timestep in enumerate(taken.timesteps):
        x, past = taken.step(i, x, predict(x, timestep), past, draw(x) if taken.draws else None)
        x = kept(x, taken.timesteps[i + 1] if i + 1 < len(taken.timesteps) else None)
        advance(1)
    return x


def denoise(
    model: WholeModel,
    x: Tensor,
    memory: Tensor,
    without: Tensor,
    *,
    masks: tuple[Tensor, Tensor] | None = None,
    steps: int,
    guidance: float,
    draw: Callable[[Tensor], Tensor],
    kept: Callable[[Tensor, int | None], Tensor] = lambda x, timestep: x,
    conditions: Mapping[str, Tensor] = MappingProxyType({}),
    told: Collection[str] = (),
    advance: Callable[[float], object] = lambda more: None,
    begun: Tensor | None = None,
    last: int | None = None,
) -> Tensor:
    """What noise becomes by steps of the model's sampler: [images, channels, height, width].

    Args:
        model: one that takes noise out of images.
        memory: the texts' states, [images, length, width]; without: those of no text; masks: of both, [images, length],
            0 for padding.
        draw: noise like a tensor; kept: puts what is to stay into an image at a step (None: after the last);
            conditions: what else the model predicts by, an image each; told: those of them that are 0 where no text is.
        begun, last: as ``taken_back`` takes them.

    Raises:
        InputError: for a number of steps that the model's diffusion does not have.
    """
    led = guidance != 1
    both = torch.cat([without, memory]) if led else memory
    mask = torch.cat(masks[::-1]) if led and masks else masks and masks[0]
    seen = {
        name: torch.cat([torch.zeros_like(each) if name in told else each, each]) if led else each
        for name, each in conditions.items()
    }

    def predict(x: Tensor, timestep: int) -> Tensor:
        many = torch.full((len(both),), timestep, device=x.device)
        predicted: Tensor = model.predict(torch.cat([x, x]) if led else x, many, both, mask, **seen)
        if not led:
            return predicted
        unconditional, conditional = predicted.chunk(2)
        return guided(conditional, unconditional, guidance, x.size(1))

    return taken_back(
        model.spec, x, predict, steps=steps, draw=draw, kept=kept, advance=advance, begun=begun, last=last
    )


def states(ready: Ready, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
    """The states of texts, [texts, length, width], and what is read of them, [texts, length].

    Texts are as long as the model has positions; what fills them up is read where no text's end can be known otherwise,
    in a tower where each position sees those before, and masked where there are no positions.
    """
    model: Any = ready.model
    ids, own = padded_texts(ready, texts)
    kept = torch.ones_like(ids) if isinstance(model.spec.text.stack.sees, Causal) else own
    return model.read(ids, kept), kept


def padded_texts(ready: Ready, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
    """The ids of texts, each as long as the model has positions, and 1 where these are its own: [texts, length]."""
    ids, rows = ready.required_tokenizer.ids, ready.tokens(texts)
    length, pad = ready.positions or max(map(len, rows)), ids.get("pad", ids.get("eos", 0))
    read = [[*row, *(length - len(row)) * [pad]] for row in rows]
    own = [[*len(row) * [1], *(length - len(row)) * [0]] for row in rows]
    return torch.tensor(read, device=ready.device), torch.tensor(own, device=ready.device)


def noise_of(texts: int, seed: int) -> Callable[[Tensor], Tensor]:
    """What draws noise like a tensor, [texts times as many as each has, ...], each text's from a generator of its own.

    So an image does not depend on which others are painted with it.
    """
    generators = [torch.Generator().manual_seed(seed + i) for i in range(texts)]

    def draw(x: Tensor) -> Tensor:
        shape = len(x) // texts, *x.shape[1:]
        return torch.cat([torch.randn(shape, generator=each) for each in generators]).to(x)

    return draw


def as_pictures(x: Tensor) -> list[NDArray[np.uint8]]:
    """Images from -1 to 1, [images, channels, height, width], as uint8 [height, width, channels] each."""
    numbers = ((x.float() / 2 + 0.5).clamp(0, 1) * 255).round().to(torch.uint8)
    return [each.permute(1, 2, 0).cpu().numpy() for each in numbers]
