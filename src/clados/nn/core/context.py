"""AttentionContext: what the layers of a stack may see, worked out once. State: what they remember, a value."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from clados import spec as s


class KV(NamedTuple):
    """Keys and values of one layer: ``[batch, kv_heads, room, head_dim]``, written in place."""

    k: Tensor
    v: Tensor

    def taken(self, rows: Tensor) -> "KV":
        """Those of some rows of the batch."""
        return KV(self.k.index_select(0, rows), self.v.index_select(0, rows))


class State(NamedTuple):
    """What one layer remembers: its own keys and values, of each row, and those of the encoder, of each text."""

    attn: KV | None = None
    cross: KV | None = None


NO_STATE = State()


@dataclass(slots=True)
class Cache:
    """The states of a stack in decoding: fixed room, ``used`` positions of it written so far."""

    layers: list[State]
    room: int
    used: int = 0

    def check(self, length: int) -> None:
        """Refuse more positions than there is room for.

        Raises:
            SpecError: when they do not fit.
        """
        if self.used + length > self.room:
            said = f"{self.used} of {self.room} positions are used, and {length} more do not fit"
            raise s.SpecError(f"the cache is full: {said}")

    def reorder(self, rows: Tensor) -> None:
        """Go on with these rows of the batch, in this order: [rows] of their numbers, which may repeat.

        What was read of an encoder is kept once for each text, and stays where every text goes on with as many rows.
        """
        cross, own = self.layers[0].cross, self.layers[0].attn
        texts = None
        if cross is not None and own is not None:
            known = cross.k.size(0)
            texts = rows // (own.k.size(0) // known)
            if texts.equal(torch.arange(known, device=rows.device).repeat_interleave(rows.numel() // known)):
                texts = None
        self.layers = [
            State(
                None if state.attn is None else state.attn.taken(rows),
                state.cross if state.cross is None or texts is None else state.cross.taken(texts),
            )
            for state in self.layers
        ]


class DistanceTable(NamedTuple):
    """Sinusoids of the distance between query and key, from the longest down."""

    rows: Tensor  # [distances, d_model]
    keys: int  # one more than the longest
    shared: dict[str, Tensor]  # the biases of all layers, each [heads, head_dim]
    differ: Tensor | None = None  # whether query and key are of two segments, [batch, 1, queries, keys] bool
    signs: Tensor | None = None  # of the sinusoids, where some texts run backwards: [batch, 1, 1, d_model]


class PositionTerms(NamedTuple):
    """What a stack's position says of where things stand, for all its layers."""

    rotary: tuple[Tensor, Tensor] | None = None
    bias: Tensor | None = None  # to be added to the scores; a lone zero where each layer adds one of its own
    distances: Any = None  # a DistanceTable, or what another kind of attention brings into its own scores


@dataclass(slots=True)
class AttentionContext:
    """What a layer may see. ``mask`` is True where it may, or a bias to add: [batch, heads, queries, keys]."""

    mask: Tensor | None = None
    causal: bool = False  # with no mask: only itself and what came before
    past: int = 0  # positions already in the cache
    rotary: tuple[Tensor, Tensor] | None = None  # cosines and sines, [batch or 1, 1, length, turned]
    distances: Any = None  # what each attention brings into its own scores
    memory: Tensor | None = None  # the encoder's states, [texts, length, d_model]
    memory_mask: Tensor | None = None  # [texts, 1, 1, length] bool
    lengths: tuple[int, ...] | None = None  # packed texts: one row, each text sees itself alone
    keep: Tensor | None = None  # [batch, length] bool, False for padding that is computed
