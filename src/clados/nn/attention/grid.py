"""Which places of an image's grid a place attends to, in a stack that reads a text first."""

from abc import abstractmethod
from typing import Any

import torch
from torch import Tensor

from clados import spec as s
from clados.nn.attention.masks import Mask
from clados.nn.core.module import builds
from clados.spec.core.pieces import Env


class GridMask(Mask):
    """The text is seen by all; of the grid, what lies so many places before."""

    def __init__(self, part: s.GridPattern, env: Env | None = None) -> None:
        super().__init__(part, env)
        position: Any = getattr(env.inputs if env else None, "position", None)
        if not isinstance(position, s.TextThenGrid):
            raise s.SpecError(f"{part!r} needs inputs whose position is TextThenGrid(...), not {position!r}")
        self.text, self.side = position.text, position.side

    def __call__(self, query: Tensor, key: Tensor) -> Tensor:
        return (key < self.text) | (query < self.text)[:, None] | self.near(query[:, None] - key)

    @abstractmethod
    def near(self, before: Tensor) -> Tensor:
        """Whether a place sees the one so many before it, row by row; [queries, keys]."""


@builds(s.GridRow)
class GridRow(GridMask):
    """As many places before as a row has."""

    def near(self, before: Tensor) -> Tensor:
        return before <= self.side


@builds(s.GridColumn)
class GridColumn(GridMask):
    """The places above."""

    def near(self, before: Tensor) -> Tensor:
        return before % self.side == 0


@builds(s.GridKernel)
class GridKernel(GridMask):
    """What lies around, and before."""

    part: s.GridKernel

    def near(self, before: Tensor) -> Tensor:
        half = self.part.side // 2
        rows = self.side * torch.arange(half + 1, device=before.device)
        return ((before[..., None] - rows).abs() <= half).any(-1)
