"""Whole models. Arguments and outputs have transformers' names; see docs/arguments.md."""

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from clados import spec as s
from clados.nn.build import Module, builds
from clados.nn.heads import WordHead
from clados.nn.sight import Cache
from clados.nn.stack import Stack, packed
from clados.spec.part import hint
from clados.spec.pieces import Env


class Output(dict[str, Any]):
    """What a model gives, by name: ``output.logits`` is ``output["logits"]``."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"this output has no '{name}'; it has {', '.join(self)}") from None


def refuse(given: Iterable[str], known: Iterable[str]) -> None:
    """Refuse arguments that a model does not take.

    Raises:
        SpecError: naming the first, and the nearest that it takes.
    """
    for name in given:
        raise s.SpecError(f"this model takes no {name}{hint(name, known)}")


def checked(ids: Tensor, past: int, learned: int | None, name: str = "input_ids") -> None:
    """Refuse what is no batch of ids, and more of them than there are positions.

    Args:
        ids: [batch, length], after ``past`` others.
        learned: positions that have a vector of their own; None when there is no such table.

    Raises:
        SpecError: for these.
    """
    if not isinstance(ids, Tensor) or ids.dim() != 2 or ids.is_floating_point():
        found = f"a tensor {list(ids.shape)} of {ids.dtype}" if isinstance(ids, Tensor) else f"a {type(ids).__name__}"
        raise s.SpecError(f"{name} is {found}; a tensor of whole numbers, [batch, length], is allowed")
    if not ids.numel():
        raise s.SpecError(f"{name} is {list(ids.shape)}: there is nothing to read")
    if learned is not None and past + ids.size(1) > learned:
        raise s.SpecError(f"{name} reaches position {past + ids.size(1)}; this model has learned {learned}")


def shaped(name: str, given: Tensor | None, *wanted: tuple[int | str, ...]) -> None:
    """Refuse a tensor of another shape than one of those wanted, in which a word stands for any size.

    Raises:
        SpecError: naming its shape and these.
    """
    if given is None:
        return
    if isinstance(given, Tensor):
        for shape in wanted:
            if len(shape) == given.dim() and all(isinstance(n, str) or n == m for n, m in zip(shape, given.shape)):
                return
    found = list(given.shape) if isinstance(given, Tensor) else f"a {type(given).__name__}"
    allowed = " or ".join(f"[{', '.join(map(str, shape))}]" for shape in dict.fromkeys(wanted))
    raise s.SpecError(f"{name} is {found}; {allowed} is allowed")


def numbered(positions: Tensor | None, batch: int, length: int, paired: bool = False) -> None:
    """Refuse ``position_ids`` that are no whole numbers, or not one (where ``paired``, two) for each id.

    Raises:
        SpecError: for these.
    """
    pairs = isinstance(positions, Tensor) and positions.dim() == 3
    if pairs and not paired:
        raise s.SpecError("position_ids are pairs of numbers; this model's positions are single ones")
    each = (length, 2) if pairs else (length,)
    shaped("position_ids", positions, (batch, *each), (1, *each))
    if positions is not None and positions.is_floating_point():
        raise s.SpecError(f"position_ids are of {positions.dtype}; whole numbers are allowed")


def fits(cache: Cache | None, batch: int, length: int) -> None:
    """Refuse a cache of another batch, or one without room for so many positions more.

    Raises:
        SpecError: for these.
    """
    if cache is None:
        return
    cache.check(length)
    own = cache.layers[0].attn
    if own is not None and own.k.size(0) != batch:
        raise s.SpecError(f"the cache is of {own.k.size(0)} texts; {batch} are given")


def learned(inputs: s.Inputs) -> int | None:
    """Positions that have a vector of their own; None without such a table."""
    position = getattr(inputs, "position", None)
    return position.length - position.start if isinstance(position, s.Learned) else None


class Single(Module):
    """Inputs, one stack, heads."""

    inputs: nn.Module
    stack: Stack
    heads: nn.ModuleDict

    def __init__(self, part: s.Tower, env: Env | None = None) -> None:
        super().__init__(part, env)
        self.spec = part
        self.reads_tokens = isinstance(part.inputs, s.Tokens)
        self.woven = 3 if isinstance(part.inputs, s.Trajectory | s.Frames) else 1  # positions a step
        self.outputs = [(head.slot, head.output) for head in part.heads]
        if not part.heads:
            self.heads = nn.ModuleDict()
        self.worded = {slot for slot, _ in self.outputs if isinstance(self.heads[slot], WordHead)}
        self.learned = learned(part.inputs)
        self.told = [name for head in self.heads.values() for name in getattr(head, "reads", ())]
        self.reads = [*inspect.signature(self.inputs.forward).parameters]
        if self.reads_tokens:
            self.reads.remove("positions")

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
                refuse([name], self.takes)
        if not self.reads_tokens:
            self._check(input_ids, position_ids, read)
            x = self.inputs(**read)
            fits(cache, x.size(0), x.size(1))
            seen = (cache.used if cache else 0) + x.size(1)
            shaped("attention_mask", attention_mask, (x.size(0), seen // self.woven))
            keep = None if attention_mask is None else attention_mask.bool().repeat_interleave(self.woven, 1)
            return self.stack(x, torch.arange(x.size(1), device=x.device)[None], keep, cache)
        if input_ids is None:
            raise s.SpecError("this model reads input_ids, and none were given")
        past, positions = cache.used if cache else 0, position_ids
        checked(input_ids, past, self.learned if positions is None else None)
        batch, length = input_ids.shape
        fits(cache, batch, length)
        numbered(positions, batch, length, self.stack.paired)
        shaped("attention_mask", attention_mask, (batch, past + length))
        for name, each in read.items():
            shaped(name, each, (batch, length), (1, length))
        if positions is None:
            positions = torch.arange(past, past + length, device=input_ids.device)[None]
        keep = None if attention_mask is None else attention_mask.bool()
        lengths = packed(keep) if keep is not None and cache is None and self.stack.packs else None
        if keep is None or lengths is None:
            return self.stack(self.inputs(input_ids, positions, **read), positions, keep, cache)
        read = {name: value.expand_as(keep)[keep][None] for name, value in read.items() if value is not None}
        positions = positions.expand_as(keep)[keep][None]
        x = self.stack(self.inputs(input_ids[keep][None], positions, **read), positions, lengths=lengths)
        return x.new_zeros(*keep.shape, x.size(-1)).masked_scatter(keep[..., None], x)

    @property
    def takes(self) -> list[str]:
        """The names of its arguments."""
        also = ["position_ids", "logits_to_keep"] if self.reads_tokens else []
        return [*self.reads, *self.told, "attention_mask", "cache", *also]

    def _check(self, input_ids: Tensor | None, position_ids: Tensor | None, read: Mapping[str, Tensor | None]) -> None:
        """Refuse words where something else is read, and what is read where it is missing."""
        ids = {"input_ids": input_ids, "position_ids": position_ids}
        refuse((name for name, value in ids.items() if value is not None), self.takes)
        for name in self.reads:
            if read.get(name) is None:
                raise s.SpecError(f"this model reads {name}, and none were given")

    def forward(self, input_ids: Tensor | None = None, *, logits_to_keep: int = 0, **given: Any) -> Output:
        """The heads' outputs and ``last_hidden_state``. Arguments are those of ``states``.

        Args:
            logits_to_keep: score words at so many last positions only; 0 means at all.
        """
        told = {name: given.pop(name) for name in self.told if name in given}
        x = self.states(input_ids, **given)
        return self.read_off(x, {"input_ids": input_ids, **given, **told}, logits_to_keep)

    def blanks(self, input_ids: Tensor, attention_mask: Tensor, blank: Tensor) -> Tensor:
        """States from which the words that ``blank`` marks, [batch, length] bool, can be read: as any other's."""
        return self.states(input_ids, attention_mask=attention_mask)

    def read_off(self, x: Tensor, read: Mapping[str, Any], logits_to_keep: int = 0) -> Output:
        """The last states and what the heads read off them, each told what the model ``read``."""
        last = x[:, -logits_to_keep:]
        out = Output(last_hidden_state=x)
        for slot, name in self.outputs:
            out[name] = self.heads[slot](last if slot in self.worded else x, self.inputs, {**read, **out})
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


