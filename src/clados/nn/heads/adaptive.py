"""Scores of tokens by cluster, rare ones with short vectors."""

import torch
from torch import Tensor

from clados import spec as s
from clados.nn.core.module import Product, builds
from clados.nn.heads.base import Inputs, Read
from clados.nn.heads.lm import LMHead
from clados.nn.likelihood import nll
from clados.nn.products import product
from clados.spec.core.pieces import Env


@builds(s.AdaptiveSoftmax)
class AdaptiveSoftmax(LMHead):
    """log p(class) + log p(word | class)."""

    classes: Product

    def __init__(self, part: s.AdaptiveSoftmax, env: Env) -> None:
        super().__init__(part, env)
        self.own = part.projects(env)
        self.sizes = env.inputs.classes  # type: ignore[union-attr]
        self.narrowed = env.inputs.shrink > 1  # type: ignore[union-attr]

    def table(self, c: int, inputs: Inputs) -> tuple[Tensor, Tensor]:
        """The rows and biases of a class; the other classes' after the tokens of the first."""
        weight, bias = inputs.tables()[c], self.biases()[c]  # type: ignore[attr-defined]
        if c:
            return weight, bias
        return torch.cat([weight, self.classes.weight]), torch.cat([bias, self.classes.bias])

    def biases(self) -> list[Tensor]:
        """Those of each class."""
        if self.narrowed:
            return [self.get_parameter(f"words{c}_bias") for c in range(len(self.sizes))]
        return list(self.get_parameter("words0_bias").split(self.sizes))

    def brought(self, x: Tensor, c: int, inputs: Inputs) -> Tensor:
        """The states at the width of a class."""
        if not self.narrowed:
            return x
        if c in self.own:
            return self.get_submodule(f"project{c}")(x)  # type: ignore[no-any-return]
        return product(x, inputs.get_parameter(f"project{c}.weight").T, None)  # type: ignore[attr-defined]

    def forward(self, x: Tensor, inputs: Inputs, read: Read) -> Tensor:
        """[..., d_model] -> log p, [..., vocabulary]."""
        log_p = [product(self.brought(x, c, inputs), *self.table(c, inputs)) for c in range(len(self.sizes))]
        log_p = [each.log_softmax(-1) for each in log_p]
        head = log_p[0].split([self.sizes[0], *[1] * (len(self.sizes) - 1)], -1)
        return torch.cat([head[0], *(each + of for each, of in zip(log_p[1:], head[1:]))], -1)

    def nll(
        self,
        x: Tensor,
        labels: Tensor,
        inputs: Inputs,
        smoothing: float = 0.0,
        among: Tensor | None = None,
        z: float = 0.0,
    ) -> Tensor:
        """As any head's; each word is scored within its class alone, unless p is smoothed or confined.

        These p add up to one, so that ``z`` has nothing to draw towards it.
        """
        if smoothing or among is not None:
            return self._spread(x, labels, inputs, smoothing, among)
        cut = torch.tensor(self.sizes, device=labels.device).cumsum(0)
        of = torch.bucketize(labels, cut, right=True)
        first = torch.where(of == 0, labels, self.sizes[0] + of - 1)
        total = nll(self.brought(x, 0, inputs), *self.table(0, inputs), first)
        for c in range(1, len(self.sizes)):
            here = of == c
            total = total + nll(self.brought(x[here], c, inputs), *self.table(c, inputs), labels[here] - cut[c - 1])
        return total

    def _spread(self, x: Tensor, labels: Tensor, inputs: Inputs, smoothing: float, among: Tensor | None) -> Tensor:
        log_p = self(x, inputs, {})
        if among is not None:
            log_p, labels = log_p[..., among].log_softmax(-1), torch.searchsorted(among, labels)
        found: Tensor = (1 - smoothing) * log_p.gather(-1, labels[:, None]).sum() + smoothing * log_p.mean(-1).sum()
        return -found
