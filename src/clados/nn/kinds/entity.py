"""Encoders of texts and the entities that they name (Zhang et al. 2019, ERNIE)."""

from typing import Any

import torch
from torch import Tensor, nn

from clados import spec as s
from clados.nn.activations import ACTS
from clados.nn.attention.dense import Attention
from clados.nn.attention.masks import Mask, make_mask
from clados.nn.core.context import AttentionContext
from clados.nn.core.module import Module, Product, TensorFn, builds, made
from clados.nn.dropout import drop
from clados.nn.kinds.arguments import check_ids, check_position_ids, check_shape, refuse_unknown
from clados.nn.kinds.single import Encoder
from clados.spec.core.pieces import Env
from clados.spec.kinds import entity


@builds(s.Fusion)
class Fusion(Module):
    """act(W w + V e + b), and both streams of it again."""

    up: Product
    entity_up: Product
    down: Product
    entity_down: Product

    def __init__(self, part: s.Fusion, env: Env) -> None:
        super().__init__(part, env)
        self.act, self.dropout = ACTS[part.act], part.dropout

    def forward(self, x: Tensor, e: Tensor) -> tuple[Tensor, Tensor]:
        """[batch, length, d_model] and [batch, length, width] -> the same."""
        h = self.act(self.up(x) + self.entity_up(e))
        return drop(self.down(h), self.dropout, self.training), drop(self.entity_down(h), self.dropout, self.training)


@builds(entity.Aggregator)
class Aggregator(Module):
    """A layer of both streams. Entities that are not there are zero where they meet the tokens."""

    attn: Attention
    attn_norm: TensorFn
    entity_attn: Attention
    entity_attn_norm: TensorFn
    mlp: Fusion
    mlp_norm: TensorFn
    entity_norm: TensorFn

    def __init__(self, part: entity.Aggregator, env: Env) -> None:
        super().__init__(part, env)
        self.dropout, self.attends = part.dropout, part.entity_attn is not None

    def forward(
        self, x: Tensor, e: Tensor, there: Tensor, contexts: tuple[AttentionContext, AttentionContext]
    ) -> tuple[Tensor, Tensor]:
        """[batch, length, d_model], [batch, length, width] and [batch, length, 1] -> the two streams."""
        y, _ = self.attn(x, contexts[0])
        x = self.attn_norm(x + drop(y, self.dropout, self.training))
        if self.attends:
            y, _ = self.entity_attn(e, contexts[1])
            e = self.entity_attn_norm(e + drop(y, self.dropout, self.training))
        e = e * there
        y, f = self.mlp(x, e)
        return self.mlp_norm(x + y), self.entity_norm(e + f)


@builds(s.EntityEncoder)
class EntityEncoder(Encoder):
    """Plain layers, then layers of both streams."""

    fused: nn.ModuleList

    def __init__(self, part: s.EntityEncoder, env: Env | None = None) -> None:
        super().__init__(part, env)
        self.width = part.entities.width
        self.sees: Mask = made(part.stack.sees)
        patterns = part.stack.blocks(1)[0].attn.pattern, part.entity_attn.pattern
        known = env or part.env_at(part.size)
        self.patterns: list[Mask | None] = [None if each is None else made(each, known) for each in patterns]
        self.reads = [*self.reads, "entity_embeds", "entity_mask"]

    def states(
        self,
        input_ids: Tensor | None = None,
        *,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        entity_embeds: Tensor | None = None,
        entity_mask: Tensor | None = None,
        token_type_ids: Tensor | None = None,
        **unknown: Any,
    ) -> Tensor:
        """The last states of the tokens, [batch, length, d_model].

        Args:
            input_ids: [batch, length]; ``attention_mask`` is 0 at padding.
            entity_embeds: [batch, length, width], the vector of the entity that a token names first.
            entity_mask: [batch, length], 1 where there is one; everywhere when not given.

        Raises:
            SpecError: for other arguments, nothing to read, or more positions than there are.
        """
        refuse_unknown(unknown, self.takes)
        input_ids = check_ids(input_ids, 0, self.max_positions if position_ids is None else None)
        batch, length = input_ids.shape
        check_position_ids(position_ids, batch, length)
        check_shape("attention_mask", attention_mask, (batch, length))
        check_shape("entity_embeds", entity_embeds, (batch, length, self.width))
        check_shape("entity_mask", entity_mask, (batch, length))
        positions = torch.arange(length, device=input_ids.device)[None] if position_ids is None else position_ids
        keep = None if attention_mask is None else attention_mask.bool()
        x = self.stack(self.inputs(input_ids, positions, token_type_ids), positions, keep)
        there = (torch.ones_like if entity_embeds is not None else torch.zeros_like)(input_ids, dtype=x.dtype)
        there = there if entity_mask is None else entity_mask.to(x.dtype)
        e = x.new_zeros(*input_ids.shape, self.width) if entity_embeds is None else entity_embeds.to(x.dtype)
        contexts = (
            self.context(length, keep, x, self.patterns[0]),
            self.context(length, there.bool(), x, self.patterns[1]),
        )
        for block in self.fused:
            x, e = block(x, e, there[..., None], contexts)
        return x

    def context(self, length: int, keep: Tensor | None, x: Tensor, pattern: Mask | None) -> AttentionContext:
        """What one of the streams may see: its own that are there."""
        return AttentionContext(make_mask(self.sees, pattern, length, 0, keep, None, x.device)[0])
