"""A stack: what its layers see, worked out once; its layers, one after the other."""

from collections.abc import Iterable
from math import isqrt
from typing import TYPE_CHECKING, Protocol

import torch
from torch import Tensor, nn

from clados import spec as s
from clados.nn.attention.block_sparse import BlockOrder, BlockSparseAttention
from clados.nn.attention.masks import Mask, make_mask
from clados.nn.core.context import KV, NO_STATE, AttentionContext, Cache, PositionTerms, State
from clados.nn.core.module import Module, Rows, builds, made
from clados.nn.dropout import drop
from clados.nn.stacks.enhanced import Convolution, MaskDecoder
from clados.spec.core.pieces import Env

MOST_BIASES = 2**32  # of a layer's scores, each of which has one of its own: 16 GiB of float32
NO_POSITIONS = PositionTerms()


class StackPosition(Protocol):
    """What a stack's position does."""

    def position_terms(self, x: Tensor, positions: Tensor, length: int, past: int) -> PositionTerms:
        """Where ``length`` positions stand after ``past`` others; ``x`` is for its type and device alone."""


@builds(s.Stack)
class Stack(Module):
    """Layers over ``[batch, length, d_model]``."""

    extra: Rows
    blocks: nn.ModuleList
    position: StackPosition
    norm_out: nn.Module
    convolution: Convolution
    decoder: MaskDecoder

    def __init__(self, part: s.Stack, env: Env) -> None:
        super().__init__(part, env)
        self.dims, self.dropout, layers = env.dims, part.dropout, env.dims.layers
        self.sees: Mask = made(part.sees)
        self.placed = part.position is not None
        biased = part.position is not None and not isinstance(part.position, s.Rotary)
        self.most = isqrt(MOST_BIASES // env.dims.heads) if biased else None  # positions that look at one another
        self.masks: list[Mask | None] = [None if pattern is None else made(pattern, env) for pattern in part.patterns]
        self.kinds = [part.patterns.index(block.attn.pattern) for block in part.blocks(layers)]
        self.weights = part.weights(layers) if part.groups else None  # the block of each layer, where some share one
        self.convolved = 0 if part.convolution else None  # which layer has a convolution beside it
        self.decoded = layers - 1 if part.decoder else None  # which layer is passed as decoder of masked tokens
        self.order = next((mask for mask in self.masks if isinstance(mask, BlockOrder)), None)
        self.extended = self.order is not None and self.order.part.extra > 0
        self.paired = self.sees.paired  # a position may be two numbers
        # texts of a batch may stand in one row, each seeing itself alone; where blocks lie hangs on the batch's length
        self.packs = not self.paired and self.order is None
        self.encodes = self.order is not None or part.convolution is not None or part.decoder is not None
        for layer, block in enumerate(self.blocks):
            if isinstance(block.attn, BlockSparseAttention):
                block.attn.layer = layer
        if not part.norm_out:
            self.norm_out = nn.Identity()

    if TYPE_CHECKING:

        def __call__(self, x: Tensor, positions: Tensor, *given: object, **named: object) -> Tensor: ...

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
        """The last states, [batch, length, d_model].

        Args:
            positions: [batch or 1, length].
            keep: [batch, length so far] bool, False for padding.
            cache: what the layers remember; written in place and advanced.
            memory: the encoder's states, [texts, its length, d_model]; memory_mask: [texts, its length] bool.
            lengths: of the texts packed into one row.

        Raises:
            SpecError: for a cache or another stack's states where layers are not passed one by one.
        """
        if self.encodes and (cache is not None or memory is not None):
            raise s.SpecError("this stack encodes: it takes neither a cache nor another stack's states")
        length = x.size(1)
        if self.order is None:
            contexts = self.contexts(x, positions, keep, cache.used if cache else 0, lengths)
            for context in contexts:
                context.memory = memory
                context.keep = None if keep is None else keep[:, -length:]
                context.memory_mask = None if memory_mask is None else memory_mask[:, None, None]
        else:
            x, *contexts = self.order.enter(x, keep, self.extra.weight if self.extended else None)
        for i, (block, kind) in enumerate(zip(self.each(), self.kinds)):
            entered, context = x, contexts[kind]
            if i == self.decoded:
                x = self.decoder(x, positions, block, context)
            elif cache is None:
                x, _ = block(x, context, NO_STATE)
            else:
                x, cache.layers[i] = block(x, context, cache.layers[i])
            if i == self.convolved:
                x = self.convolution(entered, x, context)
        if cache is not None:
            cache.used += length
        if self.order is not None:
            x = self.order.leave(x, length)
        return drop(self.norm_out(x), self.dropout, self.training)

    def each(self) -> Iterable[nn.Module]:
        """The block of each layer."""
        return self.blocks if self.weights is None else [self.blocks[i] for i in self.weights]

    def contexts(
        self, x: Tensor, positions: Tensor, keep: Tensor | None, past: int, lengths: tuple[int, ...] | None
    ) -> list[AttentionContext]:
        """One context for each pattern among the layers.

        Raises:
            SpecError: for so many positions that the biases of their distances fit into no memory.
        """
        positions, read = self.sees.read(positions)
        length = max(lengths) if lengths else x.size(1)
        if self.most is not None and length * (past + length) > self.most**2:
            raise s.SpecError(
                f"{past + length:,} positions at once, each of which knows its distance from all others; at most "
                f"{self.most:,} are possible with {self.dims.heads} heads: give a shorter text"
            )
        placed = self.position.position_terms(x, positions, length, past) if self.placed else NO_POSITIONS
        contexts = []
        for pattern in self.masks:
            mask, causal = make_mask(self.sees, pattern, length, past, keep, placed.bias, x.device, read)
            contexts.append(AttentionContext(mask, causal, past, placed.rotary, placed.distances, lengths=lengths))
        return contexts

    def cache(self, batch: int, room: int, like: Tensor) -> Cache:
        """Empty states with room for so many positions, of the type and on the device of ``like``."""
        shape = batch, self.dims.kv_heads, room, self.dims.head_dim
        return Cache([State(KV(like.new_zeros(shape), like.new_zeros(shape))) for _ in self.kinds], room)


def packed(keep: Tensor) -> tuple[int, ...] | None:
    """The lengths of the texts of a padded batch, when each is in one piece; None when nothing is to be gained."""
    if torch.compiler.is_compiling() or keep.is_cuda:
        return None
    lengths = keep.sum(1)
    if int(lengths.sum()) == keep.numel() or int(lengths.min()) == 0:
        return None
    edges = (keep[:, 1:] != keep[:, :-1]).sum(1) + keep[:, 0] + keep[:, -1]
    return tuple(lengths.tolist()) if bool((edges == 2).all()) else None
