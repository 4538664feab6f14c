"""Adagrad for recipes that name it."""

import torch
from torch import nn

from clados import spec as s
from clados.train.optimisers import optimiser, owned


@optimiser.register
def _(part: s.Adagrad, model: nn.Module, lr: float) -> torch.optim.Optimizer:
    held = [tensor for _, tensor in owned(model)]
    return torch.optim.Adagrad(held, lr=lr, initial_accumulator_value=part.initial)
