"""What is read off the last states: head(states, inputs, outputs so far)."""

from collections.abc import Mapping
from typing import Protocol

import torch
from torch import Tensor, nn

from clados import spec as s
from clados.nn.build import Maps, Module, Product, Rows, builds
from clados.nn.layers import ACTS
from clados.nn.likelihood import nll
from clados.nn.products import product
from clados.spec.pieces import Env

Read = Mapping[str, Tensor]  # what the earlier heads gave, and what the model was given


class Inputs(Protocol):
    """The inputs of a model that reads tokens."""

    tokens: Rows


class WordHead(Module):
    """Scores of the words of the vocabulary: a table times the states."""

    def ready(self, x: Tensor) -> Tensor:
        """The states as the table meets them."""
        return x

    def words(self, inputs: Inputs) -> tuple[Tensor, Tensor | None]:
        """The table, [vocabulary, d_model], and its bias."""
        raise s.SpecError(f"{type(self).__name__} does not say with which table it reads words")

    def forward(self, x: Tensor, inputs: Inputs, read: Read) -> Tensor:
        """[..., d_model] -> [..., vocabulary]."""
        return product(self.ready(x), *self.words(inputs))

    def nll(
        self,
        x: Tensor,
        labels: Tensor,
        inputs: Inputs,
        smoothing: float = 0.0,
        among: Tensor | None = None,
        z: float = 0.0,
    ) -> Tensor:
        """The sum of -log p(label) + z log^2 Z over positions: x is [positions, d_model], labels [positions].

        Args:
            among: sorted ids to which p is confined, the labels among them; all words when not given.
        """
        weight, bias = self.words(inputs)
        if among is not None:
            weight, bias = weight[among], None if bias is None else bias[among]
            labels = torch.searchsorted(among, labels)
        return nll(self.ready(x), weight, bias, labels, smoothing, z)


@builds(s.Tied)
class Tied(WordHead):
    """The token table; a masked model's dense, act and norm go before it."""

    dense: Product
    norm: Maps
    bias: nn.Parameter | None

    def __init__(self, part: s.Tied, env: Env) -> None:
        super().__init__(part, env)
        self.scale = env.dims.d_model**-0.5 if part.scaled else 1.0
        self.act = ACTS[part.transform] if part.transform else None
        if not part.bias:
            self.register_parameter("bias", None)

    def ready(self, x: Tensor) -> Tensor:
        if self.act is not None:
            x = self.norm(self.act(self.dense(x)))
        return x * self.scale if self.scale != 1.0 else x

    def words(self, inputs: Inputs) -> tuple[Tensor, Tensor | None]:
        return inputs.tokens.weight, self.bias


@builds(s.Untied)
class Untied(WordHead):
    """A table of its own."""

    table: Product

    def __init__(self, part: s.Untied, env: Env) -> None:
        super().__init__(part, env)
        self.scale = env.dims.d_model**-0.5 if part.scaled else 1.0

    def ready(self, x: Tensor) -> Tensor:
        return x * self.scale if self.scale != 1.0 else x

    def words(self, inputs: Inputs) -> tuple[Tensor, Tensor | None]:
        return self.table.weight, self.table.bias


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

    def __init__(self, part: s.Classifier | s.ChoiceScore, env: Env) -> None:
        super().__init__(part, env)
        self.act = ACTS[part.transform] if part.transform else None

    def forward(self, x: Tensor, inputs: Inputs, read: Read) -> Tensor:
        """[batch, length, d_model] -> [batch, classes]."""
        first = x[:, 0]
        return self.out(first if self.act is None else self.act(self.dense(first)))


@builds(s.Projected)
class Projected(Module):
    """W x at the first position, at the first end-of-text, or at the highest id."""

    out: Product

    def __init__(self, part: s.Projected, env: Env) -> None:
        super().__init__(part, env)
        eos = env.inputs.vocab.eos if isinstance(env.inputs, s.Tokens) else None
        if part.at == "eos" and eos is None:
            raise s.SpecError("Projected.at is 'eos', but the vocabulary names no eos")
        if part.at == "highest" and not isinstance(env.inputs, s.Tokens):
            raise s.SpecError(f"Projected.at is 'highest', but {type(env.inputs).__name__} have no ids")
        self.at, self.eos = part.at, eos

    def forward(self, x: Tensor, inputs: Inputs, read: Read) -> Tensor:
        """[batch, length, d_model] -> [batch, joint]."""
        if self.at == "first":
            return self.out(x[:, 0])
        ids = read["input_ids"]
        end = (ids if self.at == "highest" else ids.eq(self.eos or 0).int()).argmax(1)
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
