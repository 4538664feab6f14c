"""build: a model by name, size or parameter budget, on any device."""

from typing import Any

import torch
from torch import nn

from clados import spec as s
from clados.errors import check_seed
from clados.models.declared import declared, declared_in
from clados.nn.build import draw, module
from clados.spec.scale import nearest, scaled


def build(
    model: str | s.Model,
    size: str | None = None,
    *,
    params: int | str | None = None,
    device: str | torch.device = "cpu",
    dtype: torch.dtype = torch.float32,
    seed: int = 0,
    **changes: Any,
) -> nn.Module:
    """A working model of a declaration, its weights drawn as the paper says, in evaluation mode.

    Args:
        model: a card's id (``"gpt-2"``, ``"gpt-2:xl"``), a declared model, or the path of a Python file that declares
            one, which is run.
        size: one of its published sizes; the headline one when not named.
        params: a budget instead of a size (``"5M"``): the proportions of the nearest published size, scaled.
        device: ``"meta"`` allocates nothing.
        changes: words to change, as in ``but``.

    Raises:
        SpecError: for an unknown model, size or word, or a budget that cannot be met.
        CladosError: for a seed out of range.
    """
    part = chosen(model, size, params).but(**changes)
    if params is not None:
        part = scaled(part, params)
    with torch.device(device):
        made = module(part).to(dtype).eval()
    if torch.device(device).type != "meta":
        check_seed(seed)
        draw(made, part, torch.Generator(device).manual_seed(seed))
    return made


def chosen(model: str | s.Model, size: str | None = None, params: int | str | None = None) -> s.Model:
    """The declared model that a name, a size or a budget means.

    Raises:
        SpecError: for an unknown model or size.
    """
    if not isinstance(model, str):
        return model
    name, _, row = model.partition(":")
    declaration = declared_in(name) if name.endswith(".py") else declared(name)
    return declaration.at(size or row or None) if size or row or params is None else nearest(declaration, params)
