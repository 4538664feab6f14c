"""A block: one layer of a stack."""

from typing import Self

from clados.spec.attention.dense import Attention, CrossAttention
from clados.spec.core.part import Part
from clados.spec.core.pieces import Env, Held, Pieces
from clados.spec.errors import SpecError
from clados.spec.feedforward.mlp import MLP, FeedForward
from clados.spec.residuals import Parallel, Post, Pre, Residual


class Block(Part):
    """One layer: attention, perhaps cross-attention, and feed-forward around the residual stream."""

    attn: Attention
    mlp: FeedForward
    cross: CrossAttention | None = None
    residual: Residual = Pre()
    dropout: float = 0.0  # of each branch, before it joins

    @classmethod
    def example(cls) -> Self:
        """A gated one: unlike most in more than dropout."""
        return cls(attn=Attention(), mlp=MLP(gated=True))

    def check(self) -> None:
        if self.cross and isinstance(self.residual, Parallel):
            raise SpecError("Block.cross does not go with residual=Parallel(): no published model says how")

    def pieces(self, env: Env) -> Pieces:
        branches = {"attn": self.attn, "cross": self.cross, "mlp": self.mlp}
        held: dict[str, Held] = {}
        for name, part in branches.items():
            if part is not None:
                pair = {f"{name}_norm": Held(env.norm, env), name: Held(part, env)}
                held |= dict(reversed(pair.items())) if isinstance(self.residual, Post) else pair
        if isinstance(self.residual, Parallel) and self.residual.norms == 1:
            del held["mlp_norm"]
        return held
