"""Weights laid out for writing: one row at a time, as fast as the memory gives them."""

from typing import Any, TypeVar

import torch
from torch import nn

from clados.nn.core.module import Product
from clados.nn.feedforward.experts import Experts
from clados.nn.heads.lm import Narrowed, Tied
from clados.nn.products import transposed_is_faster

M = TypeVar("M", bound=nn.Module)


def prepare_for_decoding(model: M, rows: int = 1) -> M:
    """Reorder float32 weights in a CPU's memory for fast decoding, one token of ``rows`` texts at a time; same module.

    A row is a text that is written, or a beam of one. Matrices with more rows than columns, and the tables that words
    are scored by, lie by columns afterwards: torch then reads them for one text up to twice as fast. Where the CPU has
    AVX2 alone, three or four rows are multiplied fastest by matrices that lie by rows (``products.linear_transposed``),
    but for those of experts, which meet few of them each. Values, names, shapes and what ``save_pretrained`` writes
    stay. It pays from some tens of tokens on.

    It is the last thing to do to a model. What has been prepared no longer learns (``requires_grad`` is False): an
    optimiser may keep rows where the weights have columns. Half-wide weights stay by rows, since by columns they
    multiply slowly; so change a model's type before.
    """
    model.requires_grad_(requires_grad=False)
    whole: Any = model
    heads = getattr(whole, "heads", nn.ModuleDict())
    tables = [whole.inputs.tokens.weight] if any(isinstance(head, Tied | Narrowed) for head in heads.values()) else []
    wide = [each.weight for each in model.modules() if isinstance(each, Product)]
    experts = [weight for each in model.modules() if isinstance(each, Experts) for weight in (each.up, each.down)]
    for weights, by_rows in (([*tables, *_tall(wide)], transposed_is_faster(rows)), (_tall(experts), False)):
        for weight in weights:
            if weight.is_cpu and weight.dtype is torch.float32:
                weight.data = weight.data.contiguous() if by_rows else weight.data.mT.contiguous().mT
    return model


def _tall(weights: list[nn.Parameter]) -> list[nn.Parameter]:
    """Those with more rows than columns, [..., rows, columns]."""
    return [weight for weight in weights if weight.size(-2) > weight.size(-1)]
