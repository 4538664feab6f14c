"""Tensors drawn by the laws of a declaration."""

import torch
from torch import Tensor, nn

from clados.spec import Init, Model, Row, rows


@torch.no_grad()
def draw_weights(model: nn.Module, part: Model, generator: torch.Generator | None = None) -> None:
    """Fill a model's tensors by the laws of its declaration's ``init``."""
    for row in rows(part):
        _draw(model.get_parameter(row.path), row, part.init, generator)


def _draw(tensor: Tensor, row: Row, init: Init, generator: torch.Generator | None) -> None:
    start = 0
    for fill in init.fills(row):
        each = tensor[start : start + fill.rows] if tensor.dim() else tensor
        start += fill.rows
        match fill.law if fill.std else "constant":
            case "constant":
                each.fill_(fill.mean)
            case "normal":
                each.normal_(fill.mean, fill.std, generator=generator)
            case "truncated":
                low, high = fill.mean - 2 * fill.std, fill.mean + 2 * fill.std
                nn.init.trunc_normal_(each, fill.mean, fill.std, low, high, generator=generator)
            case "uniform":
                half = fill.std * 3**0.5
                each.uniform_(fill.mean - half, fill.mean + half, generator=generator)
