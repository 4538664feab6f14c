"""DO: parts to modules. ``build`` makes a working model of any declaration, at any size."""

from clados.nn import (  # noqa: F401  (they register themselves)
    adaptive,
    alibi,
    attention,
    blanks,
    disentangled,
    encoder_heads,
    entities,
    experts,
    factorised,
    heads,
    inputs,
    kinds,
    layer_bias,
    layers,
    permuted,
    positions,
    recurrent,
    relative,
    residuals,
    shared,
    sparse,
    stack,
    target,
    tuned_heads,
)
from clados.nn.build import Module, builds, draw, module
from clados.nn.kinds import Output
from clados.nn.make import build
from clados.nn.sight import Cache

__all__ = ["Cache", "Module", "Output", "build", "builds", "draw", "module"]
