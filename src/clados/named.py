"""build: a working model by name, size or parameter budget, which can be saved."""

from typing import Any

import torch

from clados import checkpoints, spec as s  # noqa: F401 (checkpoints: models can be saved)
from clados.catalog.card import declaration_of
from clados.catalog.counts import card_and_size
from clados.catalog.sizes import model_of
from clados.models.declared import declared_in
from clados.nn.kinds.model import WholeModel
from clados.nn.make import build as build_module
from clados.spec.core.scale import nearest_size, scaled


def build(
    model: str | s.Model,
    size: str | None = None,
    *,
    params: int | str | None = None,
    device: str | torch.device = "cpu",
    dtype: torch.dtype = torch.float32,
    seed: int = 0,
    **changes: Any,
) -> WholeModel:
    """A working model of a declaration, its weights drawn as the paper says, in evaluation mode.

    Args:
        model: a card's id (``"gpt-2"``, ``"gpt-2:xl"``), a declared model, or the path of a Python file that declares
            one, which is run.
        size: one of its published sizes; the headline one when not named.
        params: a budget instead of a size (``"5M"``): the proportions of the nearest published size, scaled.
        device: ``"meta"`` allocates nothing.
        changes: fields to change, as in ``but``.

    Raises:
        NoModelError, SpecError: for an unknown model, size or word, or a budget that cannot be met.
        CladosError: for a seed out of range.
    """
    part = chosen(model, size, params).but(**changes)
    if params is not None:
        part = scaled(part, params)
    return build_module(part, device=device, dtype=dtype, seed=seed)


def chosen(model: str | s.Model, size: str | None = None, params: int | str | None = None) -> s.Model:
    """The declared model that a name, a size or a budget means.

    Raises:
        NoModelError, SpecError: for an unknown model or size.
    """
    if not isinstance(model, str):
        return model
    if model.endswith(".py"):
        declaration = declared_in(model)
        return declaration.at(size) if size or params is None else _nearest(declaration, params)
    name = f"{model.partition(':')[0]}:{size}" if size else model
    card, row = card_and_size(name)
    return model_of(card, row) if ":" in name or params is None else _nearest(declaration_of(card), params)


def _nearest(declaration: s.Declaration, params: int | str) -> s.Model:
    """The published size that is nearest to a budget."""
    return declaration.at(nearest_size(declaration.models(), params))
