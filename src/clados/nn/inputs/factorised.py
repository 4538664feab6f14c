"""Token tables narrower than the model."""

from torch import Tensor, nn

from clados import spec as s
from clados.nn.core.module import Product, TensorFn, builds
from clados.nn.inputs.text import Tokens
from clados.spec.core.pieces import Env


@builds(s.Factorised)
class Factorised(Tokens):
    """Everything at the narrow width, then up to d_model."""

    project: TensorFn

    def __init__(self, part: s.Factorised, env: Env) -> None:
        super().__init__(part, env)
        if env.dims.d_embedding == env.dims.d_model:
            self.project = nn.Identity()

    def forward(self, input_ids: Tensor, positions: Tensor, token_type_ids: Tensor | None = None) -> Tensor:
        """[batch, length] of ids -> [batch, length, d_model]; ``positions`` is [batch or 1, length]."""
        return self.project(super().forward(input_ids, positions, token_type_ids))


@builds(s.Widened)
class Widened(Tokens):
    """Token vectors up to d_model, then everything else there."""

    project: Product

    def token_vectors(self, input_ids: Tensor) -> Tensor:
        return self.project(self.tokens(input_ids))
