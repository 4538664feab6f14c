"""What a model of trajectories predicts: actions, states, returns."""

from typing import ClassVar

from clados.spec.core.pieces import Env, Pieces, linear
from clados.spec.errors import SpecError
from clados.spec.heads.base import Head
from clados.spec.inputs.trajectory import Frames, _trajectory


class NextAction(Head):
    """tanh(W x + b) of each state's position: the action to take (continuous)."""

    slot: ClassVar[str] = "action"
    output: ClassVar[str] = "action_preds"

    def pieces(self, env: Env) -> Pieces:
        return {"out": linear(env.dims.d_model, _trajectory(env).actions)}


class NextState(Head):
    """The next state, read at each action's position; declared by the authors' code, not trained by it."""

    slot: ClassVar[str] = "state"
    output: ClassVar[str] = "state_preds"

    def pieces(self, env: Env) -> Pieces:
        return {"out": linear(env.dims.d_model, _trajectory(env).states)}


class NextReturn(Head):
    """The next return-to-go, read at each action's position; declared by the authors' code, not trained by it."""

    slot: ClassVar[str] = "return"
    output: ClassVar[str] = "return_preds"

    def pieces(self, env: Env) -> Pieces:
        return {"out": linear(env.dims.d_model, 1)}


class ActionLogits(Head):
    """Scores of the discrete actions, read at each state's position, without bias."""

    slot: ClassVar[str] = "action"
    output: ClassVar[str] = "action_preds"

    def pieces(self, env: Env) -> Pieces:
        if not isinstance(env.inputs, Frames):
            raise SpecError(f"ActionLogits needs Frames, but the model reads {type(env.inputs).__name__}")
        return {"out": linear(env.dims.d_model, env.inputs.actions, bias=False)}
