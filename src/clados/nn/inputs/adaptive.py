"""Token tables whose rare tokens have short vectors."""

from itertools import pairwise

import torch
from torch import Tensor, nn

from clados import spec as s
from clados.nn.core.module import builds
from clados.nn.inputs.text import Tokens
from clados.spec.core.pieces import Env


class AdaptiveTokens(Tokens):
    """All classes in one table."""

    def __init__(self, part: s.AdaptiveTokens, env: Env) -> None:
        super().__init__(part, env)
        self.classes = part.classes

    def token_vectors(self, input_ids: Tensor) -> Tensor:
        return self.get_submodule("tokens0")(input_ids)  # type: ignore[no-any-return]

    def tables(self) -> list[Tensor]:
        """The rows of each class."""
        return list(self.get_parameter("tokens0.weight").split(self.classes))


class TablePerClass(AdaptiveTokens):
    """A table and a product for each class; every position meets all of them and keeps its own."""

    def __init__(self, part: s.AdaptiveTokens, env: Env) -> None:
        super().__init__(part, env)
        self.ends = list(pairwise((0, *part.cutoffs, part.vocab.size)))

    def token_vectors(self, input_ids: Tensor) -> Tensor:
        x = torch.zeros((), device=input_ids.device)
        for c, (first, end) in enumerate(self.ends):
            table, project = self.get_submodule(f"tokens{c}"), self.get_submodule(f"project{c}")
            inside = (input_ids >= first) & (input_ids < end)
            x = torch.where(inside[..., None], project(table((input_ids - first).clamp(0, end - first - 1))), x)
        return x

    def tables(self) -> list[Tensor]:
        return [self.get_parameter(f"tokens{c}.weight") for c in range(len(self.classes))]


@builds(s.AdaptiveTokens)
def _tokens(part: s.AdaptiveTokens, env: Env) -> nn.Module:
    return (TablePerClass if part.shrink > 1 else AdaptiveTokens)(part, env)
