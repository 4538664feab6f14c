"""Something for each token."""

from typing import ClassVar

from clados.spec.activations import Act
from clados.spec.core.pieces import Env, Held, Pieces, Projection, linear
from clados.spec.heads.base import Head


class Discriminator(Head):
    """w act(V x + c) + b of every token: the logarithm of the odds that it was replaced (Clark et al. 2020, §2)."""

    slot: ClassVar[str] = "discriminator"
    act: Act = "gelu"

    def pieces(self, env: Env) -> Pieces:
        return {"dense": linear(env.dims.d_model, env.dims.d_model), "out": linear(env.dims.d_model, 1)}


class ContextDiscriminator(Discriminator):
    """w act(V norm(x_t + x_0) + c) + b of every token (github:microsoft/DeBERTa replaced_token_detection_model.py)."""

    def pieces(self, env: Env) -> Pieces:
        return {"norm": Held(env.norm, env), **super().pieces(env)}


class TokenClassifier(Head):
    """W x + b of every token: scores of classes (Devlin et al. 2019, §5.3)."""

    slot: ClassVar[str] = "token_classifier"
    classes: int

    def pieces(self, env: Env) -> Pieces:
        return {"out": linear(env.dims.d_model, self.classes)}


class SpanStart(Head):
    """w x + b of every token: does the answer begin here? (Devlin et al. 2019, §4.2)."""

    slot: ClassVar[str] = "start"
    output: ClassVar[str] = "start_logits"

    def pieces(self, env: Env) -> Pieces:
        return {"out": Projection(env.dims.d_model, {self.slot: 1})}


class SpanEnd(SpanStart):
    """w x + b of every token: does the answer end here?"""

    slot: ClassVar[str] = "end"
    output: ClassVar[str] = "end_logits"
