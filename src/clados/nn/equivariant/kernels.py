"""Equivariant kernels. Features: by degree l, [batch, points, channels, 2 l + 1]."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from clados import spec as s
from clados.nn.core.module import Module, Product, TensorFn, builds
from clados.nn.equivariant.harmonics import coupling, harmonics
from clados.spec.core.pieces import Env
from clados.spec.equivariant.fibers import degrees, fibers_of

Features = dict[int, Tensor]
# by degrees read and given, for each J in double precision: [2 J + 1, (2 read + 1) (2 given + 1)]
Couplings = dict[tuple[int, int], tuple[Tensor, ...]]


class Neighbours(NamedTuple):
    """What is known of each pair of points, for all layers; ``j`` is a neighbour of ``i``.

    Attributes:
        bases: by degrees read and given, [batch, i, j, 2 read + 1, degrees J, 2 given + 1].
        edges: distance and whatever else, the distance last: [batch, i, j, numbers].
        there: whether j is a neighbour of i, [batch, i, j] bool.
        offsets: from j to i, [batch, i, j, 3].
    """

    bases: dict[tuple[int, int], Tensor]
    edges: Tensor
    there: Tensor
    offsets: Tensor

    @classmethod
    def of(cls, positions: Tensor, there: Tensor, edges: Tensor | None, couplings: Couplings) -> "Neighbours":
        """Of places [batch, points, 3], for kernels between these degrees. What is no neighbour has any direction."""
        offsets = positions[:, :, None] - positions[:, None]
        far = torch.where(there[..., None], offsets, torch.ones_like(offsets))
        distance = far.square().sum(-1, keepdim=True).sqrt()
        values = harmonics(-far / distance, max(read + given for read, given in couplings))
        bases = {}
        for (read, given), tables in couplings.items():
            kernels = [
                (values[abs(read - given) + i] @ table.to(distance)).unflatten(-1, (2 * read + 1, 2 * given + 1))
                for i, table in enumerate(tables)
            ]
            bases[read, given] = torch.stack(kernels, -2)
        known = distance if edges is None else torch.cat((edges, distance), -1)
        return cls(bases, known, there, offsets)


def couplings_between(pairs: Iterable[tuple[int, int]]) -> Couplings:
    """The Clebsch-Gordan matrices of kernels that read features of a degree and give some of another."""
    return {
        (read, given): tuple(
            torch.from_numpy(coupling(given, read, degree)).permute(2, 1, 0).flatten(1)
            for degree in range(abs(read - given), read + given + 1)
        )
        for read, given in sorted(set(pairs))
    }


@builds(s.Radial)
class Radial(Module):
    """From a pair's numbers to a factor for each channel given and read, and each J; see ``hidden_of_all``."""

    first: Product
    first_norm: TensorFn
    second: Product
    second_norm: TensorFn
    out: Product

    def forward(self, hidden: Tensor) -> Tensor:
        """Of the second hidden layer the factors: [pairs, width] -> [pairs, factors]."""
        return self.out(hidden)


def hidden_of_all(radials: Sequence[Any], edges: Tensor) -> Tensor:
    """The second hidden layers of several networks over the same pairs, side by side: they are too small one by one.

    [pairs, numbers] -> [networks, pairs, width].
    """
    hidden = edges.expand(len(radials), -1, -1)
    for name in ("first", "second"):
        products, norms = [getattr(each, name) for each in radials], [getattr(each, f"{name}_norm") for each in radials]
        hidden = torch.baddbmm(_stacked(products, "bias"), hidden, _stacked(products, "weight").squeeze(1).mT)
        hidden = torch.layer_norm(hidden, hidden.shape[-1:], eps=norms[0].eps)
        hidden = torch.addcmul(_stacked(norms, "bias"), hidden, _stacked(norms, "weight")).relu()
    return hidden


def _stacked(modules: Sequence[Any], name: str) -> Tensor:
    """[networks, 1, ...]."""
    return torch.stack([getattr(each, name) for each in modules])[:, None]


@builds(s.Kernels)
class Kernels(Module):
    """Messages of each degree that is given, from all that are read."""

    radials: nn.ModuleDict

    def __init__(self, part: s.Kernels, env: Env) -> None:
        super().__init__(part, env)
        fibers = fibers_of(env)
        self.reads = degrees(fibers.reads)
        self.gives = {degree: fibers.gives[degree] for degree in degrees(fibers.gives)}

    def forward(self, turned: Features, near: Neighbours) -> Features:
        """Of each pair, [batch, i, j, channels, 2 l + 1]; ``turned`` as ``turned_features`` gives it."""
        hidden = dict(zip(self.radials, hidden_of_all([*self.radials.values()], near.edges.flatten(0, 2)), strict=True))
        pairs, found = near.edges.shape[:3], {}
        for degree, channels in self.gives.items():
            names = [f"{read}to{degree}" for read in self.reads]
            rows = [self.radials[name](hidden[name]).unflatten(-1, (channels, -1)) for name in names]
            found[degree] = torch.cat(rows, -1).unflatten(0, pairs) @ turned[degree]
        return found


def turned_features(features: Features, near: Neighbours, gives: tuple[int, ...], places: bool = False) -> Features:
    """Each neighbour's features times the bases, for each degree given: [batch, i, j, all channels and J, 2 l + 1].

    Args:
        places: whether what leads from the neighbour to the point is added to its first vector, of several.
    """
    seen = {degree: each[:, None] for degree, each in features.items()}
    if places and 1 in seen and seen[1].size(-2) > 1:
        vectors = seen[1].expand(-1, near.there.size(1), -1, -1, -1)
        first = vectors[..., :1, :] + near.offsets[..., None, :]
        seen[1] = torch.cat((first, vectors[..., 1:, :]), -2)
    found = {}
    for given in gives:
        rows = [
            (each @ near.bases[read, given].flatten(-2)).unflatten(-1, (-1, 2 * given + 1)).flatten(-3, -2)
            for read, each in seen.items()
        ]
        found[given] = torch.cat(rows, -2)
    return found


@builds(s.LinearMixture)
class LinearMixture(Module):
    """A matrix for each degree."""

    def __init__(self, part: s.LinearMixture, env: Env) -> None:
        super().__init__(part, env)
        self.names = {int(name.removeprefix("degree")): name for name in self._parameters}

    def forward(self, features: Features) -> Features:
        """The same with other channels; degrees without a matrix are left out."""
        return {degree: self.get_parameter(name) @ features[degree] for degree, name in self.names.items()}


@builds(s.AttentiveMixture)
class AttentiveMixture(Module):
    """Weights by softmax, from the inner products of all features of the degree."""

    def __init__(self, part: s.AttentiveMixture, env: Env) -> None:
        super().__init__(part, env)
        fibers = fibers_of(env)
        self.gives = {
            degree: fibers.gives[degree] for degree in degrees(fibers.gives) if f"norm{degree}" in self._modules
        }

    def forward(self, features: Features) -> Features:
        """The same with other channels; degrees without a network are left out."""
        found = {}
        for degree, channels in self.gives.items():
            f = features[degree]
            norm, product = getattr(self, f"norm{degree}"), getattr(self, f"weights{degree}")
            scores = product(nn.functional.leaky_relu(norm((f @ f.mT).flatten(-2)))).unflatten(-1, (channels, -1))
            found[degree] = scores.softmax(-1) @ f
        return found
