"""Weights laid out for writing: one row at a time, as fast as the memory gives them."""

from typing import Any

import torch
from torch import nn

from clados.nn.build import Product
from clados.nn.factorised import Narrowed
from clados.nn.heads import Tied


def settle(model: Any) -> Any:
    """Lay the float32 weights of a model on a CPU as a single row is multiplied fastest; the same module.

    Matrices at least as wide as what they read, and the tables that words are scored by, lie by columns afterwards:
    as rows they are read at about 60 % of the memory's speed (``benchmarks/decode.py``). Values, names, shapes and what
    is saved stay. It pays from some tens of words on. Half-wide weights stay as they are, since by columns they
    multiply slowly: change the type first.
    """
    heads: Any = getattr(model, "heads", nn.ModuleDict())
    tables = [model.inputs.tokens.weight] if any(isinstance(head, Tied | Narrowed) for head in heads.values()) else []
    wide = [each.weight for each in model.modules() if isinstance(each, Product)]
    for weight in [*tables, *(each for each in wide if each.size(0) >= each.size(1))]:
        if weight.is_cpu and weight.dtype is torch.float32:
            weight.data = weight.data.mT.contiguous().mT
    return model
