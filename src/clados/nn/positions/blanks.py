"""Positions that are pairs: in the text, and in a blank of it."""

from collections.abc import Sequence

import torch
from torch import Tensor

from clados import spec as s
from clados.nn.core.module import Rows, builds
from clados.nn.positions.absolute import Learned


@builds(s.Blanks)
class Blanks(Learned):
    """table[place in the text] + blanks[place in the blank]."""

    blanks: Rows

    def forward(self, positions: Tensor) -> Tensor:
        """[batch or 1, length, 2] -> [batch or 1, length, d_model]; single numbers are of what is read."""
        if positions.dim() == 2:
            return super().forward(positions) + self.blanks.weight[0]
        return super().forward(positions[..., 0]) + self.blanks(positions[..., 1])


def blank_positions(prompt: Tensor, keep: Tensor, blanks: Sequence[int], new: int) -> Tensor:
    """Positions of a prompt that is read and of ``new`` tokens written after it: [batch, length + new, 2].

    All are written at the place of the prompt's last blank; where it has none, each a place further on.

    Args:
        prompt: [batch, length] ids, padded on the left; keep: [batch, length] bool, False for padding.
        blanks: the ids that stand for one.
    """
    place = (keep.cumsum(1) - 1).clamp(min=0)
    blank = torch.isin(prompt, torch.tensor(blanks, device=prompt.device)) & keep
    count = torch.arange(1, new + 1, device=prompt.device)
    behind = place[:, -1:] + count
    at = (place * blank).amax(1, keepdim=True).expand_as(behind)
    written = torch.stack([torch.where(blank.any(1, keepdim=True), at, behind), count.expand_as(behind)], -1)
    return torch.cat([torch.stack([place, torch.zeros_like(place)], -1), written], 1)
