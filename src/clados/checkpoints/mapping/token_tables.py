"""Which table and bias an LM head scores tokens with: what a config says of it, and what the files hold.

A head reads with the token table (Tied) or with a table of its own (Untied). Configs say which in
``tie_word_embeddings``; where the files contradict, they decide, as in transformers 5 (``tie_weights`` in
modeling_utils.py of 5.23.0: two tables that differ are not tied, whatever the config says).
"""

from collections.abc import Mapping
from typing import Any

import torch

from clados.checkpoints.errors import LayoutError
from clados.checkpoints.mapping.lazy import LazyTensor
from clados.checkpoints.mapping.names import body_alone, own_table, places, token_table, twins, unprefixed
from clados.spec.core.part import Change
from clados.spec.errors import SpecError
from clados.spec.heads.base import Head
from clados.spec.heads.lm import Tied, Untied
from clados.spec.kinds.model import Model
from clados.spec.layout import Layout

KEY = "tie_word_embeddings"


def is_open(layout: Layout, model: Model) -> bool:
    """Whether a layout can keep a model's LM head both ways: with a table of its own, and without."""
    return bool(own_table(layout)) and any(_turned(head) != head for head in model.own_heads)


def as_configured(layout: Layout, model: Model, config: Mapping[str, Any]) -> Model:
    """The model with the word table that a flat config says.

    Raises:
        LayoutError: the word is neither true nor false.
    """
    said = config.get(KEY)
    if said is None or KEY in layout.config or KEY in layout.fixed or not is_open(layout, model):
        return model
    if not isinstance(said, bool):
        raise LayoutError(f"'{KEY}' is {said!r}; true and false are allowed")
    return with_table(model, own=not said)


def said(layout: Layout, model: Model) -> dict[str, bool]:
    """The key by which a config says a model's word table; none where the layout says it otherwise."""
    if KEY in layout.config or KEY in layout.fixed or not is_open(layout, model):
        return {}
    return {KEY: not _is_own(model)}


def with_table(model: Model, *, own: bool) -> Model:
    """The model whose LM head has a table of its own, or reads with the token table."""
    heads: tuple[Head, ...] = model.own_heads
    return model.but(heads=tuple(head if isinstance(head, Untied) == own else _turned(head) for head in heads))


def _turned(head: Head) -> Head:
    """A head that reads with the other table; the same where there is none."""
    match head:
        case Untied():
            return Tied(bias=head.bias, scaled=head.scaled)
        case Tied(transform=None):
            return Untied(bias=head.bias, scaled=head.scaled)
        case _:
            return head


def with_stored_tables(layout: Layout, model: Model, found: Mapping[str, LazyTensor]) -> tuple[Model, tuple[str, ...]]:
    """The model with the word table and bias that the files hold, and a note where they contradict the config.

    Two tables that differ are two, whatever the config says. One that is absent is the token table where the config
    cannot say it (T5). Tensors that are usually zeros and are not here change the model as the layout says.
    """
    for name, change in layout.zeros.items():
        if name in found and (changed := _changed(model, change)) != model and bool(found[name].read().any()):
            model = changed
    own = own_table(layout)
    if not is_open(layout, model):
        return model, ()
    if _is_own(model):
        if own in found or KEY not in layout.config:
            return model, ()
        return with_table(model, own=False), (f"there is no '{own}': tokens are scored with the token table",)
    alone, placed = body_alone(layout, found), places(layout, model)
    tokens = token_table([place.row.path for place in placed])
    seconds = (name for name, ours in twins(layout, placed, alone).items() if ours == tokens and name != own)
    first = (name for place in placed if place.row.path == tokens for name in place.names)
    names = (*(unprefixed(first, layout.prefix) if alone else first), *seconds)
    table = next((name for name in names if name in found), "")
    if own not in found or not table or found[own].shape != found[table].shape:
        return model, ()
    if torch.equal(found[own].read(), found[table].read()):
        return model, ()
    note = f"'{own}' differs from the token table, to which the config ties it: tokens are scored with '{own}'"
    return with_table(model, own=True), (note,)


def like(layout: Layout, base: Model, model: Model) -> Model:
    """A declared structure with the word table and bias of a model, where a layout keeps these too."""
    if is_open(layout, base) and is_open(layout, model):
        base = with_table(base, own=_is_own(model))
    changed = (_changed(base, change) for change in layout.zeros.values())
    heads = model.own_heads
    return next((each for each in changed if each.own_heads == heads), base)


def _changed(model: Model, change: Change) -> Model:
    """The model with a change to its LM head; the same where it has another head."""
    try:
        return model.but(**change)
    except SpecError:
        return model


def _is_own(model: Model) -> bool:
    return any(isinstance(head, Untied) for head in model.own_heads)
