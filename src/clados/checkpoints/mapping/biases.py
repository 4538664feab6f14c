"""Biases that an implementation adds to a model without them: zeros when it is written, none of it when it is read."""

from collections.abc import Mapping
from contextlib import suppress

from clados.checkpoints.errors import LayoutError
from clados.checkpoints.mapping.lazy import LazyTensor
from clados.checkpoints.mapping.names import body_alone, places, unprefixed
from clados.spec.core.part import part_differences
from clados.spec.errors import SpecError
from clados.spec.kinds.model import Model
from clados.spec.layout import Layout

WORDS = ("bias", "biases")


def added(layout: Layout, model: Model) -> Model | None:
    """The model with the biases that the layout's port adds; None where it adds none, or changes something else."""
    if layout.port is None:
        return None
    with suppress(SpecError):
        ported = model.but(**layout.port)
        changed = [path.rpartition(".")[2] for path, _, _ in part_differences(model, ported)]
        if changed and all(word in WORDS for word in changed):
            return ported
    return None


def without_zero_biases(layout: Layout, model: Model, found: Mapping[str, LazyTensor]) -> tuple[Model, frozenset[str]]:
    """A model as the files hold it: without the biases of its port while they are zeros; and their names of these.

    Where others have trained them since, the model has them.
    """
    ported = added(layout, model)
    if ported is None:
        return model, frozenset()
    try:
        own, names = ({name for place in places(layout, each) for name in place.names} for each in (model, ported))
    except LayoutError:
        return model, frozenset()
    more = names - own
    more = {*unprefixed(more, layout.prefix)} if body_alone(layout, found) else more
    if not more or not all(name in found for name in more):
        return model, frozenset()
    zeros = not any(bool(found[name].read().any()) for name in more)
    return (model, frozenset(more)) if zeros else (ported, frozenset())
