"""Heads of models that read points (Fuchs et al. 2020, §4.1 and §4.3)."""

from dataclasses import replace
from math import gcd
from typing import ClassVar

from clados.spec.core.pieces import Env, Held, Pieces, linear
from clados.spec.core.ranges import AtLeastOne
from clados.spec.equivariant.fibers import fibers_of, told
from clados.spec.equivariant.layers import EquivariantAttention, EquivariantConvolution
from clados.spec.heads.base import Head


class PointHead(Head):
    """What is read off the features of points."""


class Motion(PointHead, kw_only=True):
    """Vectors of each point, by a last layer of attention: how far it moves, how its velocity changes (§4.1)."""

    slot: ClassVar[str] = "motion"
    output: ClassVar[str] = "motion"
    attn: EquivariantAttention
    vectors: AtLeastOne = 2

    def pieces(self, env: Env) -> Pieces:
        vectors = (0, self.vectors)
        narrow = replace(env, dims=replace(env.dims, heads=gcd(env.dims.heads, self.vectors)))
        return {"attn": Held(self.attn, told(narrow, inner=vectors, gives=vectors))}


class Property(PointHead, kw_only=True):
    """Numbers of all points together: a convolution to scalars, the largest over points, ReLU between products (§4.3).

    There are as many scalars as channels of all degrees before.
    """

    slot: ClassVar[str] = "property"
    output: ClassVar[str] = "property"
    convolution: EquivariantConvolution = EquivariantConvolution()
    properties: AtLeastOne = 1

    def pieces(self, env: Env) -> Pieces:
        width = sum(fibers_of(env).reads)
        return {
            "convolution": Held(self.convolution, told(env, gives=(width,))),
            "up": linear(width, width),
            "out": linear(width, self.properties),
        }
