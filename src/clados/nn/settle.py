"""Weights laid out for writing: one row at a time, as fast as the memory gives them."""

from typing import Any

import torch
from torch import nn

from clados.nn.build import Product
from clados.nn.experts import Experts
from clados.nn.factorised import Narrowed
from clados.nn.heads import Tied


def settle(model: Any) -> Any:
    """Lay the float32 weights of a model on a CPU as single rows are multiplied fastest; the same module.

    Matrices with more rows than columns, and the tables that words are scored by, lie by columns afterwards: torch
    then reads them for one text up to twice as fast, for four or more at once no faster. Values, names, shapes and what
    ``save_pretrained`` writes stay. It pays from some tens of words on.

    It is the last thing to do to a model. What has been settled no longer learns (``requires_grad`` is False): an
    optimiser may keep rows where the weights have columns. Half-wide weights stay by rows, since by columns they
    multiply slowly; so change a model's type before.
    """
    model.requires_grad_(requires_grad=False)
    heads: Any = getattr(model, "heads", nn.ModuleDict())
    tables = [model.inputs.tokens.weight] if any(isinstance(head, Tied | Narrowed) for head in heads.values()) else []
    wide = [each.weight for each in model.modules() if isinstance(each, Product)]
    wide += [weight for each in model.modules() if isinstance(each, Experts) for weight in (each.up, each.down)]
    for weight in [*tables, *(each for each in wide if each.size(-2) > each.size(-1))]:
        if weight.is_cpu and weight.dtype is torch.float32:
            weight.data = weight.data.mT.contiguous().mT
    return model
