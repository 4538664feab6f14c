"""What a network over images is told beside the step."""

from torch import Tensor

from clados import spec as s
from clados.nn.core.module import Module, Product, builds


@builds(s.LastState)
class LastState(Module):
    """A product of the text's last state."""

    project: Product

    def forward(self, memory: Tensor) -> Tensor:
        """[batch, length, width] -> [batch, width of the step's vector]."""
        return self.project(memory[:, -1])
