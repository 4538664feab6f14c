"""The pooler, and what is read off the pooled state."""

from typing import ClassVar

from clados.spec.core.pieces import Env, Pieces, linear
from clados.spec.heads.base import Head


class Pooler(Head):
    """tanh(W x + b) of the first position."""

    slot: ClassVar[str] = "pooler"
    output: ClassVar[str] = "pooler_output"

    def pieces(self, env: Env) -> Pieces:
        return {"dense": linear(env.dims.d_model, env.dims.d_model)}


class NextSentence(Head):
    """Two scores of the pooled state: does the second segment follow the first? (Devlin et al. 2019, §3.1)."""

    slot: ClassVar[str] = "nsp"
    output: ClassVar[str] = "seq_relationship_logits"
    pooled: ClassVar[bool] = True

    def pieces(self, env: Env) -> Pieces:
        return {"out": linear(env.dims.d_model, 2)}


class SentenceOrder(Head):
    """Two scores of the pooled state: do the segments stand in their order (0), or swapped? (Lan et al. 2020, §3.1)."""

    slot: ClassVar[str] = "sop"
    output: ClassVar[str] = "sop_logits"
    pooled: ClassVar[bool] = True

    def pieces(self, env: Env) -> Pieces:
        return {"out": linear(env.dims.d_model, 2)}
