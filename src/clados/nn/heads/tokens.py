"""Something for each token."""

from torch import Tensor

from clados import spec as s
from clados.nn.activations import ACTS
from clados.nn.core.module import Module, Product, TensorFn, builds
from clados.nn.heads.base import Inputs, Read
from clados.spec.core.pieces import Env


@builds(s.Discriminator)
class Discriminator(Module):
    """w act(V x + c) + b at every position."""

    dense: Product
    out: Product

    def __init__(self, part: s.Discriminator, env: Env) -> None:
        super().__init__(part, env)
        self.act = ACTS[part.act]

    def forward(self, x: Tensor, inputs: Inputs, read: Read) -> Tensor:
        """[batch, length, d_model] -> [batch, length]."""
        return self.out(self.act(self.dense(x))).squeeze(-1)


@builds(s.ContextDiscriminator)
class ContextDiscriminator(Discriminator):
    """Each token beside the first."""

    norm: TensorFn

    def forward(self, x: Tensor, inputs: Inputs, read: Read) -> Tensor:
        return super().forward(self.norm(x + x[:, :1]), inputs, read)


@builds(s.TokenClassifier)
class TokenClassifier(Module):
    """W x + b at every position."""

    out: Product

    def forward(self, x: Tensor, inputs: Inputs, read: Read) -> Tensor:
        """[batch, length, d_model] -> [batch, length, classes]."""
        return self.out(x)


@builds(s.SpanStart)
@builds(s.SpanEnd)
class SpanEdge(Module):
    """w x + b at every position."""

    out: Product

    def forward(self, x: Tensor, inputs: Inputs, read: Read) -> Tensor:
        """[batch, length, d_model] -> [batch, length]."""
        return self.out(x).squeeze(-1)
