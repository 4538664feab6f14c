"""A published stage brought to a small model."""

from typing import Any

from clados import spec as s


def scaled_stage(stage: s.Stage, paper: s.Model, model: s.Model) -> s.Stage:
    """The stage for a model of fewer layers: of upper layers the same share is trained, rounded up."""
    if not isinstance(stage, s.Tuning) or not isinstance(stage.trains, s.Upper):
        return stage
    share = -(-stage.trains.layers * _layers(model) // _layers(paper))
    return stage.but(trains=s.Upper(share))


def _layers(model: s.Model) -> int:
    """Layers of the stack that writes."""
    size: Any = model.size
    layers: int = (size.decoder if isinstance(size, s.Sides) else size).layers
    return layers
