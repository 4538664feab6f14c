"""A block: one layer of a stack. Shapes: x is [batch, length, d_model]."""

from abc import ABC, abstractmethod

from torch import Tensor

from clados import spec as s
from clados.nn.attention.dense import Attention, CrossAttention
from clados.nn.core.context import AttentionContext, State
from clados.nn.core.module import Module, TensorFn
from clados.nn.feedforward.mlp import FeedForward
from clados.spec.core.pieces import Env


class Block(Module, ABC):
    """One layer: what it holds. How its branches join the stream, ``nn.residuals`` has for each residual."""

    attn: Attention
    attn_norm: TensorFn
    mlp: FeedForward
    mlp_norm: TensorFn
    cross: CrossAttention
    cross_norm: TensorFn

    def __init__(self, part: s.Block, env: Env) -> None:
        super().__init__(part, env)
        self.dropout, self.crossed = part.dropout, part.cross is not None

    @abstractmethod
    def forward(self, x: Tensor, context: AttentionContext, state: State) -> tuple[Tensor, State]:
        """What leaves the layer, [batch, length, d_model], and what it remembers."""
