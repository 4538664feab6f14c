"""Models of two stacks, one of which reads the other."""

from collections.abc import Callable
from typing import Self

from clados.spec.core.pieces import Env, Held, Named, Pieces
from clados.spec.core.sizes import Sides, Size
from clados.spec.errors import SpecError
from clados.spec.heads.base import Head
from clados.spec.inputs.base import Inputs
from clados.spec.inputs.target import OwnTarget, Target
from clados.spec.inputs.text import Tokens, Vocabulary
from clados.spec.kinds.model import OneTower, Writes, check_heads
from clados.spec.stacks.prefix import check_blanks
from clados.spec.stacks.stack import Stack


class EncoderDecoder(OneTower, kw_only=True):
    """A decoder that also sees all of an encoder's output."""

    size: Size | Sides
    inputs: Tokens
    target: Target | None = None  # what the decoder reads; None: as the source is read, with the same tables
    encoder: Stack
    decoder: Stack
    heads: tuple[Head, ...]

    def check(self) -> None:
        check_blanks(self.inputs, self.encoder, self.decoder)
        check_heads(type(self).__name__, self.heads)
        if any(block.cross is None for block in self.decoder.blocks(self.sides.decoder.layers)):
            raise SpecError("EncoderDecoder.decoder has a block without cross: it would never see the encoder")

    @property
    def writes(self) -> Writes | None:
        return "answers"

    def adapted(self, inputs: Callable[[Inputs], Inputs], head: Callable[[Head], Head]) -> Self:
        target = {"target": inputs(self.target)} if self.target else {}
        return super().adapted(inputs, head).but(**target)

    @property
    def sides(self) -> Sides:
        """The two sizes, which are one for most models."""
        return self.size if isinstance(self.size, Sides) else Sides(self.size, self.size)

    @property
    def written_vocab(self) -> Vocabulary:
        own = self.target.vocab if isinstance(self.target, OwnTarget) else None
        return own or self.vocab

    def pieces(self, env: Env | None = None) -> Pieces:
        sizes = self.sides
        encoder = Env(sizes.encoder.dims, self.encoder.norm, self.inputs)
        memory = sizes.encoder.d_model
        written = self.inputs.but(vocab=self.written_vocab)
        decoder = Env(sizes.decoder.dims, self.decoder.norm, written, causal=True, memory=memory)
        own = {"target": Held(self.target, decoder)} if self.target else {}
        return {
            "inputs": Held(self.inputs, encoder),
            **own,
            "encoder": Held(self.encoder, encoder),
            "decoder": Held(self.decoder, decoder),
            "heads": Named({head.slot: Held(head, decoder) for head in self.heads}),
        }
