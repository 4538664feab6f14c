"""Models of two stacks, one of which reads the other."""

import inspect
from typing import Any

import torch
from torch import Tensor, nn

from clados import spec as s
from clados.nn.core.context import Cache
from clados.nn.core.module import builds
from clados.nn.heads.lm import LMHead
from clados.nn.kinds.arguments import check_cache, check_ids, check_shape, learned_positions, refuse_unknown
from clados.nn.kinds.model import Output, WholeModel
from clados.nn.stacks.stack import Stack, packed
from clados.spec.core.pieces import Env


@builds(s.EncoderDecoder)
class EncoderDecoder(WholeModel):
    """A decoder that also sees all of the encoder's states."""

    inputs: nn.Module
    encoder: Stack
    decoder: Stack
    heads: nn.ModuleDict

    def __init__(self, part: s.EncoderDecoder, env: Env | None = None) -> None:
        super().__init__(part, env)
        self.spec, self.max_positions = part, learned_positions(part.inputs)
        self.max_target_positions = self.max_positions  # positions of the target that have a vector of their own

    def read(self, ids: Tensor, positions: Tensor) -> Tensor:
        """The target's ids as the decoder reads them, [batch, length, d_model]."""
        return self.inputs(ids, positions)  # type: ignore[no-any-return]

    def encode(self, input_ids: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        """The encoder's states, [batch, length, d_model]."""
        check_ids(input_ids, 0, self.max_positions)
        check_shape("attention_mask", attention_mask, tuple(input_ids.shape))
        positions = torch.arange(input_ids.size(1), device=input_ids.device)[None]
        keep = None if attention_mask is None else attention_mask.bool()
        lengths = packed(keep) if keep is not None and self.encoder.packs else None
        if keep is None or lengths is None:
            return self.encoder(self.inputs(input_ids, positions), positions, keep)
        positions = positions.expand_as(keep)[keep][None]
        x = self.encoder(self.inputs(input_ids[keep][None], positions), positions, lengths=lengths)
        return x.new_zeros(*keep.shape, x.size(-1)).masked_scatter(keep[..., None], x)

    def states(
        self,
        input_ids: Tensor | None = None,
        *,
        decoder_input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        decoder_attention_mask: Tensor | None = None,
        encoder_outputs: Tensor | None = None,
        cache: Cache | None = None,
        **unknown: Any,
    ) -> Tensor:
        """The decoder's last states, [batch, its length, d_model].

        Args:
            input_ids: [batch, length] of the source; not needed when ``encoder_outputs`` are given.
            decoder_input_ids: [batch, length] of the target so far, its start token first.
            cache: what the decoder remembers; it keeps the encoder's keys and values too, once for each text: several
                rows may answer it, side by side.

        Raises:
            SpecError: for other arguments, missing ones, nothing to read, or more positions than there are.
        """
        refuse_unknown(unknown, (*inspect.signature(self.states).parameters, "logits_to_keep") if unknown else ())
        if decoder_input_ids is None:
            raise s.SpecError("this model writes after decoder_input_ids, and none were given")
        past = cache.used if cache else 0
        check_ids(decoder_input_ids, past, self.max_target_positions, "decoder_input_ids")
        batch, length = decoder_input_ids.shape
        check_cache(cache, batch, length)
        check_shape("decoder_attention_mask", decoder_attention_mask, (batch, past + length))
        cross = cache.layers[0].cross if cache else None
        if encoder_outputs is None and cross is None:
            if input_ids is None:
                raise s.SpecError("this model reads input_ids, and none were given")
            encoder_outputs = self.encode(input_ids, attention_mask)
        texts = cross.k.size(0) if cross else batch
        if batch % texts:
            raise s.SpecError(f"decoder_input_ids are {batch} rows; the cache's {texts} texts take as many rows each")
        check_shape("encoder_outputs", encoder_outputs, (texts, "length", self.decoder.dims.d_model))
        source = cross.k.size(2) if cross else encoder_outputs.size(1) if encoder_outputs is not None else "length"
        check_shape("attention_mask", attention_mask, (texts, source))
        positions = torch.arange(past, past + length, device=decoder_input_ids.device)[None]
        keep = None if decoder_attention_mask is None else decoder_attention_mask.bool()
        seen = None if attention_mask is None else attention_mask.bool()
        if seen is not None and not torch.compiler.is_compiling() and bool(seen.all()):
            seen = None
        x = self.read(decoder_input_ids, positions)
        return self.decoder(x, positions, keep, cache, encoder_outputs, seen)

    def forward(self, input_ids: Tensor | None = None, *, logits_to_keep: int = 0, **given: Any) -> Output:
        """The heads' outputs and the decoder's ``last_hidden_state``. Arguments are those of ``states``.

        Args:
            logits_to_keep: score tokens at so many last positions only; 0 means at all.
        """
        x = self.states(input_ids, **given)
        last = x[:, -logits_to_keep:]
        out = Output(last_hidden_state=x)
        for head in self.spec.heads:
            scores_tokens = isinstance(self.heads[head.slot], LMHead)
            read = {"attention_mask": given.get("decoder_attention_mask"), **out}
            out[head.output] = self.heads[head.slot](last if scores_tokens else x, self.written_inputs, read)
        return out

    def cache(self, batch: int, room: int) -> Cache:
        """An empty cache of the decoder with room for so many positions."""
        return self.decoder.cache(batch, room, next(self.parameters()))
