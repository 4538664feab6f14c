"""Scores of the tokens of the vocabulary."""

import torch
from torch import Tensor, nn

from clados import spec as s
from clados.nn.activations import ACTS
from clados.nn.core.module import Module, Product, TensorFn, builds
from clados.nn.heads.base import Inputs, Read
from clados.nn.likelihood import nll
from clados.nn.products import product
from clados.spec.core.pieces import Env


class LMHead(Module):
    """Scores of the tokens of the vocabulary: a table times the states."""

    def ready(self, x: Tensor) -> Tensor:
        """The states as the table meets them."""
        return x

    def weight_and_bias(self, inputs: Inputs) -> tuple[Tensor, Tensor | None]:
        """The table, [vocabulary, d_model], and its bias."""
        raise s.SpecError(f"{type(self).__name__} does not say with which table it scores tokens")

    def forward(self, x: Tensor, inputs: Inputs, read: Read) -> Tensor:
        """[..., d_model] -> [..., vocabulary]."""
        return product(self.ready(x), *self.weight_and_bias(inputs))

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
            among: sorted ids to which p is confined, the labels among them; all ids when not given.
        """
        weight, bias = self.weight_and_bias(inputs)
        if among is not None:
            weight, bias = weight[among], None if bias is None else bias[among]
            labels = torch.searchsorted(among, labels)
        return nll(self.ready(x), weight, bias, labels, smoothing, z)


@builds(s.Tied)
class Tied(LMHead):
    """The token table; a masked model's dense, act and norm go before it."""

    dense: Product
    norm: TensorFn
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

    def weight_and_bias(self, inputs: Inputs) -> tuple[Tensor, Tensor | None]:
        return inputs.tokens.weight, self.bias


@builds(s.Untied)
class Untied(LMHead):
    """A table of its own."""

    table: Product

    def __init__(self, part: s.Untied, env: Env) -> None:
        super().__init__(part, env)
        self.scale = env.dims.d_model**-0.5 if part.scaled else 1.0

    def ready(self, x: Tensor) -> Tensor:
        return x * self.scale if self.scale != 1.0 else x

    def weight_and_bias(self, inputs: Inputs) -> tuple[Tensor, Tensor | None]:
        return self.table.weight, self.table.bias


@builds(s.Narrowed)
class Narrowed(LMHead):
    """States down to the width of the table."""

    project: Product

    def ready(self, x: Tensor) -> Tensor:
        return self.project(x)

    def weight_and_bias(self, inputs: Inputs) -> tuple[Tensor, Tensor | None]:
        return inputs.tokens.weight, None
