"""Learned biases of buckets of distance, of a stack or of each layer."""

from typing import Self

from clados.spec.core import small
from clados.spec.core.pieces import Env, Pieces, Table
from clados.spec.positions.base import StackPosition


class RelativeBias(StackPosition):
    """One learned number for each bucket of distance and head, added to the scores (Raffel et al. 2020, §2.1)."""

    buckets: int = 32
    distance: int = 128  # from which on all share the last bucket

    def pieces(self, env: Env) -> Pieces:
        return {"table": Table(self.buckets, env.dims.heads)}

    def small(self) -> Self:
        return self.but(buckets=small.BUCKETS, distance=small.FURTHEST)


class LayerBias(StackPosition):
    """As ``RelativeBias``, with a table in each layer: b[layer, head, bucket(i - j)] is added to the scores.

    The biases are learned, as in Dai et al. 2019, by layer; the buckets are those of Raffel et al. 2020, §2.1.
    """

    buckets: int = 32
    distance: int = 128  # from which on all share the last bucket

    def inside(self, env: Env) -> Pieces:
        return {"distance": Table(self.buckets, env.dims.heads)}

    def small(self) -> Self:
        return self.but(buckets=small.BUCKETS, distance=small.FURTHEST)
