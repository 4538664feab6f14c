"""What a model of trajectories predicts: actions, states, returns."""

from torch import Tensor

from clados import spec as s
from clados.nn.core.module import Module, Product, builds
from clados.nn.heads.base import Inputs, Read


@builds(s.NextAction)
class NextAction(Module):
    """tanh(W x + b) at each state."""

    out: Product

    def forward(self, x: Tensor, inputs: Inputs, read: Read) -> Tensor:
        """[batch, 3 steps, d_model] -> [batch, steps, actions]."""
        return self.out(x[:, 1::3]).tanh()


@builds(s.ActionLogits)
class ActionLogits(Module):
    """W x at each state."""

    out: Product

    def forward(self, x: Tensor, inputs: Inputs, read: Read) -> Tensor:
        """[batch, 3 steps, d_model] -> [batch, steps, actions]."""
        return self.out(x[:, 1::3])


@builds(s.NextState)
@builds(s.NextReturn)
class AfterAction(Module):
    """W x + b at each action."""

    out: Product

    def forward(self, x: Tensor, inputs: Inputs, read: Read) -> Tensor:
        """[batch, 3 steps, d_model] -> [batch, steps, numbers]."""
        return self.out(x[:, 2::3])
