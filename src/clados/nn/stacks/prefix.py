"""Positions that are pairs: in the text, and in a blank of it."""

import torch
from torch import Tensor

from clados import spec as s
from clados.nn.build import Rows, builds
from clados.nn.positions import Learned
from clados.nn.sight import Sight, visible
from clados.nn.stack import STACKS, Stack


@builds(s.Blanks)
class Blanks(Learned):
    """table[place in the text] + blanks[place in the blank]."""

    blanks: Rows

    def forward(self, positions: Tensor) -> Tensor:
        """[batch or 1, length, 2] -> [batch or 1, length, d_model]; single numbers are of what is read."""
        if positions.dim() == 2:
            return super().forward(positions) + self.blanks.weight[0]
        return super().forward(positions[..., 0]) + self.blanks(positions[..., 1])


@visible.register
def _(part: s.Prefix, query: Tensor, key: Tensor) -> Tensor:
    return key <= query[:, None]


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


STACKS[s.Prefix] = PairedStack


def blank_positions(prompt: Tensor, keep: Tensor, mask: int | None, new: int) -> Tensor:
    """Positions of a prompt that is read and of ``new`` words written after it: [batch, length + new, 2].

    All are written at the place of the prompt's last blank; where it has none, each a place further on.

    Args:
        prompt: [batch, length] ids, padded on the left; keep: [batch, length] bool, False for padding.
        mask: the id of a blank.
    """
    place = (keep.cumsum(1) - 1).clamp(min=0)
    blank = torch.zeros_like(keep) if mask is None else (prompt == mask) & keep
    count = torch.arange(1, new + 1, device=prompt.device)
    behind = place[:, -1:] + count
    at = (place * blank).amax(1, keepdim=True).expand_as(behind)
    written = torch.stack([torch.where(blank.any(1, keepdim=True), at, behind), count.expand_as(behind)], -1)
    return torch.cat([torch.stack([place, torch.zeros_like(place)], -1), written], 1)
