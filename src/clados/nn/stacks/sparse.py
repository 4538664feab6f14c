"""A stack of block-sparse attention."""

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor

from clados import spec as s
from clados.nn.attention.block_sparse import Blocks, BlockSparseAttention
from clados.nn.core.context import Cache
from clados.nn.core.module import Rows, builds
from clados.nn.dropout import drop
from clados.nn.stacks.stack import FORGETS, Stack
from clados.spec.core.pieces import Env


@builds(s.SparseStack)
class SparseStack(Stack):
    """Brings what is global to the front and the text to whole blocks, for all layers, and back."""

    extra: Rows
    packs = False  # where the blocks lie hangs on the length of the batch

    def __init__(self, part: s.SparseStack, env: Env) -> None:
        super().__init__(part, env)
        self.added = part.extra
        for layer, block in enumerate(self.blocks):
            attn = cast(BlockSparseAttention, block.attn)
            attn.layer, self.block = layer, attn.block

    def forward(
        self,
        x: Tensor,
        positions: Tensor,
        keep: Tensor | None = None,
        cache: Cache | None = None,
        memory: Tensor | None = None,
        memory_mask: Tensor | None = None,
        lengths: tuple[int, ...] | None = None,
    ) -> Tensor:
        if cache is not None or memory is not None or lengths is not None:
            raise s.SpecError("a SparseStack encodes whole texts: it takes neither a cache nor another stack's states")
        length, block = x.size(1), self.block
        if keep is None:
            keep = torch.ones(x.shape[:2], dtype=torch.bool, device=x.device)
        short = max(-length % block, 2 * block - length)
        x, keep = F.pad(x, (0, 0, 0, short)), F.pad(keep, (0, short))
        if self.added:
            x = torch.cat([self.extra.weight.expand(x.size(0), -1, -1), x], 1)
            sight = Blocks(keep=F.pad(keep, (self.added, 0), value=True), first=self.added)
        else:
            x = torch.cat([x[:, :block], x[:, -block:], x[:, block:-block]], 1)
            sight = Blocks(
                keep=torch.cat([keep[:, :block], keep[:, -block:], keep[:, block:-block]], 1), first=2 * block
            )
        for each in self.each():
            x, _ = each(x, sight, FORGETS)
        back = (
            x[:, self.added :]
            if self.added
            else torch.cat([x[:, :block], x[:, 2 * block :], x[:, block : 2 * block]], 1)
        )
        return drop(self.norm_out(back[:, :length]), self.dropout, self.training)
