"""Heads of models that read points: head(features, neighbours, which points are there)."""

import torch
from torch import Tensor

from clados import spec as s
from clados.nn.core.module import Module, Product, builds
from clados.nn.equivariant.kernels import Features, Neighbours
from clados.nn.equivariant.layers import EquivariantAttention, EquivariantConvolution


@builds(s.Motion)
class Motion(Module):
    """Vectors of each point."""

    attn: EquivariantAttention

    def forward(self, features: Features, near: Neighbours, keep: Tensor | None) -> Tensor:
        """[batch, points, vectors, 3]."""
        found: Tensor = self.attn(features, near)[1]
        return found


@builds(s.Property)
class Property(Module):
    """Numbers of all points together."""

    convolution: EquivariantConvolution
    up: Product
    out: Product

    def forward(self, features: Features, near: Neighbours, keep: Tensor | None) -> Tensor:
        """[batch, properties]. keep: [batch, points] bool."""
        scalars = self.convolution(features, near)[0].squeeze(-1)
        if keep is not None:
            scalars = scalars.masked_fill(~keep[..., None], torch.finfo(scalars.dtype).min)
        return self.out(self.up(scalars.amax(1)).relu())
