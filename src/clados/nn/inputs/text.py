"""Tokens to vectors."""

from torch import Tensor

from clados import spec as s
from clados.nn.core.module import Module, Rows, TensorFn, builds
from clados.nn.dropout import drop
from clados.spec.core.pieces import Env


class Summed(Module):
    """Vectors of tokens plus those of their positions; then norm, then dropout."""

    position: TensorFn
    norm: TensorFn

    def __init__(self, part: s.Tokens | s.Target, env: Env) -> None:
        super().__init__(part, env)
        self.placed, self.normed, self.dropout = part.position is not None, part.norm, part.dropout

    def summed(self, x: Tensor, positions: Tensor) -> Tensor:
        """[batch, length, width] -> the same; ``positions`` is [batch or 1, length]."""
        if self.placed:
            x = x + self.position(positions).to(x.dtype)
        if self.normed:
            x = self.norm(x)
        return drop(x, self.dropout, self.training)


@builds(s.Tokens)
class Tokens(Summed):
    """Token, type and position vectors added up; then norm, then dropout."""

    tokens: Rows
    types: Rows
    apart = tuple[str, ...]()  # names of what it reads that is no number of each token

    def __init__(self, part: s.Tokens, env: Env) -> None:
        super().__init__(part, env)
        self.has_types = part.types > 0
        self.scale = part.width(env.dims) ** 0.5 if part.scaled else 1.0

    def token_vectors(self, input_ids: Tensor) -> Tensor:
        """The vectors of tokens alone."""
        return self.tokens(input_ids)

    def forward(self, input_ids: Tensor, positions: Tensor, token_type_ids: Tensor | None = None) -> Tensor:
        """[batch, length] of ids -> [batch, length, d_model]; ``positions`` is [batch or 1, length]."""
        return self.summed(self.typed(self.token_vectors(input_ids), token_type_ids), positions)

    def typed(self, x: Tensor, token_type_ids: Tensor | None) -> Tensor:
        """Vectors of tokens, scaled, plus those of their types: same shape."""
        if self.scale != 1.0:
            x = x * self.scale
        if self.has_types:
            x = x + (self.types.weight[0] if token_type_ids is None else self.types(token_type_ids))
        return x


@builds(s.PaddedTokens)
class PaddedTokens(Tokens):
    """Tokens, and at each position a vector for its being padding."""

    padding: TensorFn

    def forward(
        self,
        input_ids: Tensor,
        positions: Tensor,
        token_type_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
    ) -> Tensor:
        """[batch, length] of ids -> [batch, length, d_model]; ``attention_mask`` is [batch, length], 0 for padding."""
        x = super().forward(input_ids, positions, token_type_ids)
        return x if attention_mask is None else x.where(attention_mask.bool()[..., None], self.padding(positions))
