"""What the decoder of an encoder-decoder reads, where it is not read as the source is."""

from typing import Self

from clados.spec.core.pieces import Env, Held, Pieces, Table
from clados.spec.inputs.base import Inputs
from clados.spec.inputs.text import Vocabulary, tokens_of
from clados.spec.positions.base import Position


class Target(Inputs, kw_only=True):
    """The source's token table, then positions and a norm of the decoder's own.

    BART (Lewis et al. 2020, §2.1; github:facebookresearch/fairseq, share_all_embeddings).
    """

    position: Position | None = None
    scaled: bool = False  # token vectors times sqrt(d_model)
    norm: bool = False  # the decoder's, after the sum
    dropout: float = 0.0

    def pieces(self, env: Env) -> Pieces:
        held = {"position": Held(self.position, env)} if self.position else {}
        return held | ({"norm": Held(env.norm, env)} if self.norm else {})

    @classmethod
    def example(cls) -> Self:
        return cls(norm=True)


class OwnTarget(Target, kw_only=True):
    """A token table of the decoder's own too (Soltan et al. 2022, §2: AlexaTM 20B); a Tied head reads with it.

    It is over the source's vocabulary, or over one of its own (Marian: a vocabulary for each language).
    """

    vocab: Vocabulary | None = None

    def pieces(self, env: Env) -> Pieces:
        vocab = self.vocab or tokens_of(env).vocab
        return {"tokens": Table(vocab.size, env.dims.d_model), **super().pieces(env)}
