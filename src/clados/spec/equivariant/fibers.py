"""Fibers: how many features of each degree stand at a point. One of degree l is 2l + 1 numbers that turn together."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from clados.spec.errors import SpecError

if TYPE_CHECKING:
    from clados.spec.core.pieces import Env

PerDegree = tuple[int, ...]  # of each degree, from 0 on: scalars, vectors ...


@dataclass(frozen=True, slots=True)
class Fibers:
    """Channels of each degree that a part of a network over points reads, works with inside, and gives.

    Attributes:
        edges: numbers that are known of a pair of points beside their distance.
    """

    reads: PerDegree
    inner: PerDegree
    gives: PerDegree
    edges: int


def fibers_of(env: "Env") -> Fibers:
    """What a part reads and gives.

    Raises:
        SpecError: the part stands in a model that reads no points.
    """
    if env.fibers is None:
        raise SpecError("only a PointCloud has features that turn with its points")
    return env.fibers


def told(
    env: "Env",
    *,
    reads: PerDegree | None = None,
    inner: PerDegree | None = None,
    gives: PerDegree | None = None,
) -> "Env":
    """The same for a part that reads, works with or gives other channels."""
    now = fibers_of(env)
    return replace(env, fibers=Fibers(reads or now.reads, inner or now.inner, gives or now.gives, now.edges))


def degrees(channels: PerDegree) -> tuple[int, ...]:
    """The degrees of which there is anything."""
    return tuple(degree for degree, number in enumerate(channels) if number)


def shared(channels: PerDegree, others: PerDegree) -> PerDegree:
    """Channels of those degrees alone of which the others have some too."""
    return tuple(number if degree in degrees(others) else 0 for degree, number in enumerate(channels))


def concatenated(channels: PerDegree, others: PerDegree) -> PerDegree:
    """Channels side by side, of the degrees that the first have."""
    more = (*others, *[0] * len(channels))
    return tuple(number and number + more[degree] for degree, number in enumerate(channels))
