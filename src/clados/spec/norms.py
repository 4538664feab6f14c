"""Norms: what brings each position's vector to unit scale."""

from typing import Self

from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Pieces, Statistic, Weight
from clados.spec.errors import SpecError


class Norm(Part):
    """Brings each position's vector to unit scale."""


class LayerNorm(Norm):
    """(x - mean) / sqrt(variance + eps) * weight + bias (Ba et al. 2016, eq. 4)."""

    eps: float = 1e-5
    bias: bool = True

    def pieces(self, env: Env) -> Pieces:
        gain = {"weight": Weight((env.dims.d_model,))}
        return gain | ({"bias": Weight((env.dims.d_model,))} if self.bias else {})


class RMSNorm(Norm):
    """x / sqrt(mean(x^2) + eps) * weight (Zhang & Sennrich 2019, eq. 4)."""

    eps: float = 1e-6

    def pieces(self, env: Env) -> Pieces:
        return {"weight": Weight((env.dims.d_model,))}


class GroupNorm(Part):
    """(x - mean) / sqrt(variance + eps) * weight + bias, over each group of an image's channels (Wu & He 2018, 7)."""

    groups: int = 32
    eps: float = 1e-5

    def check(self) -> None:
        if self.groups < 1:
            raise SpecError(f"GroupNorm.groups is {self.groups}; it must be at least 1")

    def pieces(self, env: Env) -> Pieces:
        width = env.dims.d_model
        if width % self.groups:
            raise SpecError(f"GroupNorm.groups is {self.groups}, which does not divide the {width} channels")
        return {"weight": Weight((width,)), "bias": Weight((width,))}

    def small(self) -> Self:
        return self.but(groups=2)


class BatchNorm(Part):
    """(x - mean) / sqrt(variance + eps) * weight + bias, of each channel over images and places.

    In training mean and variance are those of the batch, and the running ones, which evaluation takes, move by a tenth
    towards them; in these the variance is that of a sample, over n - 1 (Ioffe & Szegedy 2015, algorithms 1-2).
    """

    eps: float = 1e-5

    def pieces(self, env: Env) -> Pieces:
        shape = (env.dims.d_model,)
        return {
            "weight": Weight(shape),
            "bias": Weight(shape),
            "mean": Statistic(shape, 0.0),
            "variance": Statistic(shape, 1.0),
        }
