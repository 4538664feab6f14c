"""BigBird's attention: products of blocks with the blocks that they see, and no full matrix of scores."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from clados import spec as s
from clados.nn.attention.dense import Attention
from clados.nn.attention.masks import Mask
from clados.nn.core.context import AttentionContext
from clados.nn.core.module import builds
from clados.nn.dropout import attend
from clados.spec.core.pieces import Env

WORD = 0xFFFFFFFF
NEVER = WORD + 1  # beyond every number that is drawn


@dataclass(slots=True)
class BlockContext(AttentionContext):
    """Global positions come first, then whole blocks."""

    first: int = 0  # so many positions are global


def random_blocks(
    layer: int, heads: int, blocks: int, window: int, random: int, device: torch.device
) -> tuple[Tensor, Tensor]:
    """The random blocks of each block: their numbers, and whether there were so many; [heads, blocks, random].

    Every block gets a number by chance for each block that may see it, and those with the least are seen: all choices
    are equally likely, and the same for the same layer, head and blocks, on every machine.
    """
    each = torch.arange(max(heads, blocks), device=device)
    chance = mixed(each[:heads] + 977 * layer)[:, None]
    chance = mixed(mixed(chance ^ each[:blocks])[..., None] ^ each[:blocks])
    near = (each[:blocks, None] - each[:blocks]).abs() <= window // 2
    least, which = chance.masked_fill(near, NEVER).topk(min(random, blocks), largest=False)
    return which, least < NEVER


def mixed(number: Tensor) -> Tensor:
    """32 bits, each of which hangs on all that were given (Appleby's finaliser of MurmurHash3)."""
    number = (number + 0x9E3779B9) & WORD
    number = (number ^ (number >> 16)) * 0x85EBCA6B & WORD
    number = (number ^ (number >> 13)) * 0xC2B2AE35 & WORD
    return number ^ (number >> 16)


@builds(s.BlockSparse)
class BlockOrder(Mask):
    """Brings what is global to the front and the text to whole blocks, for all layers of a stack, and back."""

    part: s.BlockSparse

    def __call__(self, query: Tensor, key: Tensor) -> Tensor:
        raise s.SpecError("BlockSparse(...) makes no matrix of what each position sees: it needs a stack")

    def enter(self, x: Tensor, keep: Tensor | None, extra: Tensor | None) -> tuple[Tensor, BlockContext]:
        """States in the order of the layers, and what these may see.

        Args:
            x: [batch, length, d_model]; keep: [batch, length] bool; extra: [global positions, d_model] before the text.
        """
        length, block = x.size(1), self.part.block
        if keep is None:
            keep = torch.ones(x.shape[:2], dtype=torch.bool, device=x.device)
        short = max(-length % block, 2 * block - length)
        x, keep = F.pad(x, (0, 0, 0, short)), F.pad(keep, (0, short))
        if extra is None:
            x, keep = (torch.cat([each[:, :block], each[:, -block:], each[:, block:-block]], 1) for each in (x, keep))
            return x, BlockContext(keep=keep, first=2 * block)
        x = torch.cat([extra.expand(x.size(0), -1, -1), x], 1)
        return x, BlockContext(keep=F.pad(keep, (len(extra), 0), value=True), first=len(extra))

    def leave(self, x: Tensor, length: int) -> Tensor:
        """The text's states in their own order, [batch, length, d_model]."""
        extra, block = self.part.extra, self.part.block
        if not extra:
            x = torch.cat([x[:, :block], x[:, 2 * block :], x[:, block : 2 * block]], 1)
        return x[:, extra : extra + length]


@builds(s.Attention, s.BlockSparse)
class BlockSparseAttention(Attention):
    """Global queries see every key; each block of the others sees global keys and those of its own few blocks."""

    def __init__(self, part: s.Attention, env: Env) -> None:
        super().__init__(part, env)
        if self.grouped or not isinstance(part.pattern, s.BlockSparse):
            raise s.SpecError("attention over blocks has keys of its own for each head")
        self.block, self.window, self.random = part.pattern.block, part.pattern.window, part.pattern.random
        self.layer = 0  # set by the stack: the random blocks of each layer are others

    def attend(self, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, context: AttentionContext) -> Tensor:
        if not isinstance(context, BlockContext) or context.keep is None:
            raise s.SpecError("this attention needs the blocks of a stack")
        shut = torch.zeros_like(context.keep, dtype=q.dtype).masked_fill(~context.keep, torch.finfo(q.dtype).min)
        y = self.given(q[:, :, : context.first], k, v, shut[:, None, None])
        if q.size(2) == context.first:
            return y
        return torch.cat([y, self.near(q, k, v, shut, context.first)], 2)

    def given(self, q: Tensor, k: Tensor, v: Tensor, shut: Tensor) -> Tensor:
        """Attention with what is shut out at its least: [batch, heads, queries, head_dim]."""
        how = False, self.scale, False, self.dropout, self.training
        return attend(q, k, v, shut, *how)

    def near(self, q: Tensor, k: Tensor, v: Tensor, shut: Tensor, first: int) -> Tensor:
        """The blocks' own queries: [batch, heads, length - first, head_dim]; ``shut`` is [batch, length]."""
        batch, heads, _, head_dim = q.shape
        which, there = self.seen(heads, (q.size(2) - first) // self.block, q.device)
        blocks, each = which.size(1), which.size(2) * self.block

        def gathered(x: Tensor) -> Tensor:
            rows = torch.arange(batch * heads, device=x.device).view(batch, heads, 1, 1) * blocks
            held = x[:, :, first:].reshape(-1, self.block * head_dim).index_select(0, (rows + which).flatten())
            ahead = x[:, :, :first].reshape(-1, 1, first, head_dim).expand(-1, blocks, -1, -1)
            return torch.cat([ahead, held.view(-1, blocks, each, head_dim)], 2)

        closed = shut[:, first:].unflatten(1, (-1, self.block))[:, which]
        closed = closed.masked_fill(~there[..., None], torch.finfo(q.dtype).min).flatten(3)
        closed = torch.cat([shut[:, None, None, :first].expand(-1, heads, blocks, -1), closed], -1)
        queries = q[:, :, first:].reshape(-1, blocks, self.block, head_dim)
        y = self.given(queries, gathered(k), gathered(v), closed.view(-1, blocks, 1, first + each))
        return y.reshape(batch, heads, -1, head_dim)

    def seen(self, heads: int, blocks: int, device: torch.device) -> tuple[Tensor, Tensor]:
        """The blocks that each block sees, [heads, blocks, so many], and whether they are there."""
        half = self.window // 2
        near = torch.arange(blocks, device=device)[:, None] + torch.arange(-half, half + 1, device=device)
        far, found = random_blocks(self.layer, heads, blocks, self.window, self.random, device)
        inside = ((near >= 0) & (near < blocks)).expand(heads, -1, -1)
        near = near.clamp(0, blocks - 1).expand(heads, -1, -1)
        return torch.cat([near, far], -1), torch.cat([inside, found], -1)
