"""The vector of a picture, foreseen from a text."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from clados.apply.denoising import taken_back
from clados.nn.kinds.model import WholeModel


def foresee(
    model: WholeModel,
    input_ids: Tensor,
    text_embeds: Tensor,
    *,
    steps: int,
    draw: Callable[[Tensor], Tensor],
    attention_mask: Tensor | None = None,
    kept: Callable[[Tensor, int | None], Tensor] = lambda x, timestep: x,
) -> Tensor:
    """Of as many vectors as are declared to be drawn, that of the largest product with the text's (Ramesh et al. 2022).

    Arguments are as the model and ``denoise`` take them: [texts, length] and [texts, joint] -> [texts, joint].

    Raises:
        InputError: for a number of steps that the model's diffusion does not have.
    """
    part: Any = model.spec
    drawn: int = part.drawn

    def repeated(x: Tensor) -> Tensor:
        return x.repeat_interleave(drawn, 0)

    text = repeated(text_embeds)
    given = {"text_embeds": text, "attention_mask": None if attention_mask is None else repeated(attention_mask)}

    def predict(x: Tensor, timestep: int) -> Tensor:
        many = torch.full((len(x),), timestep, device=x.device)
        prediction: Tensor = model(repeated(input_ids), sample=x, timesteps=many, **given).prediction
        return prediction

    x = taken_back(part, draw(text), predict, steps=steps, draw=draw, kept=kept)
    best = (x * text).sum(-1).view(-1, drawn).argmax(1)
    return x.view(len(best), drawn, -1)[torch.arange(len(best), device=x.device), best]
