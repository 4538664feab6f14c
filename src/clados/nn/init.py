"""Tensors drawn by the laws of a declaration."""

import math

import torch
from torch import Tensor, nn

from clados.spec import Init, Model, Row, TwoTower, rows


@torch.no_grad()
def draw_weights(model: nn.Module, part: Model, generator: torch.Generator | None = None) -> None:
    """Fill a model's tensors by the laws of its declaration's ``init``."""
    init = part.init
    for row in rows(part):
        tensor = model.get_parameter(row.path)
        if isinstance(row.part, TwoTower):
            tensor.fill_(-math.log(row.part.temperature))
        else:
            _draw(tensor, row, init, generator)


def _draw(tensor: Tensor, row: Row, init: Init, generator: torch.Generator | None) -> None:
    start = 0
    for fill in init.fills(row):
        each = tensor[start : start + fill.rows] if tensor.dim() else tensor
        start += fill.rows
        match fill.law if fill.std or fill.law == "ones" else "zeros":
            case "ones":
                each.fill_(1.0)
            case "zeros":
                each.zero_()
            case "normal":
                each.normal_(0.0, fill.std, generator=generator)
            case "truncated":
                nn.init.trunc_normal_(each, 0.0, fill.std, -2 * fill.std, 2 * fill.std, generator=generator)
            case "uniform":
                each.uniform_(-fill.std * 3**0.5, fill.std * 3**0.5, generator=generator)
