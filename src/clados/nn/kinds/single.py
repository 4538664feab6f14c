"""Models of one stack. Arguments and outputs have transformers' names; see docs/arguments.md."""

import inspect
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from clados import spec as s
from clados.nn.core.context import Cache
from clados.nn.core.module import builds
from clados.nn.heads.lm import LMHead
from clados.nn.kinds.arguments import (
    check_cache,
    check_ids,
    check_position_ids,
    check_shape,
    learned_positions,
    refuse_unknown,
)
from clados.nn.kinds.model import Output, WholeModel
from clados.nn.stacks.stack import Stack, packed
from clados.spec.core.pieces import Env


class Single(WholeModel):
    """Inputs, one stack, heads."""

    inputs: nn.Module
    stack: Stack
    heads: nn.ModuleDict

    def __init__(self, part: s.Tower, env: Env | None = None) -> None:
        super().__init__(part, env)
        self.spec = part
        self.reads_tokens = isinstance(part.inputs, s.Tokens)
        self.outputs = [(head.slot, head.output) for head in part.heads]
        if not part.heads:
            self.heads = nn.ModuleDict()
        self.lm_slots = {slot for slot, _ in self.outputs if isinstance(self.heads[slot], LMHead)}
        self.max_positions = learned_positions(part.inputs)
        self.head_arguments = [name for head in self.heads.values() for name in getattr(head, "reads", ())]
        self.reads = [*inspect.signature(self.inputs.forward).parameters]
        if self.reads_tokens:
            self.reads.remove("positions")
        self.apart = getattr(self.inputs, "apart", ())  # of these, what is no number of each token
        self.reads_padding = "attention_mask" in self.reads  # which is then no padding to the stack

    def states(
        self,
        input_ids: Tensor | None = None,
        *,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        cache: Cache | None = None,
        **read: Tensor | None,
    ) -> Tensor:
        """The last states, [batch, length, d_model]; what is padding is not computed, and is zero.

        Args:
            input_ids: [batch, length]; other inputs by their own names (``pixel_values`` ...).
            attention_mask: [batch, length so far], 1 where there is something, 0 for padding.
            position_ids: [batch or 1, length]; counted from 0 when not given.
            cache: what the layers remember of earlier positions.

        Raises:
            SpecError: for other arguments, missing ones, nothing to read, or more positions than there are.
        """
        for name in read:
            if name not in self.reads:
                refuse_unknown([name], self.takes)
        if not self.reads_tokens:
            self._check(input_ids, position_ids, read)
            x = self.inputs(**read)
            check_cache(cache, x.size(0), x.size(1))
            seen = (cache.used if cache else 0) + x.size(1)
            check_shape("attention_mask", attention_mask, (x.size(0), seen // self.spec.inputs.per_step))
            keep = (
                None
                if attention_mask is None
                else attention_mask.bool().repeat_interleave(self.spec.inputs.per_step, 1)
            )
            return self.stack(x, torch.arange(x.size(1), device=x.device)[None], keep, cache)
        past, positions = cache.used if cache else 0, position_ids
        input_ids = check_ids(input_ids, past, self.max_positions if positions is None else None)
        batch, length = input_ids.shape
        check_cache(cache, batch, length)
        check_position_ids(positions, batch, length, self.stack.paired)
        check_shape("attention_mask", attention_mask, (batch, past + length))
        if self.reads_padding:
            read, attention_mask = {**read, "attention_mask": attention_mask}, None
        apart = {name: read.pop(name) for name in self.apart if name in read}
        for name, each in read.items():
            check_shape(name, each, (batch, length), (1, length))
        if positions is None:
            positions = torch.arange(past, past + length, device=input_ids.device)[None]
        keep = None if attention_mask is None else attention_mask.bool()
        lengths = packed(keep) if keep is not None and cache is None and self.stack.packs else None
        if keep is None or lengths is None:
            return self.stack(self.inputs(input_ids, positions, **read, **apart), positions, keep, cache)
        read = {name: value.expand_as(keep)[keep][None] for name, value in read.items() if value is not None}
        positions = positions.expand_as(keep)[keep][None]
        x = self.stack(self.inputs(input_ids[keep][None], positions, **read, **apart), positions, lengths=lengths)
        return x.new_zeros(*keep.shape, x.size(-1)).masked_scatter(keep[..., None], x)

    @property
    def takes(self) -> list[str]:
        """The names of its arguments."""
        also = ["position_ids", "logits_to_keep"] if self.reads_tokens else []
        return [*dict.fromkeys([*self.reads, *self.head_arguments, "attention_mask", "cache", *also])]

    def _check(self, input_ids: Tensor | None, position_ids: Tensor | None, read: Mapping[str, Tensor | None]) -> None:
        """Refuse tokens where something else is read, and what is read where it is missing."""
        ids = {"input_ids": input_ids, "position_ids": position_ids}
        refuse_unknown((name for name, value in ids.items() if value is not None), self.takes)
        for name in self.reads:
            if read.get(name) is None:
                raise s.SpecError(f"this model reads {name}, and none were given")

    def forward(self, input_ids: Tensor | None = None, *, logits_to_keep: int = 0, **given: Any) -> Output:
        """The heads' outputs and ``last_hidden_state``. Arguments are those of ``states``.

        Args:
            logits_to_keep: score tokens at so many last positions only; 0 means at all.
        """
        for_heads = {name: given.pop(name) for name in self.head_arguments if name in given}
        x = self.states(input_ids, **given)
        return self.apply_heads(x, {"input_ids": input_ids, **given, **for_heads}, logits_to_keep)

    def blanks(self, input_ids: Tensor, attention_mask: Tensor, blank: Tensor) -> Tensor:
        """States from which the tokens that ``blank`` marks, [batch, length] bool, can be read: as any other's."""
        return self.states(input_ids, attention_mask=attention_mask)

    def apply_heads(self, x: Tensor, read: Mapping[str, Any], logits_to_keep: int = 0) -> Output:
        """The last states and what the heads read off them, each given what the model ``read``."""
        last = x[:, -logits_to_keep:]
        out = Output(last_hidden_state=x)
        for slot, name in self.outputs:
            out[name] = self.heads[slot](last if slot in self.lm_slots else x, self.inputs, {**read, **out})
        return out

    def cache(self, batch: int, room: int) -> Cache:
        """An empty cache with room for so many positions."""
        return self.stack.cache(batch, room, next(self.parameters()))


@builds(s.Encoder)
class Encoder(Single):
    """Every position sees every other."""


@builds(s.Decoder)
class Decoder(Single):
    """Every position sees itself and what came before."""


@builds(s.Tower)
class Tower(Single):
    """One side of a pair."""
