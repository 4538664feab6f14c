"""Heads that fine-tuning puts on a body in place of its own: of a text, of each token, of a span, of choices."""

from typing import ClassVar

from clados.spec.inputs import Head
from clados.spec.parts import Act
from clados.spec.pieces import Env, Linear, Pieces, linear


class LastClassifier(Head):
    """W x of the last token that is not padding: scores of classes (Radford et al. 2018, §3.2, their W_y).

    With a transform, W act(V x + c) + b (XLNet: github:zihangdai/xlnet modeling.py summarize_sequence).
    """

    slot: ClassVar[str] = "classifier"
    classes: int
    transform: Act | None = None

    def pieces(self, env: Env) -> Pieces:
        held = {"dense": linear(env.dims.d_model, env.dims.d_model)} if self.transform else {}
        return held | {"out": linear(env.dims.d_model, self.classes, bias=self.transform is not None)}


class TokenClassifier(Head):
    """W x + b of every token: scores of classes (Devlin et al. 2019, §5.3)."""

    slot: ClassVar[str] = "token_classifier"
    classes: int

    def pieces(self, env: Env) -> Pieces:
        return {"out": linear(env.dims.d_model, self.classes)}


class ChoiceScore(Head):
    """W act(V x_0 + c) + b: one number for a text that holds one of several choices (Devlin et al. 2019, §4.4)."""

    slot: ClassVar[str] = "choice"
    transform: Act | None = "tanh"

    def pieces(self, env: Env) -> Pieces:
        held = {"dense": linear(env.dims.d_model, env.dims.d_model)} if self.transform else {}
        return held | {"out": linear(env.dims.d_model, 1)}


class SpanStart(Head):
    """w x + b of every token: does the answer begin here? (Devlin et al. 2019, §4.2)."""

    slot: ClassVar[str] = "start"
    output: ClassVar[str] = "start_logits"

    def pieces(self, env: Env) -> Pieces:
        return {"out": Linear(env.dims.d_model, {self.slot: 1})}


class SpanEnd(SpanStart):
    """w x + b of every token: does the answer end here?"""

    slot: ClassVar[str] = "end"
    output: ClassVar[str] = "end_logits"
