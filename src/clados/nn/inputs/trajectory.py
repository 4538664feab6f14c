"""Returns, states and actions to vectors."""

import torch
import torch.nn.functional as F
from torch import Tensor

from clados import spec as s
from clados.nn.core.module import Module, Product, Rows, TensorFn, builds
from clados.nn.dropout import drop
from clados.spec.core.pieces import Env


def in_turn(*each: Tensor) -> Tensor:
    """Several [batch, steps, d_model] woven step by step into [batch, len(each) * steps, d_model]."""
    return torch.stack(each, 2).flatten(1, 2)


@builds(s.Trajectory)
class Trajectory(Module):
    """Return-to-go, state and action of each step, each plus the step's vector, woven together; then the norm."""

    returns: Product
    states: Product
    actions: Product
    timesteps: Rows
    norm: TensorFn

    def __init__(self, part: s.Trajectory, env: Env) -> None:
        super().__init__(part, env)
        self.dropout = part.dropout

    def forward(self, states: Tensor, actions: Tensor, returns_to_go: Tensor, timesteps: Tensor) -> Tensor:
        """[batch, steps, states], [batch, steps, actions], [batch, steps, 1], [batch, steps] -> 3 positions a step."""
        time = self.timesteps(timesteps)
        x = in_turn(self.returns(returns_to_go) + time, self.states(states) + time, self.actions(actions) + time)
        return drop(self.norm(x), self.dropout, self.training)


@builds(s.Frames)
class Frames(Module):
    """Return-to-go, frames and action of each step through tanh, plus the place's and the first time step's vectors."""

    states: Product
    returns: Product
    actions: Rows
    positions: Rows
    timesteps: Rows

    def __init__(self, part: s.Frames, env: Env) -> None:
        super().__init__(part, env)
        self.strides = [stride for _, _, stride in part.convolutions]
        self.side, self.dropout = part.side, part.dropout

    def forward(self, states: Tensor, actions: Tensor, returns_to_go: Tensor, timesteps: Tensor) -> Tensor:
        """[batch, steps, frames, side, side], [batch, steps] ids, [batch, steps, 1], [batch, steps] -> 3 a step.

        The vector of time is that of the window's first step (github:kzl/decision-transformer model_atari.py).

        Raises:
            SpecError: for frames of another size than the layer after the convolutions was made for.
        """
        if states.shape[-2:] != (self.side, self.side):
            size = "x".join(map(str, states.shape[-2:]))
            raise s.SpecError(f"states are frames of {size}; this model reads {self.side}x{self.side}")
        seen = states.flatten(0, 1)
        for i, stride in enumerate(self.strides):
            seen = F.conv2d(seen, getattr(self, f"conv{i}"), getattr(self, f"conv{i}_bias"), stride).relu()
        state = self.states(seen.flatten(1)).tanh().unflatten(0, states.shape[:2])
        x = in_turn(self.returns(returns_to_go).tanh(), state, self.actions(actions).tanh())
        x = x + self.positions.weight[: x.size(1)] + self.timesteps(timesteps[:, :1])
        return drop(x, self.dropout, self.training)
