"""Trajectories of which every number is a token."""

import torch
from torch import Tensor

from clados import spec as s
from clados.nn.core.module import Module, Rows, builds
from clados.nn.dropout import drop
from clados.spec.core.pieces import Env


@builds(s.Binned)
class Binned(Module):
    """The vector of each number's bin, plus that of its place in the window."""

    tokens: Rows
    positions: Rows

    def __init__(self, part: s.Binned, env: Env) -> None:
        super().__init__(part, env)
        self.step, self.bins, self.dropout = part.step, part.bins, part.dropout

    def forward(self, trajectories: Tensor) -> Tensor:
        """[batch, length] bins, ``bins`` itself for the end, from the first number of a step on -> [.., d_model].

        Raises:
            SpecError: for more tokens than there are positions.
        """
        length, most = trajectories.size(1), self.positions.weight.size(0)
        if length > most:
            raise s.SpecError(f"trajectories have {length} tokens; this model has {most} positions")
        place = torch.arange(length, device=trajectories.device) % self.step
        ids = torch.where(trajectories == self.bins, self.bins * self.step, trajectories + self.bins * place)
        return drop(self.tokens(ids) + self.positions.weight[:length], self.dropout, self.training)
