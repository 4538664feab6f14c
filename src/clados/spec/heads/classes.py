"""A class for each example."""

from typing import ClassVar, Self

from clados.spec.activations import Act
from clados.spec.core.pieces import Env, Pieces, linear
from clados.spec.heads.base import Head


class Classifier(Head):
    """Scores of classes, read at the first position; a dense layer and an act before, in ViT's pretraining."""

    slot: ClassVar[str] = "classifier"
    classes: int
    transform: Act | None = None

    def pieces(self, env: Env) -> Pieces:
        held = {"dense": linear(env.dims.d_model, env.dims.d_model)} if self.transform else {}
        return held | {"out": linear(env.dims.d_model, self.classes)}

    def small(self) -> Self:
        return self.but(classes=11)


class MeanClassifier(Classifier):
    """Scores of classes, read off the mean of all positions (Liu et al. 2021, appendix A2.1)."""


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


class ChoiceScore(Head):
    """W act(V x_0 + c) + b: one number for a text that holds one of several choices (Devlin et al. 2019, §4.4)."""

    slot: ClassVar[str] = "choice"
    transform: Act | None = "tanh"

    def pieces(self, env: Env) -> Pieces:
        held = {"dense": linear(env.dims.d_model, env.dims.d_model)} if self.transform else {}
        return held | {"out": linear(env.dims.d_model, 1)}
