"""What encoders after BERT are trained to say: of pairs, of each token, of a whole text."""

from typing import ClassVar

from clados.spec.inputs import Head
from clados.spec.parts import Act
from clados.spec.pieces import Env, Pieces, linear


class SentenceOrder(Head):
    """Two scores of the pooled state: do the segments stand in their order (0), or swapped? (Lan et al. 2020, §3.1)."""

    slot: ClassVar[str] = "sop"
    output: ClassVar[str] = "sop_logits"
    pooled: ClassVar[bool] = True

    def pieces(self, env: Env) -> Pieces:
        return {"out": linear(env.dims.d_model, 2)}


class Discriminator(Head):
    """w act(V x + c) + b of every token: the logarithm of the odds that it was replaced (Clark et al. 2020, §2)."""

    slot: ClassVar[str] = "discriminator"
    act: Act = "gelu"

    def pieces(self, env: Env) -> Pieces:
        return {"dense": linear(env.dims.d_model, env.dims.d_model), "out": linear(env.dims.d_model, 1)}


class Embedding(Head):
    """The mean of a text's states, perhaps through a product without bias, brought to unit length.

    Wang et al. 2022 (E5), §3.2; Ni et al. 2021 (GTR), §2, whose product InstructOR keeps. Padding is left out of the
    mean, and what ``pooling_mask`` rules out too (an instruction before the text: Su et al. 2022, §2.1).
    """

    slot: ClassVar[str] = "embedding"
    output: ClassVar[str] = "sentence_embedding"
    width: int | None = None  # of the product; None: there is none

    def pieces(self, env: Env) -> Pieces:
        return {} if self.width is None else {"out": linear(env.dims.d_model, self.width, bias=False)}
