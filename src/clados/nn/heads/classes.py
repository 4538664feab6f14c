"""Heads that fine-tuning puts on a body: of the last token, of each token, of spans, of choices; and the reward."""

import torch
from torch import Tensor

from clados import spec as s
from clados.nn.build import Module, Product, builds
from clados.nn.heads import Classifier, Inputs, Read
from clados.nn.layers import ACTS
from clados.spec.pieces import Env


def last(x: Tensor, read: Read) -> Tensor:
    """The states of the last position of each text that is not padding, [batch, d_model]."""
    keep = read.get("attention_mask")
    if keep is None:
        return x[:, -1]
    end = (keep[:, -x.size(1) :] * torch.arange(x.size(1), device=x.device)).argmax(1)
    return x[torch.arange(x.size(0), device=x.device), end]


@builds(s.Scalar)
class Scalar(Module):
    """W x + b at the last position that is not padding."""

    out: Product

    def forward(self, x: Tensor, inputs: Inputs, read: Read) -> Tensor:
        """[batch, length, d_model] -> [batch]."""
        return self.out(last(x, read))[:, 0]


@builds(s.LastClassifier)
class LastClassifier(Module):
    """W x at the last position that is not padding; with a transform, W act(V x + c) + b."""

    dense: Product
    out: Product

    def __init__(self, part: s.LastClassifier, env: Env) -> None:
        super().__init__(part, env)
        self.act = ACTS[part.transform] if part.transform else None

    def forward(self, x: Tensor, inputs: Inputs, read: Read) -> Tensor:
        """[batch, length, d_model] -> [batch, classes]."""
        end = last(x, read)
        return self.out(end if self.act is None else self.act(self.dense(end)))


@builds(s.ChoiceScore)
class ChoiceScore(Classifier):
    """Classifier with one class: [batch, length, d_model] -> [batch, 1]."""


@builds(s.TokenClassifier)
class TokenClassifier(Module):
    """W x + b at every position."""

    out: Product

    def forward(self, x: Tensor, inputs: Inputs, read: Read) -> Tensor:
        """[batch, length, d_model] -> [batch, length, classes]."""
        return self.out(x)


@builds(s.SpanStart)
@builds(s.SpanEnd)
class SpanEdge(Module):
    """w x + b at every position."""

    out: Product

    def forward(self, x: Tensor, inputs: Inputs, read: Read) -> Tensor:
        """[batch, length, d_model] -> [batch, length]."""
        return self.out(x).squeeze(-1)
