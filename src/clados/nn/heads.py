"""What is read off the last states: head(states, inputs, outputs so far)."""

from collections.abc import Mapping
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from clados import spec as s
from clados.nn.build import Maps, Module, Product, Rows, builds
from clados.nn.layers import ACTS
from clados.nn.products import product
from clados.spec.pieces import Env

Read = Mapping[str, Tensor]  # what the earlier heads gave, and what the model was given


class Inputs(Protocol):
    """The inputs of a model that reads tokens."""

    tokens: Rows


class WordHead(Module):
    """Scores of the words of the vocabulary."""

    def nll(self, x: Tensor, labels: Tensor, inputs: Inputs, smoothing: float = 0.0, chunk: int = 1024) -> Tensor:
        """The sum of -log p(label) over positions: x is [positions, d_model], labels [positions].

        Positions are taken in chunks, so that the scores of all of them never stand in memory at once.
        """
        parts = zip(x.split(chunk), labels.split(chunk), strict=True)
        losses = [
            F.cross_entropy(self(each, inputs, {}).float(), label, reduction="sum", label_smoothing=smoothing)
            for each, label in parts
        ]
        return torch.stack(losses).sum()


@builds(s.Tied)
class Tied(WordHead):
    """The token table times the states; a masked model's dense, act and norm go before it."""

    dense: Product
    norm: Maps
    bias: nn.Parameter | None

    def __init__(self, part: s.Tied, env: Env) -> None:
        super().__init__(part, env)
        self.scale = env.dims.d_model**-0.5 if part.scaled else 1.0
        self.act = ACTS[part.transform] if part.transform else None
        if not part.bias:
            self.register_parameter("bias", None)

    def forward(self, x: Tensor, inputs: Inputs, read: Read) -> Tensor:
        """[..., d_model] -> [..., vocabulary]."""
        if self.act is not None:
            x = self.norm(self.act(self.dense(x)))
        if self.scale != 1.0:
            x = x * self.scale
        return product(x, inputs.tokens.weight, self.bias)


@builds(s.Untied)
class Untied(WordHead):
    """A table of its own times the states."""

    table: Product

    def forward(self, x: Tensor, inputs: Inputs, read: Read) -> Tensor:
        """[..., d_model] -> [..., vocabulary]."""
        return self.table(x)


@builds(s.Pooler)
class Pooler(Module):
    """tanh(W x_0 + b)."""

    dense: Product

    def forward(self, x: Tensor, inputs: Inputs, read: Read) -> Tensor:
        """[batch, length, d_model] -> [batch, d_model]."""
        return self.dense(x[:, 0]).tanh()


@builds(s.NextSentence)
class NextSentence(Module):
    """Scores that the second segment follows (0) and that it does not (1)."""

    out: Product

    def forward(self, x: Tensor, inputs: Inputs, read: Read) -> Tensor:
        """The pooled [batch, d_model] -> [batch, 2]."""
        return self.out(read["pooler_output"])


@builds(s.Classifier)
class Classifier(Module):
    """W x_0 + b; with a transform, W act(V x_0 + c) + b."""

    dense: Product
    out: Product

    def __init__(self, part: s.Classifier, env: Env) -> None:
        super().__init__(part, env)
        self.act = ACTS[part.transform] if part.transform else None

    def forward(self, x: Tensor, inputs: Inputs, read: Read) -> Tensor:
        """[batch, length, d_model] -> [batch, classes]."""
        first = x[:, 0]
        return self.out(first if self.act is None else self.act(self.dense(first)))


@builds(s.Projected)
class Projected(Module):
    """W x at the first position, or at the first end-of-text."""

    out: Product

    def __init__(self, part: s.Projected, env: Env) -> None:
        super().__init__(part, env)
        eos = env.inputs.vocab.eos if isinstance(env.inputs, s.Tokens) else None
        if part.at == "eos" and eos is None:
            raise s.SpecError("Projected.at is 'eos', but the vocabulary names no eos")
        self.eos = eos if part.at == "eos" else None

    def forward(self, x: Tensor, inputs: Inputs, read: Read) -> Tensor:
        """[batch, length, d_model] -> [batch, joint]."""
        if self.eos is None:
            return self.out(x[:, 0])
        end = (read["input_ids"] == self.eos).int().argmax(1)
        return self.out(x[torch.arange(x.size(0), device=x.device), end])


@builds(s.NextAction)
class NextAction(Module):
    """tanh(W x + b) at each state."""

    out: Product

    def forward(self, x: Tensor, inputs: Inputs, read: Read) -> Tensor:
        """[batch, 3 steps, d_model] -> [batch, steps, actions]."""
        return self.out(x[:, 1::3]).tanh()


@builds(s.ActionLogits)
class ActionLogits(Module):
    """W x at each state."""

    out: Product

    def forward(self, x: Tensor, inputs: Inputs, read: Read) -> Tensor:
        """[batch, 3 steps, d_model] -> [batch, steps, actions]."""
        return self.out(x[:, 1::3])


@builds(s.NextState)
@builds(s.NextReturn)
class AfterAction(Module):
    """W x + b at each action."""

    out: Product

    def forward(self, x: Tensor, inputs: Inputs, read: Read) -> Tensor:
        """[batch, 3 steps, d_model] -> [batch, steps, numbers]."""
        return self.out(x[:, 2::3])
