"""Pieces: how a part says which tensors it owns. Modules allocate from them, the ledger adds them up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clados.spec.core.part import Part
    from clados.spec.core.sizes import Dims, Levels, NFNetSize, ResNetSize
    from clados.spec.equivariant.fibers import Fibers


@dataclass(frozen=True, slots=True)
class Projection:
    """x W^T + b. ``outs`` names the outputs that one product computes together: ``{"q": 64, "k": 64, "v": 64}``."""

    n_in: int
    outs: Mapping[str, int]
    bias: bool = True
    vocabulary: bool = False  # a table of the vocabulary used as a product: an embedding when parameters are counted
    ends_branch: bool = False  # what it gives is added to the residual stream, which some laws of init draw smaller

    @property
    def n_out(self) -> int:
        return sum(self.outs.values())


@dataclass(frozen=True, slots=True)
class Kernel:
    """A convolution over images: ``[n_out, n_in, side, side]``, and a bias."""

    n_in: int
    n_out: int
    side: int = 3
    bias: bool = True
    ends_branch: bool = False  # as a projection's

    @property
    def fan_in(self) -> int:
        """Numbers that each output adds up."""
        return self.n_in * self.side**2


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that are looked up: ``[rows, columns]``."""

    rows: int
    columns: int


@dataclass(frozen=True, slots=True)
class Weight:
    """A bare tensor. ``fan_in`` is the number of inputs that each of its outputs adds up, 0 for gains and biases."""

    shape: tuple[int, ...]
    fan_in: int = 0
    start: float | None = None  # its value before training; None: drawn by the model's law, gains 1 and biases 0
    uses: float = 1.0  # the share of it that a token meets (experts)


@dataclass(frozen=True, slots=True)
class Statistic:
    """A tensor that training keeps up to date without a gradient: saved with the parameters, and none of them."""

    shape: tuple[int, ...]
    start: float


@dataclass(frozen=True, slots=True)
class Held:
    """A part inside a part, and what it is told."""

    part: Part
    env: Env


@dataclass(frozen=True, slots=True)
class Several:
    """Parts in a row, named 0, 1, 2 ..."""

    held: tuple[Held, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """Parts by name."""

    held: Mapping[str, Held]


Tensors = Projection | Kernel | Table | Weight | Statistic  # what owns tensors by itself
Pieces = Mapping[str, Tensors | Held | Several | Named]


@dataclass(frozen=True, slots=True)
class Env:
    """What a part is told by the model around it."""

    dims: Dims
    norm: Part  # the stack's norm, for the parts that need one of their own
    inputs: Part | None = None  # what the model reads: its vocabulary, its states and actions ...
    causal: bool = False  # whether the stack's positions see only what is before them
    position: Part | None = None  # how the stack knows where things stand
    memory: int = 0  # d_model of the states that cross-attention reads
    joint: int = 0  # width of the space that two towers share
    levels: Levels | None = None  # of a network over images
    enters: int = 0  # channels that a part of one reads
    gives: int = 0  # channels that it gives, where these are none of its levels'
    steps: int = 0  # width of the vector that says which step of the diffusion it is
    pair: Dims | None = None  # of the map of pairs beside an alignment
    window: int = 0  # side of the windows of a stage
    stages: ResNetSize | None = None  # of a tower of bottlenecks
    free: NFNetSize | None = None  # of a network without norms
    places: int = 0  # of the last map of such a tower
    fibers: Fibers | None = None  # channels of each degree, of a network over points

    def of_width(self, d_model: int) -> Env:
        """The same for a part that works at another width."""
        return replace(self, dims=replace(self.dims, d_model=d_model))


def linear(n_in: int, n_out: int, bias: bool = True, *, ends_branch: bool = False) -> Projection:
    """A product with a single output."""
    return Projection(n_in, {"out": n_out}, bias, ends_branch=ends_branch)
