"""Stages of windows. Shapes: x is [batch, height, width, d_model]."""

import torch.nn.functional as F
from torch import Tensor, nn

from clados import spec as s
from clados.nn.attention.windows import WindowAttention, Windows
from clados.nn.core.module import Module, TensorFn, builds
from clados.nn.dropout import drop_path
from clados.nn.feedforward.mlp import MLP
from clados.spec.core.pieces import Env


class WindowBlock(Module):
    """x + attn(norm(x)), then x + mlp(norm(x))."""

    attn_norm: TensorFn
    attn: WindowAttention
    mlp_norm: TensorFn
    mlp: MLP

    def forward(self, x: Tensor, windows: Windows, rate: float) -> Tensor:
        """Same shape; ``rate`` is that of dropped paths."""
        x = x + drop_path(self.attn(self.attn_norm(x), windows), rate, self.training)
        return x + drop_path(self.mlp(self.mlp_norm(x)), rate, self.training)


class ScaledBlock(WindowBlock):
    """The same with a learned factor on each number of a branch."""

    attn_scale: nn.Parameter
    mlp_scale: nn.Parameter

    def forward(self, x: Tensor, windows: Windows, rate: float) -> Tensor:
        """Same shape."""
        x = x + drop_path(self.attn_scale * self.attn(self.attn_norm(x), windows), rate, self.training)
        return x + drop_path(self.mlp_scale * self.mlp(self.mlp_norm(x)), rate, self.training)


@builds(s.WindowBlock)
def _block(part: s.WindowBlock, env: Env) -> nn.Module:
    return (WindowBlock if part.layer_scale is None else ScaledBlock)(part, env)


@builds(s.WindowStage)
class WindowStage(Module):
    """The layers of one resolution."""

    queries: nn.ModuleList
    blocks: nn.ModuleList

    def __init__(self, part: s.WindowStage, env: Env) -> None:
        super().__init__(part, env)
        self.window, self.halvings, self.rates = part.window, part.halvings, part.rates
        self.asks = part.queries is not None
        self.shifts = any(isinstance(each.attn, s.ShiftedWindows) for each in part.blocks)

    def windows(self, x: Tensor) -> Windows:
        """How a map is cut.

        Raises:
            SpecError: where windows of the size of the queries do not fill the map.
        """
        height, width = x.shape[1:3]
        if self.asks:
            queries = self.asked(x)
            window = (queries.size(1), queries.size(2))
            if height % window[0] or width % window[1]:
                fold = 2**self.halvings
                raise s.SpecError(
                    f"pixel_values give a map of {height}x{width} that windows of {window[0]}x{window[1]} do not "
                    f"fill; sides that are multiples of {fold} are allowed"
                )
            return Windows.of(x, window, self.window, queries=queries)
        side = min(self.window, height, width)
        shift = side // 2 if self.shifts and side < min(height, width) else 0
        return Windows.of(x, (side, side), self.window, shift)

    def asked(self, x: Tensor) -> Tensor:
        """The queries that all windows share: the map, brought to the size of a window."""
        for number, block in enumerate(self.queries):
            x = block(x)
            if number < self.halvings:
                x = F.max_pool2d(x.permute(0, 3, 1, 2), 3, 2, 1).permute(0, 2, 3, 1)
        return x

    def forward(self, x: Tensor) -> Tensor:
        """Same shape."""
        windows = self.windows(x)
        for block, rate in zip(self.blocks, self.rates):
            x = block(x, windows, rate)
        return x
