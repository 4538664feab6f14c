"""Encoders that predict tokens in a permuted order (Yang et al. 2019, XLNet)."""

from typing import Any, NamedTuple, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from clados import spec as s
from clados.nn.core.context import AttentionContext, State
from clados.nn.core.module import Module, builds
from clados.nn.dropout import drop
from clados.nn.kinds.arguments import check_ids, check_shape, refuse_unknown
from clados.nn.kinds.model import Output
from clados.nn.kinds.recurrent import Remembering, full_mask
from clados.nn.positions.distances import SegmentedAttention
from clados.nn.residuals import PostBlock
from clados.spec.core.pieces import Env


class Asked(NamedTuple):
    """The second stream as it begins, where it stands in memory and text, and what it does not see."""

    g: Tensor  # [batch, asked, d_model]
    places: Tensor  # [batch, asked]
    mask: Tensor  # to be added, [batch, 1, asked, memory + length]


@builds(s.FirstAsked)
class FirstAsked(Module):
    """A learned vector."""

    w: nn.Parameter


@builds(s.Permuted)
class Permuted(Remembering):
    """One stream to read with, and two to predict with."""

    asked: FirstAsked

    def __init__(self, part: s.Permuted, env: Env | None = None) -> None:
        super().__init__(part, env)
        if not all(isinstance(block, PostBlock) for block in self.stack.blocks):
            raise s.SpecError("two streams join their branches as Post() does; stack.block.residual is another")
        self.reused, self.dropout = part.reused, part.inputs.dropout  # type: ignore[attr-defined]

    @property
    def takes(self) -> list[str]:
        """The names of its arguments."""
        own = "token_type_ids", "attention_mask", "mems", "perm_mask", "target_mapping", "backwards"
        return ["input_ids", *own, "logits_to_keep"]

    def states(self, input_ids: Tensor | None = None, **given: Any) -> Tensor:
        """The last states, [batch, length, d_model]; of the places asked for, where there are any."""
        return self.segment(input_ids, **given)[0]

    def blanks(self, input_ids: Tensor, attention_mask: Tensor, blank: Tensor) -> Tensor:
        """What nobody sees is asked for: the second stream's states, [batch, length, d_model]."""
        every = torch.eye(blank.size(1), device=blank.device).expand(len(blank), -1, -1)
        hidden = blank[:, None].expand(-1, blank.size(1), -1)
        return self.states(input_ids, attention_mask=attention_mask, perm_mask=hidden, target_mapping=every)

    def forward(self, input_ids: Tensor | None = None, *, logits_to_keep: int = 0, **given: Any) -> Output:
        """The heads' outputs, ``last_hidden_state`` and ``mems``; all but these of the places asked for.

        Args:
            attention_mask: [batch, length], 0 for padding; all of a memory is seen.
            token_type_ids: [batch, length], segments.
            mems: what the last call gave back, [batch, layers, memory, d_model].
            perm_mask: [batch, length, length], 1 where the row's place does not see the column's.
            target_mapping: [batch, asked, length], in each row 1 at one place.
            backwards: [batch] bool, texts that stand from their end to their start, as does what they remember.
        """
        x, mems = self.segment(input_ids, **given)
        return Output(self.apply_heads(x, {"input_ids": input_ids, **given}, logits_to_keep), mems=mems)

    def segment(
        self,
        input_ids: Tensor | None,
        attention_mask: Tensor | None = None,
        token_type_ids: Tensor | None = None,
        mems: Tensor | None = None,
        perm_mask: Tensor | None = None,
        target_mapping: Tensor | None = None,
        backwards: Tensor | None = None,
        **unknown: Tensor | None,
    ) -> tuple[Tensor, Tensor]:
        """The last states and the memory after them."""
        for name in unknown:
            refuse_unknown([name], self.takes)
        input_ids = check_ids(input_ids, 0, None)
        mems = self.earlier(mems, input_ids)
        past, (batch, length) = mems.size(2), input_ids.shape
        check_shape("attention_mask", attention_mask, (batch, length), (batch, past + length))
        check_shape("token_type_ids", token_type_ids, (batch, length))
        check_shape("perm_mask", perm_mask, (batch, length, length))
        check_shape("target_mapping", target_mapping, (batch, "asked", length))
        check_shape("backwards", backwards, (batch,))
        positions = torch.arange(past, past + length, device=input_ids.device)
        h = self.inputs(input_ids, positions[None])
        hidden = unseen(full_mask(attention_mask, past, length), perm_mask, past, length, h)
        [context] = self.stack.contexts(h, positions[None], None, past, None)
        differ, signs = differing(token_type_ids, past), turned(backwards, h)
        context.distances = context.distances._replace(differ=differ, signs=signs)
        context.mask = bias(hidden & (positions[:, None] != torch.arange(past + length, device=h.device)), h)
        if target_mapping is None:
            h, met = self.read(h, mems, context)
            return h, self.kept(mems, met)
        places = past + target_mapping.argmax(-1)
        rows = (places - past)[:, None, :, None].expand(-1, 1, -1, past + length)
        mask = bias(hidden, h).expand(len(h), 1, length, -1).gather(2, rows)
        g = drop(self.asked.w.expand(*places.shape, -1), self.dropout, self.training)
        g, met = self.read(h, mems, context, Asked(g, places, mask))
        return g, self.kept(mems, met)

    def read(
        self, h: Tensor, mems: Tensor, context: AttentionContext, asked: Asked | None = None
    ) -> tuple[Tensor, list[Tensor]]:
        """The last states of the text, or of what is asked for, and those that each layer met and keeps."""
        met, room = [], mems.size(2) + h.size(1)
        g = None if asked is None else asked.g
        for block, mem in zip(self.stack.blocks, mems.unbind(1)):
            met.append(h[:, : self.reused])
            own = cast(PostBlock, block)
            attn = cast(SegmentedAttention, own.attn)
            kv = attn.recall(mem, room)
            h, _ = block(h, context, State(kv))
            if asked is not None and g is not None:
                y = attn.ask(g, asked.places, kv, asked.mask, context.distances)
                g = own.after(own.attn_norm(own.joined(g, y)), context)
        return drop(self.stack.norm_out(h if g is None else g), self.stack.dropout, self.training), met


