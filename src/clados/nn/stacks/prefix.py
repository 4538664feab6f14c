"""A stack that reads both ways and writes after it."""

import torch
from torch import Tensor

from clados import spec as s
from clados.nn.attention.masks import Mask
from clados.nn.core.context import Sight
from clados.nn.core.module import builds
from clados.nn.stacks.stack import Stack


@builds(s.Prefix)
class Prefix(Mask):
    """Itself and what came before; what is read, all may see."""

    def __call__(self, query: Tensor, key: Tensor) -> Tensor:
        return key <= query[:, None]


@builds(s.Stack, s.Prefix)
class PairedStack(Stack):
    """Positions are pairs, and all may see what is read, whose second number is 0; single ones are all read."""

    packs = False
    paired = True

    def look(
        self,
        x: Tensor,
        positions: Tensor,
        keep: Tensor | None,
        past: int,
        lengths: tuple[int, ...] | None,
        read: Tensor | None = None,
    ) -> list[Sight]:
        if positions.dim() == 2:
            return super().look(x, positions, keep, past, lengths, torch.ones_like(positions, dtype=torch.bool))
        return super().look(x, positions[..., 0], keep, past, lengths, positions[..., 1] == 0)
