"""The pooler, and what is read off the pooled state."""

from torch import Tensor

from clados import spec as s
from clados.nn.core.module import Module, Product, builds
from clados.nn.heads.base import Inputs, Read


@builds(s.Pooler)
class Pooler(Module):
    """tanh(W x_0 + b)."""

    dense: Product

    def forward(self, x: Tensor, inputs: Inputs, read: Read) -> Tensor:
        """[batch, length, d_model] -> [batch, d_model]."""
        return self.dense(x[:, 0]).tanh()


@builds(s.NextSentence)
class NextSentence(Module):
    """Scores that the second segment follows (0) and that it does not (1)."""

    out: Product

    def forward(self, x: Tensor, inputs: Inputs, read: Read) -> Tensor:
        """The pooled [batch, d_model] -> [batch, 2]."""
        return self.out(read["pooler_output"])


@builds(s.SentenceOrder)
class SentenceOrder(NextSentence):
    """Scores that two segments stand in their order (0) and that they were swapped (1)."""
