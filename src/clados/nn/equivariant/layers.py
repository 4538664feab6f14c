"""Layers of networks over points. Features: by degree l, [batch, points, channels, 2 l + 1]."""

import math

import torch
from torch import Tensor

from clados import spec as s
from clados.nn.core.module import Module, builds
from clados.nn.equivariant.kernels import Features, Kernels, LinearMixture, Neighbours, turned_features
from clados.spec.core.pieces import Env
from clados.spec.equivariant.fibers import degrees, fibers_of

TINY = 1e-12  # the least length that a feature is divided by, as in the authors' code


@builds(s.EquivariantAttention)
class EquivariantAttention(Module):
    """Weights that no turn changes, over values that turn."""

    values: Kernels
    keys: Kernels
    queries: LinearMixture
    mixture: Module

    def __init__(self, part: s.EquivariantAttention, env: Env) -> None:
        super().__init__(part, env)
        self.heads, self.places = env.dims.heads, part.places
        self.gives = degrees(fibers_of(env).inner)

    def forward(self, features: Features, near: Neighbours) -> Features:
        """Other channels at the same points."""
        turned = turned_features(features, near, self.gives, self.places)
        values, keys, queries = self.values(turned, near), self.keys(turned, near), self.queries(features)
        q = torch.cat([each.flatten(-2).unflatten(-1, (self.heads, -1)) for each in queries.values()], -1)
        k = torch.cat([each.flatten(-2).unflatten(-1, (self.heads, -1)) for each in keys.values()], -1)
        scores = self._scores(q, k)
        weights = scores.masked_fill(~near.there[..., None], torch.finfo(scores.dtype).min).softmax(2)
        weights = weights * near.there[..., None]  # of a point without neighbours: nothing
        gathered = {degree: self._gathered(weights, each) for degree, each in values.items()}
        beside = {
            degree: torch.cat((each, features[degree]), -2) if degree in features else each
            for degree, each in gathered.items()
        }
        mixed: Features = self.mixture(beside)
        return mixed

    def _scores(self, q: Tensor, k: Tensor) -> Tensor:
        """[batch, i, heads, numbers], [batch, i, j, heads, numbers] -> [batch, i, j, heads]."""
        found: Tensor = (q[:, :, None] * k).sum(-1)
        return found / math.sqrt(k.size(-1) * self.heads)

    def _gathered(self, weights: Tensor, values: Tensor) -> Tensor:
        """[batch, i, j, heads], [batch, i, j, channels, 2 l + 1] -> [batch, i, channels, 2 l + 1]."""
        heads = values.unflatten(-2, (self.heads, -1))
        found: Tensor = (weights[..., None, None] * heads).sum(2)
        return found.flatten(2, 3)


@builds(s.EquivariantConvolution)
class EquivariantConvolution(Module):
    """The mean over neighbours of what kernels make of them, and a mixture of the point itself."""

    kernels: Kernels
    itself: LinearMixture

    def forward(self, features: Features, near: Neighbours) -> Features:
        """Other channels at the same points. A point without neighbours gets nothing, as in the authors' code."""
        turned = turned_features(features, near, tuple(self.kernels.gives))
        itself = self.itself(features)
        there = near.there[..., None, None]
        number = there.sum(2).clamp(min=1)
        found = {}
        for degree, each in self.kernels(turned, near).items():
            mean = (each * there).sum(2) / number
            found[degree] = mean + itself[degree] * there.any(2) if degree in itself else mean
        return found


def _lengths(feature: Tensor) -> tuple[Tensor, Tensor]:
    """Length and direction: [..., channels], [..., channels, 2 l + 1]."""
    length = feature.square().sum(-1).clamp(min=TINY**2).sqrt()
    return length, feature / length[..., None]


@builds(s.NormedLengths)
class NormedLengths(Module):
    """Lengths through LayerNorm and ReLU."""

    def forward(self, features: Features) -> Features:
        """Same shapes."""
        found = {}
        for degree, each in features.items():
            length, direction = _lengths(each)
            found[degree] = getattr(self, f"norm{degree}")(length).relu()[..., None] * direction
        return found


@builds(s.BiasedLengths)
class BiasedLengths(Module):
    """Lengths plus a bias through ReLU."""

    def forward(self, features: Features) -> Features:
        """Same shapes."""
        found = {}
        for degree, each in features.items():
            length, direction = _lengths(each)
            found[degree] = (length + getattr(self, f"bias{degree}")).relu()[..., None] * direction
        return found


@builds(s.EquivariantBlock)
class EquivariantBlock(Module):
    """Attention, then what is done to lengths."""

    attn: EquivariantAttention
    activation: Module

    def forward(self, features: Features, near: Neighbours) -> Features:
        """Other channels at the same points."""
        changed: Features = self.activation(self.attn(features, near))
        return changed
