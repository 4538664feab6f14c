"""A stack that reads both ways and writes after it."""

import torch
from torch import Tensor

from clados import spec as s
from clados.nn.attention.masks import Mask
from clados.nn.core.module import builds


@builds(s.Prefix)
class Prefix(Mask):
    """Itself and what came before; what is read, all may see: pairs whose second number is 0, and single numbers."""

    paired = True

    def __call__(self, query: Tensor, key: Tensor) -> Tensor:
        return key <= query[:, None]

    def read(self, positions: Tensor) -> tuple[Tensor, Tensor | None]:
        if positions.dim() == 2:
            return positions, torch.ones_like(positions, dtype=torch.bool)
        return positions[..., 0], positions[..., 1] == 0
