"""Returns, states and actions to vectors."""

from typing import ClassVar, Self

from clados.spec.core.pieces import Env, Held, Pieces, Projection, Table, Weight, linear
from clados.spec.errors import SpecError
from clados.spec.inputs.base import Inputs


class Trajectory(Inputs, kw_only=True):
    """Return-to-go, state and action of each step, each projected, plus one vector a time step, then the norm.

    Decision Transformer on continuous states and actions (Chen et al. 2021, §3, algorithm 1).
    """

    per_step: ClassVar[int] = 3
    states: int  # numbers that describe a state
    actions: int  # numbers that describe an action
    timesteps: int  # rows of the time table
    context: int  # steps that are seen
    dropout: float = 0.0

    def pieces(self, env: Env) -> Pieces:
        width = env.dims.d_model
        return {
            "returns": linear(1, width),
            "states": linear(self.states, width),
            "actions": linear(self.actions, width),
            "timesteps": Table(self.timesteps, width),
            "norm": Held(env.norm, env),
        }

    def small(self) -> Self:
        return self.but(states=7, actions=5, timesteps=40, context=9)


class Frames(Inputs, kw_only=True):
    """Return-to-go, stacked frames and discrete action of each step, each through tanh; two position tables.

    Decision Transformer on Atari (Chen et al. 2021, appendix A; github:kzl/decision-transformer atari/mingpt).
    """

    per_step: ClassVar[int] = 3
    frames: int  # grey frames stacked as channels
    side: int  # of a frame in pixels
    convolutions: tuple[tuple[int, int, int], ...]  # (channels, kernel, stride)
    actions: int  # choices
    timesteps: int  # rows of the table of global time
    context: int  # steps that are seen
    dropout: float = 0.0

    @property
    def flat(self) -> int:
        """Numbers that the last convolution gives."""
        side = self.side
        for _, kernel, stride in self.convolutions:
            side = (side - kernel) // stride + 1
        return side * side * self.convolutions[-1][0]

    def pieces(self, env: Env) -> Pieces:
        width, channels = env.dims.d_model, self.frames
        held: dict[str, Weight | Table | Projection] = {}
        for i, (out, kernel, _) in enumerate(self.convolutions):
            held[f"conv{i}"] = Weight((out, channels, kernel, kernel), fan_in=channels * kernel**2)
            held[f"conv{i}_bias"] = Weight((out,))
            channels = out
        return held | {
            "states": linear(self.flat, width),
            "returns": linear(1, width),
            "actions": Table(self.actions, width),
            "positions": Table(3 * self.context + 1, width),
            "timesteps": Table(self.timesteps + 1, width),
        }

    def small(self) -> Self:
        return self.but(side=44, actions=5, timesteps=40, context=7)

    @classmethod
    def example(cls) -> Self:
        return cls(frames=4, side=36, convolutions=((4, 8, 4),), actions=5, timesteps=40, context=7)


def _trajectory(env: Env) -> Trajectory:
    if not isinstance(env.inputs, Trajectory):
        raise SpecError(f"this head reads trajectories, but the model reads {type(env.inputs).__name__}")
    return env.inputs
