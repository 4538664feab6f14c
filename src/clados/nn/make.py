"""build: a model of a declaration, on any device."""

from typing import cast

import torch

from clados import spec as s
from clados.errors import check_seed
from clados.nn.core.module import module
from clados.nn.init import draw_weights
from clados.nn.kinds.model import WholeModel


def build(
    model: s.Model, *, device: str | torch.device = "cpu", dtype: torch.dtype = torch.float32, seed: int = 0
) -> WholeModel:
    """A working model of a declaration, its weights drawn as the paper says, in evaluation mode.

    Args:
        device: ``"meta"`` allocates nothing.

    Raises:
        InputError: for a seed out of range.
    """
    with torch.device(device):
        made = cast("WholeModel", module(model).to(dtype).eval())
    if torch.device(device).type != "meta":
        check_seed(seed)
        draw_weights(made, model, torch.Generator(device).manual_seed(seed))
    return made
