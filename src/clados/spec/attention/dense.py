"""Attention over the positions of a stack, and over an encoder's states."""

from typing import Literal

from clados.spec.attention.masks import Pattern
from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Pieces, Projection, linear
from clados.spec.positions.base import StackPosition


class Attention(Part):
    """softmax(scale q k^T + bias) v over ``heads`` heads (Vaswani et al. 2017, eq. 1)."""

    biases: Literal["all", "out", "none"] = "all"
    scale: float | None = None  # else 1 / sqrt(head_dim)
    pattern: Pattern | None = None
    dropout: float = 0.0  # of the probabilities

    def pieces(self, env: Env) -> Pieces:
        size = env.dims
        outs = {"q": size.heads * size.head_dim, "k": size.kv_heads * size.head_dim, "v": size.kv_heads * size.head_dim}
        held = {
            "qkv": Projection(size.d_model, outs, self.biases == "all"),
            "out": linear(outs["q"], size.d_model, self.biases != "none", ends_branch=True),
        }
        return held | dict(env.position.inside(env) if isinstance(env.position, StackPosition) else {})


class CrossAttention(Part):
    """Attention whose keys and values come from the encoder's states; it knows nothing of distances."""

    biases: Literal["all", "out", "none"] = "all"
    scale: float | None = None
    dropout: float = 0.0

    def pieces(self, env: Env) -> Pieces:
        size, bias = env.dims, self.biases == "all"
        wide, narrow = size.heads * size.head_dim, size.kv_heads * size.head_dim
        return {
            "q": Projection(size.d_model, {"q": wide}, bias),
            "kv": Projection(env.memory, {"k": narrow, "v": narrow}, bias),
            "out": linear(wide, size.d_model, self.biases != "none", ends_branch=True),
        }
