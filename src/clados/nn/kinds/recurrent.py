"""Models that keep the states of the text before (Dai et al. 2019)."""

from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor

from clados import spec as s
from clados.nn.core.context import State
from clados.nn.core.module import builds
from clados.nn.dropout import drop
from clados.nn.kinds.arguments import check_ids, check_position_ids, check_shape, refuse_unknown
from clados.nn.kinds.model import Output
from clados.nn.kinds.single import Single
from clados.nn.positions.distances import RelativeAttention
from clados.spec.core.pieces import Env


class Remembering(Single):
    """A stack whose layers see what they met before."""

    products_called = False

    def __init__(self, part: s.Recurrent | s.Permuted, env: Env | None = None) -> None:
        super().__init__(part, env)
        self.memory = part.memory

    @property
    def takes(self) -> list[str]:
        """The names of its arguments."""
        return [*super().takes, "mems"]

    def earlier(self, mems: Tensor | None, input_ids: Tensor) -> Tensor:
        """The memory, [batch, layers, its length, d_model]; of no length at the beginning of a text.

        Raises:
            SpecError: for one of another shape.
        """
        like, layers = next(self.parameters()), len(self.stack.blocks)
        expected = input_ids.size(0), layers, self.stack.dims.d_model
        if mems is None:
            return like.new_zeros(expected[0], layers, 0, expected[2])
        if mems.dim() != 4 or (mems.size(0), mems.size(1), mems.size(3)) != expected:
            batch, layers, width = expected
            raise s.SpecError(f"mems is {list(mems.shape)}; this model takes [{batch}, {layers}, memory, {width}]")
        return mems.to(like.dtype)

    def kept(self, mems: Tensor, met: list[Tensor]) -> Tensor:
        """The memory with the states that each layer met now, the last of them, without gradient."""
        both = torch.cat([mems, torch.stack(met, 1)], 2).detach()
        return both if self.memory is None else both[:, :, -self.memory :]


def full_mask(keep: Tensor | None, past: int, length: int) -> Tensor | None:
    """A mask of memory and text, [batch, past + length] bool, from one of both or of the text alone."""
    if keep is None or keep.size(1) == past + length:
        return None if keep is None else keep.bool()
    return F.pad(keep.bool(), (past, 0), value=True)


@builds(s.Recurrent)
class Recurrent(Remembering):
    """A decoder over segments of a text."""

    def forward(
        self, input_ids: Tensor | None = None, *, mems: Tensor | None = None, logits_to_keep: int = 0, **given: Any
    ) -> Output:
        """The heads' outputs, ``last_hidden_state`` and ``mems``; with a cache, which remembers by itself, no mems.

        Args:
            mems: what the last call gave back, [batch, layers, memory, d_model]; none at the beginning of a text.
            attention_mask: [batch, length], or [batch, memory + length]; without the former, all memory is seen.
            logits_to_keep: score tokens at so many last positions only; 0 means at all.

        Raises:
            SpecError: for a memory beside a cache, or of another shape.
        """
        if given.get("cache") is not None:
            if mems is not None:
                raise s.SpecError("mems and a cache are two memories of one text: give one of them")
            return super().forward(input_ids, logits_to_keep=logits_to_keep, **given)
        x, mems = self.segment(input_ids, mems, **given)
        return Output(self.apply_heads(x, {"input_ids": input_ids, **given}, logits_to_keep), mems=mems)

    def segment(
        self,
        input_ids: Tensor | None,
        mems: Tensor | None = None,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        cache: None = None,
        **read: Tensor | None,
    ) -> tuple[Tensor, Tensor]:
        """The last states of one segment and the memory after it."""
        for name in read:
            if name not in self.reads:
                refuse_unknown([name], self.takes)
        input_ids = check_ids(input_ids, 0, None)
        mems = self.earlier(mems, input_ids)
        past, (batch, length) = mems.size(2), input_ids.shape
        check_shape("attention_mask", attention_mask, (batch, length), (batch, past + length))
        check_position_ids(position_ids, batch, length)
        places = position_ids
        if places is None:
            places = torch.arange(past, past + length, device=input_ids.device)[None]
        x, met = self.inputs(input_ids, places, **read), []
        contexts = self.stack.contexts(x, places, full_mask(attention_mask, past, length), past, None)
        for block, kind, mem in zip(self.stack.blocks, self.stack.kinds, mems.unbind(1)):
            met.append(x)
            kv = cast(RelativeAttention, block.attn).recall(mem, past + length)
            x, _ = block(x, contexts[kind], State(kv))
        x = drop(self.stack.norm_out(x), self.stack.dropout, self.training)
        return x, self.kept(mems, met)
