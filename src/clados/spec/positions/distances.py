"""Positions by distance, with sinusoids: Transformer-XL's and its children's."""

from typing import Literal, Self

from clados.spec.core import small
from clados.spec.core.pieces import Env, Pieces, Weight, linear
from clados.spec.errors import SpecError
from clados.spec.positions.base import StackPosition


class Distances(StackPosition):
    """Scores by content and by distance, each with a learned bias (Dai et al. 2019, §3.3).

    A[i, j] = (q_i + u) k_j + (q_i + v) W R[i - j], times the attention's scale. R is the sinusoids of the distance, all
    sines first; each layer has a W of its own. u and v are one pair for the stack, or one for each layer.

    Use: ``Stack(position=Distances(), block=Block(Attention(...), ...), ...)``. It works with and without biases of
    queries and keys, with patterns, padding, packing and caches, in stacks that see the past alone and in those that
    see both sides (distances of both signs). It needs no memory; ``Recurrent`` and ``Permuted`` add one.
    """

    biases: Literal["stack", "layer"] = "stack"  # whose u and v are
    furthest: int | None = None  # all distances beyond it count as this one
    dropout: float = 0.0  # of R

    def check(self) -> None:
        if self.furthest is not None and self.furthest < 1:
            raise SpecError(f"Distances.furthest is {self.furthest}; it must be at least 1")

    def pieces(self, env: Env) -> Pieces:
        return self._pair(env) if self.biases == "stack" else {}

    def inside(self, env: Env) -> Pieces:
        distance = {"distance": linear(env.dims.d_model, env.dims.heads * env.dims.head_dim, bias=False)}
        return distance | (self._pair(env) if self.biases == "layer" else {})

    def _pair(self, env: Env) -> dict[str, Weight]:
        shape = env.dims.heads, env.dims.head_dim
        return {"u": Weight(shape, fan_in=env.dims.head_dim), "v": Weight(shape, fan_in=env.dims.head_dim)}

    def small(self) -> Self:
        return self.but(furthest=small.SPAN if self.furthest else None)


class SegmentedDistances(Distances):
    """Distances, and whether query and key are of one segment (Yang et al. 2019, §2.5).

    A[i, j] gains (q_i + s) e[i, j], e one vector of two for each head: of one segment, or not. A memory's positions are
    of segment 0. Without ``token_type_ids`` there is no such term.
    """

    def inside(self, env: Env) -> Pieces:
        shape = env.dims.heads, env.dims.head_dim
        return {**super().inside(env), "segments": Weight((2, *shape), fan_in=env.dims.head_dim)}

    def _pair(self, env: Env) -> dict[str, Weight]:
        return {**super()._pair(env), "s": Weight((env.dims.heads, env.dims.head_dim), fan_in=env.dims.head_dim)}
