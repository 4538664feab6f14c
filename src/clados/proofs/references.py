"""What ours is compared with: other people's models built from our files, and oracles written from the papers."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from clados import nn as cn, spec as s
from clados.checkpoints import LayoutError
from clados.proofs.cases import ModelInputs, example_inputs, unpadded
from clados.proofs.oracles import Oracle

SPREAD = 0.2  # deviation of random weights


@dataclass(frozen=True)
class Results:
    """A model's outputs at positions that are not padding, and the gradients of a weighted sum of them all."""

    outputs: dict[str, Tensor]
    gradients: dict[str, Tensor]  # of parameters by our names
    input_gradients: dict[str, Tensor]  # of continuous inputs


class Reference(ABC):
    """A model of somebody else's with random weights.

    Attributes:
        name: what it is.
        card: the card of the model that it is compared with.
        model: the declared model that it should equal, port and all.
    """

    name: str
    card: str
    model: s.Model
    port: s.Change

    @cached_property
    def inputs(self) -> ModelInputs:
        """Inputs for both models."""
        return example_inputs(self.model)

    @cached_property
    @abstractmethod
    def results(self) -> Results:
        """Its outputs for ``inputs``, and gradients."""

    @abstractmethod
    def filled(self, model: s.Model) -> nn.Module:
        """Our module of a model, with this one's weights.

        Raises:
            SpecError, CheckpointError: when they do not fit.
        """


def loss_of(outputs: Mapping[str, Tensor], read: ModelInputs) -> Tensor:
    """A sum over all outputs, each number times a fixed random one."""
    draw = torch.Generator().manual_seed(7)
    kept = [unpadded(read, outputs[name]) for name in sorted(outputs)]
    return torch.stack([(each * torch.randn(each.shape, generator=draw)).sum() for each in kept]).sum()


def with_gradients(read: ModelInputs, dtype: torch.dtype = torch.float32) -> ModelInputs:
    """The same, with gradients of what is continuous."""
    return {k: v.detach().clone().to(dtype).requires_grad_() if v.is_floating_point() else v for k, v in read.items()}


def input_gradients(read: ModelInputs) -> ModelInputs:
    """The gradients of inputs that were watched by ``with_gradients``."""
    return {name: each.grad for name, each in read.items() if each.grad is not None}


def spread(model: s.Model) -> float:
    """The deviation of a model's random weights: half where scores are not scaled.

    Otherwise softmax would nearly pick a single key there, and turn rounding into differences that no one made.
    """
    unscaled = any(isinstance(each, s.Attention) and each.scale == 1.0 for each in s.parts(model))
    return SPREAD / 2 if unscaled else SPREAD


def randomise(weights: Mapping[str, Tensor], spread: float = SPREAD) -> None:
    """Weights of one deviation everywhere, gains (about 1) and biases too, in a fixed order."""
    draw = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for name, weight in weights.items():
            gain = weight.dim() == 1 and name.endswith("weight")
            weight.copy_(torch.randn(weight.shape, generator=draw) * spread + gain)


class OracleReference(Reference):
    """An oracle in plain loops, float64, with weights under our names."""

    def __init__(self, card: str, oracle: Oracle, model: s.Model) -> None:
        self.card, self.oracle, self.model, self.port = card, oracle, model, s.but()
        self.name = f"loops from {oracle.source}"
        module = cn.module(model).eval()
        randomise(dict(module.named_parameters()), spread(model))
        self.weights = {name: each.detach().double() for name, each in module.named_parameters()}

    @cached_property
    def numbers(self) -> Mapping[str, Any]:
        """What the oracle is given of the model."""
        return self.oracle.numbers(self.model)

    def call(self, read: ModelInputs, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Its outputs."""
        arrays, inputs = ({name: each.detach().numpy() for name, each in held.items()} for held in (weights, read))
        out = self.oracle.run(self.numbers, arrays, inputs)
        return {name: torch.from_numpy(each) for name, each in out.items()}

    @cached_property
    def results(self) -> Results:
        outputs = self.call(self.inputs, self.weights)
        kept = {name: unpadded(self.inputs, each) for name, each in outputs.items()}
        return Results(kept, {}, {})

    @cached_property
    def brief(self) -> ModelInputs:
        """The shortest example alone."""
        return {name: each[-1:] for name, each in self.inputs.items()}

    def slope(self, path: str, direction: Tensor, names: Iterable[str], step: float = 1e-7) -> float:
        """The derivative of the loss of ``brief`` along a direction of one tensor, by central differences.

        Args:
            names: the outputs that are learned from.
        """
        ends = []
        for sign in (1, -1):
            moved = {**self.weights, path: self.weights[path] + sign * step * direction}
            outputs = self.call(self.brief, moved)
            ends.append(float(loss_of({name: outputs[name] for name in names}, self.brief)))
        return (ends[0] - ends[1]) / (2 * step)

    def filled(self, model: s.Model) -> nn.Module:
        return with_weights(model, self.weights)


def with_weights(model: s.Model, weights: Mapping[str, Tensor]) -> nn.Module:
    """The module of a model with tensors under our names.

    Raises:
        LayoutError: one is lacking, left over, or of another shape.
    """
    made = cn.module(model).eval()
    own = dict(made.named_parameters())
    if odd := sorted(own.keys() ^ weights.keys()):
        raise LayoutError(f"'{odd[0]}' is in one of the two models only")
    if odd := [name for name in own if own[name].shape != weights[name].shape]:
        raise LayoutError(f"'{odd[0]}' has another shape")
    made.load_state_dict({name: each.float() for name, each in weights.items()})
    return made
