"""Norms: what brings each position's vector to unit scale."""

from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Pieces, Weight


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
