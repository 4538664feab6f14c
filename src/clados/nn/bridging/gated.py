"""What lets a text look at images. Shapes: x is [batch, length, d_model]."""

from torch import Tensor, nn

from clados import spec as s
from clados.nn.attention.dense import CrossAttention
from clados.nn.core.context import AttentionContext
from clados.nn.core.module import Module, TensorFn, builds


@builds(s.GatedCross)
class GatedCross(Module):
    """Cross-attention and feed-forward, each through a gate."""

    cross_norm: TensorFn
    cross: CrossAttention
    cross_gate: nn.Parameter
    mlp_norm: TensorFn
    mlp: TensorFn
    mlp_gate: nn.Parameter

    def forward(self, x: Tensor, images: Tensor | None, sees: Tensor | None) -> Tensor:
        """Same shape; without images, feed-forward alone.

        Args:
            images: of each text in a row, [batch, vectors, d_model of theirs].
            sees: [batch, length, vectors] bool; where a position sees none, the attention gives nothing.
        """
        if images is not None and sees is not None:
            there = sees.any(-1, keepdim=True)
            mask = (sees | ~there)[:, None]  # softmax over nothing has no value; what it gives is taken out again
            y, _ = self.cross(self.cross_norm(x), AttentionContext(memory=images, memory_mask=mask))
            x = x + self.cross_gate.tanh() * y * there
        return x + self.mlp_gate.tanh() * self.mlp(self.mlp_norm(x))
