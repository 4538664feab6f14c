"""A class for each example."""

from torch import Tensor

from clados import spec as s
from clados.nn.activations import ACTS
from clados.nn.core.module import Module, Product, builds
from clados.nn.heads.base import Inputs, Read
from clados.nn.heads.scalar import last
from clados.spec.core.pieces import Env


@builds(s.Classifier)
class Classifier(Module):
    """W x_0 + b; with a transform, W act(V x_0 + c) + b."""

    dense: Product
    out: Product

    def __init__(self, part: s.Classifier | s.LastClassifier | s.ChoiceScore, env: Env) -> None:
        super().__init__(part, env)
        self.act = ACTS[part.transform] if part.transform else None

    def forward(self, x: Tensor, inputs: Inputs, read: Read) -> Tensor:
        """[batch, length, d_model] -> [batch, classes]."""
        state = self.state(x, read)
        return self.out(state if self.act is None else self.act(self.dense(state)))

    def state(self, x: Tensor, read: Read) -> Tensor:
        """What is classified: [batch, d_model]."""
        return x[:, 0]


@builds(s.MeanClassifier)
class MeanClassifier(Classifier):
    """W mean(x) + b; with a transform, W act(V mean(x) + c) + b."""

    def state(self, x: Tensor, read: Read) -> Tensor:
        return x.mean(1)


@builds(s.LastClassifier)
class LastClassifier(Classifier):
    """W x at the last position that is not padding; with a transform, W act(V x + c) + b."""

    def state(self, x: Tensor, read: Read) -> Tensor:
        return last(x, read)


@builds(s.ChoiceScore)
class ChoiceScore(Classifier):
    """Classifier with one class: [batch, length, d_model] -> [batch, 1]."""
