"""Attention within windows of a map. Shapes: x is [batch, height, width, d_model]."""

from typing import NamedTuple, Self

import torch
import torch.nn.functional as F
from torch import Tensor

from clados import spec as s
from clados.nn.core.module import Module, Product, Rows, builds
from clados.nn.dropout import attend
from clados.spec.core.pieces import Env


class Windows(NamedTuple):
    """How the maps of a stage are cut, worked out once for all its layers."""

    window: tuple[int, int]  # height and width
    filled: tuple[int, int]  # rows and columns of zeros below and to the right of a map
    offsets: Tensor  # the row of the table for each two places of a window, [places * places]
    table: tuple[int, int]  # sides of the table that is needed, rows and columns
    shift: int = 0
    mask: Tensor | None = None  # of shifted windows: 0, or -inf between what wraps around, [windows, 1, places, places]
    queries: Tensor | None = None  # that all windows of a map share, [batch, height, width, d_model]

    @classmethod
    def of(
        cls, x: Tensor, window: tuple[int, int], declared: int, shift: int = 0, queries: Tensor | None = None
    ) -> Self:
        """The windows of a map; ``declared`` is the side of those that the table was made for."""
        sides = (2 * max(window[0], declared) - 1, 2 * max(window[1], declared) - 1)
        filled = (-x.size(1) % window[0], -x.size(2) % window[1])
        rows, columns = (torch.arange(side, device=x.device) for side in window)
        down = (rows[:, None, None, None] - rows[:, None] + sides[0] // 2) * sides[1]
        offsets = down + columns[:, None, None] - columns + sides[1] // 2
        mask = _wrapped(x, window, filled, shift) if shift else None
        return cls(window, filled, offsets.flatten(), sides, shift, mask, queries)


def _wrapped(x: Tensor, window: tuple[int, int], filled: tuple[int, int], shift: int) -> Tensor:
    """The mask of windows that are shifted: along each side what wraps around is a region of its own."""
    regions = []
    for side, step in zip((x.size(1) + filled[0], x.size(2) + filled[1]), window):
        places = torch.arange(side, device=x.device)
        regions.append(((places >= side - shift).int()).view(-1, step))
    down, across = regions
    region = 2 * down[:, None, :, None] + across[None, :, None, :]
    flat = region.flatten(0, 1).flatten(1)
    apart = flat[:, None, :, None] != flat[:, None, None, :]
    return torch.zeros(apart.shape, dtype=x.dtype, device=x.device).masked_fill_(apart, float("-inf"))


def interpolated(table: Tensor, before: tuple[int, int], after: tuple[int, int]) -> Tensor:
    """A table of offsets, [rows x columns, heads], for windows of other sides: bicubically (Liu et al. 2021, §3.2)."""
    square = table.T.reshape(1, -1, *before)
    return F.interpolate(square, after, mode="bicubic", align_corners=False)[0].flatten(1).T


@builds(s.WindowAttention)
class WindowAttention(Module):
    """softmax(q k^T / sqrt(head_dim) + B) v within each window of a map."""

    shifts = False
    qkv: Product
    table: Rows
    out: Product

    def __init__(self, part: s.WindowAttention, env: Env) -> None:
        super().__init__(part, env)
        self.heads, self.head_dim, self.dropout = env.dims.heads, env.dims.head_dim, part.dropout
        self.side = 2 * env.window - 1

    def bias(self, windows: Windows) -> Tensor:
        """B, [heads, places, places]; of windows that have grown, from a table that is interpolated."""
        table: Tensor = self.table.weight
        places = windows.window[0] * windows.window[1]
        if windows.table != (self.side, self.side):
            table = interpolated(table, (self.side, self.side), windows.table)
        return table.T.index_select(1, windows.offsets).view(self.heads, places, places)

    def cut(self, x: Tensor, windows: Windows) -> tuple[Tensor, ...]:
        """Queries, keys and values of each window, [batch * windows, heads, places, head_dim] each."""
        batch, height, width, _ = x.shape
        rows, columns = windows.window
        qkv = self.qkv(x).view(batch, height // rows, rows, width // columns, columns, -1, self.heads, self.head_dim)
        cut = qkv.permute(5, 0, 1, 3, 6, 2, 4, 7).reshape(qkv.size(5), -1, self.heads, rows * columns, self.head_dim)
        return cut.unbind(0)

    def forward(self, x: Tensor, windows: Windows) -> Tensor:
        """Same shape."""
        batch, height, width, d_model = x.shape
        down, across = windows.filled
        if down or across:
            x = F.pad(x, (0, 0, 0, across, 0, down))
        shift = windows.shift if self.shifts else 0
        if shift:
            x = x.roll((-shift, -shift), (1, 2))
        q, k, v = self.cut(x, windows)
        bias, shape = self.bias(windows), q.shape
        if shift and windows.mask is not None:
            bias = (bias + windows.mask).flatten(0, 1)  # a mask for each window: these go with the heads
            q, k, v = (each.view(batch, -1, *shape[2:]) for each in (q, k, v))
        causal = grouped = False
        y = attend(q, k, v, bias[None], causal, None, grouped, self.dropout, self.training)
        (rows, columns), (_, high, wide, _) = windows.window, x.shape
        y = y.view(batch, high // rows, wide // columns, self.heads, rows, columns, self.head_dim)
        y = y.permute(0, 1, 4, 2, 5, 3, 6).reshape(batch, high, wide, d_model)
        if shift:
            y = y.roll((shift, shift), (1, 2))
        return self.out(y[:, :height, :width] if down or across else y)


@builds(s.ShiftedWindows)
class ShiftedWindows(WindowAttention):
    """The same in windows that stand half a window further down and right."""

    shifts = True


@builds(s.GlobalWindows)
class GlobalWindows(WindowAttention):
    """The same with queries that all windows share."""

    def cut(self, x: Tensor, windows: Windows) -> tuple[Tensor, ...]:
        if windows.queries is None:
            raise s.SpecError("these windows have no queries to share")
        k, v = super().cut(x, windows)
        q = windows.queries.flatten(1, 2).unflatten(2, (self.heads, self.head_dim)).transpose(1, 2)
        each = k.size(0) // q.size(0)
        return q[:, None].expand(-1, each, -1, -1, -1).reshape(k.shape), k, v
