"""A vector for each place of a text, then for each row and column of a grid."""

import torch
import torch.nn.functional as F
from torch import Tensor

from clados import spec as s
from clados.nn.core.module import Module, Rows, builds
from clados.spec.core.pieces import Env


@builds(s.TextThenGrid)
class TextThenGrid(Module):
    """Places of a text, then rows and columns."""

    text: Rows
    rows: Rows
    columns: Rows

    def __init__(self, part: s.TextThenGrid, env: Env) -> None:
        super().__init__(part, env)
        self.places = part.places

    def forward(self, positions: Tensor) -> Tensor:
        """[batch or 1, length] of places -> [batch or 1, length, d_model].

        Raises:
            SpecError: for a place beyond the grid (on an accelerator, torch's own assertion).
        """
        grid = (self.rows.weight[:, None] + self.columns.weight).flatten(0, 1)
        try:
            return F.embedding(positions, torch.cat([self.text.weight, grid]))
        except IndexError:
            last = self.places - 1
            raise s.SpecError(
                f"places reach to {int(positions.max())}; those of text and image end at {last}"
            ) from None
