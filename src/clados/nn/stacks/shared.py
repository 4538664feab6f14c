"""Layers that share their weights."""

from collections.abc import Iterable

from torch import nn

from clados import spec as s
from clados.nn.core.module import builds
from clados.nn.stacks.stack import Stack
from clados.spec.core.pieces import Env


@builds(s.SharedStack)
class SharedStack(Stack):
    """A block of each group, applied as often as the group has layers."""

    def __init__(self, part: s.SharedStack, env: Env) -> None:
        super().__init__(part, env)
        self.group = part.group(env.dims.layers)

    def each(self) -> Iterable[nn.Module]:
        return [self.blocks[group] for group in self.group]