def unseen(keep: Tensor | None, perm_mask: Tensor | None, past: int, length: int, like: Tensor) -> Tensor:
    """What a place does not see of memory and text, itself too: [batch or 1, 1, length, past + length] bool."""
    hidden = torch.zeros(1, 1, length, past + length, dtype=torch.bool, device=like.device)
    if keep is not None:
        hidden = hidden | ~keep[:, None, None]
    if perm_mask is not None:
        hidden = hidden | F.pad(perm_mask.bool(), (past, 0))[:, None]
    return hidden


def bias(hidden: Tensor, like: Tensor) -> Tensor:
    """What is added to the scores so that nothing of the hidden is seen."""
    return like.new_zeros(hidden.shape).masked_fill(hidden, torch.finfo(like.dtype).min)


def differing(types: Tensor | None, past: int) -> Tensor | None:
    """Whether a place and another, of memory and text, are of two segments: [batch, 1, length, past + length]."""
    if types is None:
        return None
    return (types[:, :, None] != F.pad(types, (past, 0))[:, None])[:, None]


def turned(backwards: Tensor | None, like: Tensor) -> Tensor | None:
    """The signs of a distance's sinusoids, [batch, 1, 1, d_model]: those of -d are those of d, the sines negated.

    In a text that stands backwards what comes later stands before: its distances have the other sign
    (``relative_positional_encoding`` of zihangdai/xlnet modeling.py).
    """
    if backwards is None:
        return None
    sines = torch.arange(like.size(-1), device=like.device) < like.size(-1) // 2
    return torch.where(backwards[:, None] & sines, -1.0, 1.0).to(like.dtype)[:, None, None]
