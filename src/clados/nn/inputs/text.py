"""What happens before the first layer: tokens, patches, trajectories to [batch, length, d_model]."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from clados import spec as s
from clados.nn.build import Maps, Module, Product, Rows, builds
from clados.nn.dropout import drop
from clados.spec.pieces import Env


class Summed(Module):
    """Vectors of tokens plus those of their positions; then norm, then dropout."""

    position: Maps
    norm: Maps

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

    def __init__(self, part: s.Tokens, env: Env) -> None:
        super().__init__(part, env)
        self.typed = part.types > 0
        self.scale = part.width(env.dims) ** 0.5 if part.scaled else 1.0

    def words(self, input_ids: Tensor) -> Tensor:
        """The vectors of tokens alone."""
        return self.tokens(input_ids)

    def forward(self, input_ids: Tensor, positions: Tensor, token_type_ids: Tensor | None = None) -> Tensor:
        """[batch, length] of ids -> [batch, length, d_model]; ``positions`` is [batch or 1, length]."""
        x = self.words(input_ids)
        if self.scale != 1.0:
            x = x * self.scale
        if self.typed:
            x = x + (self.types.weight[0] if token_type_ids is None else self.types(token_type_ids))
        return self.summed(x, positions)


@builds(s.Patches)
class Patches(Module):
    """A class vector, then each patch of an image projected, each with its position's vector."""

    patch: nn.Parameter
    patch_bias: nn.Parameter | None
    cls: nn.Parameter
    positions: Rows
    norm: Maps

    def __init__(self, part: s.Patches, env: Env) -> None:
        super().__init__(part, env)
        self.side, self.image, self.dropout, self.normed = part.side, part.image, part.dropout, part.norm
        if not part.bias:
            self.register_parameter("patch_bias", None)

    def forward(self, pixel_values: Tensor) -> Tensor:
        """[batch, channels, image, image] -> [batch, patches + 1, d_model].

        Raises:
            SpecError: for images of another size than the positions were made for.
        """
        if pixel_values.shape[-2:] != (self.image, self.image):
            size = "x".join(map(str, pixel_values.shape[-2:]))
            raise s.SpecError(f"pixel_values are {size}; this model reads {self.image}x{self.image}")
        x = F.conv2d(pixel_values, self.patch, self.patch_bias, self.side).flatten(2).transpose(1, 2)
        x = torch.cat([self.cls.expand(x.size(0), 1, -1), x], 1) + self.positions.weight
        if self.normed:
            x = self.norm(x)
        return drop(x, self.dropout, self.training)


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
    norm: Maps

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
