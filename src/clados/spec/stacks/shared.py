"""Layers that share their weights."""

from typing import cast

from clados.spec.core.pieces import Env, Pieces, Several
from clados.spec.errors import SpecError
from clados.spec.stacks.block import Block
from clados.spec.stacks.stack import Stack


class SharedStack(Stack, kw_only=True):
    """Layers in ``groups`` of neighbours; all layers of a group have one set of weights (Lan et al. 2020, §3.1)."""

    groups: int = 1

    def check(self) -> None:
        if self.groups < 1:
            raise SpecError(f"SharedStack.groups is {self.groups}; it must be at least 1")
        if not isinstance(self.block, Block):
            raise SpecError("SharedStack.block is several in turn; layers that share their weights are of one kind")

    def group(self, layers: int) -> tuple[int, ...]:
        """The group of each layer."""
        return tuple(i * self.groups // layers for i in range(layers))

    def pieces(self, env: Env) -> Pieces:
        layers = env.dims.layers
        if self.groups > layers:
            raise SpecError(f"SharedStack.groups is {self.groups}, more than the {layers} layers")
        held = dict(super().pieces(env))
        return {**held, "blocks": Several(cast(Several, held["blocks"]).held[: self.groups])}
