"""Scores of entities."""

from torch import Tensor

from clados import spec as s
from clados.nn.activations import ACTS
from clados.nn.core.module import Module, Product, TensorFn, builds
from clados.nn.heads.base import Inputs, Read
from clados.spec.core.pieces import Env


@builds(s.EntityHead)
class EntityHead(Module):
    """Scores of the entities that are given, at every token."""

    reads = ("candidates",)
    dense: Product
    norm: TensorFn

    def __init__(self, part: s.EntityHead, env: Env) -> None:
        super().__init__(part, env)
        self.act = ACTS[part.act]

    def forward(self, x: Tensor, inputs: Inputs, read: Read) -> Tensor:
        """[batch, length, d_model] and ``candidates``, [entities, width] -> [batch, length, entities].

        Without candidates what would be compared with them, [batch, length, width].
        """
        ready = self.norm(self.act(self.dense(x)))
        return ready if read.get("candidates") is None else ready @ read["candidates"].T