class EncoderDecoder(Module):
    """A decoder that also sees all of the encoder's states."""

    inputs: nn.Module
    encoder: Stack
    decoder: Stack
    heads: nn.ModuleDict

    def __init__(self, part: s.EncoderDecoder, env: Env | None = None) -> None:
        super().__init__(part, env)
        self.spec, self.learned = part, learned(part.inputs)
        self.written = self.learned  # positions of the target that have a vector of their own

    def read(self, ids: Tensor, positions: Tensor) -> Tensor:
        """The target's ids as the decoder reads them, [batch, length, d_model]."""
        return self.inputs(ids, positions)  # type: ignore[no-any-return]

    def encode(self, input_ids: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        """The encoder's states, [batch, length, d_model]."""
        checked(input_ids, 0, self.learned)
        shaped("attention_mask", attention_mask, tuple(input_ids.shape))
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
        refuse(unknown, (*inspect.signature(self.states).parameters, "logits_to_keep") if unknown else ())
        if decoder_input_ids is None:
            raise s.SpecError("this model writes after decoder_input_ids, and none were given")
        past = cache.used if cache else 0
        checked(decoder_input_ids, past, self.written, "decoder_input_ids")
        batch, length = decoder_input_ids.shape
        fits(cache, batch, length)
        shaped("decoder_attention_mask", decoder_attention_mask, (batch, past + length))
        cross = cache.layers[0].cross if cache else None
        if encoder_outputs is None and cross is None:
            if input_ids is None:
                raise s.SpecError("this model reads input_ids, and none were given")
            encoder_outputs = self.encode(input_ids, attention_mask)
        texts = cross.k.size(0) if cross else batch
        if batch % texts:
            raise s.SpecError(f"decoder_input_ids are {batch} rows; the cache's {texts} texts take as many rows each")
        shaped("encoder_outputs", encoder_outputs, (texts, "length", self.decoder.dims.d_model))
        source = cross.k.size(2) if cross else encoder_outputs.size(1) if encoder_outputs is not None else "length"
        shaped("attention_mask", attention_mask, (texts, source))
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
            logits_to_keep: score words at so many last positions only; 0 means at all.
        """
        x = self.states(input_ids, **given)
        last = x[:, -logits_to_keep:]
        out = Output(last_hidden_state=x)
        for head in self.spec.heads:
            worded = isinstance(self.heads[head.slot], WordHead)
            read = {"attention_mask": given.get("decoder_attention_mask"), **out}
            out[head.output] = self.heads[head.slot](last if worded else x, self.written_inputs, read)
        return out

    def cache(self, batch: int, room: int) -> Cache:
        """An empty cache of the decoder with room for so many positions."""
        return self.decoder.cache(batch, room, next(self.parameters()))


@builds(s.TwoTower)
class TwoTower(Module):
    """Cosines of images and texts in one space, times a learned factor."""

    image: Tower
    text: Tower
    logit_scale: nn.Parameter

    def __init__(self, part: s.TwoTower, env: Env | None = None) -> None:
        super().__init__(part, env)
        self.spec, self.warmest = part, part.warmest

    def forward(
        self,
        input_ids: Tensor | None = None,
        *,
        pixel_values: Tensor | None = None,
        attention_mask: Tensor | None = None,
        **unknown: Any,
    ) -> Output:
        """``image_embeds`` and ``text_embeds`` of unit length; with both given, ``logits_per_image`` too.

        Args:
            input_ids: [texts, length], each with its end-of-text; pixel_values: [images, channels, side, side].
        """
        refuse(unknown, ("input_ids", "pixel_values", "attention_mask"))
        if input_ids is None and pixel_values is None:
            raise s.SpecError("this model reads input_ids, pixel_values or both, and none were given")
        out = Output()
        if pixel_values is not None:
            out["image_embeds"] = unit(self.image(pixel_values=pixel_values).embeds)
        if input_ids is not None:
            out["text_embeds"] = unit(self.text(input_ids, attention_mask=attention_mask).embeds)
        if len(out) == 2:
            factor = self.logit_scale.exp().clamp(max=self.warmest)
            out["logits_per_image"] = factor * out.image_embeds @ out.text_embeds.T
            out["logits_per_text"] = out.logits_per_image.T
        return out


def unit(x: Tensor) -> Tensor:
    """x / |x|."""
    return F.normalize(x, dim=-1)
