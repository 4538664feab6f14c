"""Relative biases that each layer learns for itself."""

from clados.spec.parts import StackPosition
from clados.spec.pieces import Env, Pieces, Table


class LayerBias(StackPosition):
    """As ``RelativeBias``, with a table in each layer: b[layer, head, bucket(i - j)] is added to the scores.

    The biases are learned, as in Dai et al. 2019, by layer; the buckets are those of Raffel et al. 2020, §2.1.
    """

    buckets: int = 32
    distance: int = 128  # from which on all share the last bucket

    def inside(self, env: Env) -> Pieces:
        return {"distance": Table(self.buckets, env.dims.heads)}
