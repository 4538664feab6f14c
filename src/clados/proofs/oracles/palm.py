"""PaLM: attention and SwiGLU from one norm, one key and value for all heads (arXiv:2204.02311 §2)."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clados.proofs.oracles.llama import Row, attention, gated
from clados.proofs.oracles.plain import Vector, block_of, layer_norm


def run(
    numbers: Mapping[str, Any], weights: Mapping[str, NDArray[Any]], read: Mapping[str, NDArray[Any]]
) -> dict[str, Any]:
    """Scores of the next word at each position that is not padding, divided by sqrt(d_model) (§5)."""
    ids, keep, places = read["input_ids"], read["attention_mask"], read["position_ids"]
    table, norm = weights["inputs.tokens.weight"], weights["stack.norm_out.weight"]
    logits = np.zeros((*ids.shape, len(table)))
    for row in range(len(ids)):
        here = [t for t in range(ids.shape[1]) if keep[row, t]]
        x = {t: table[ids[row, t]] for t in here}
        for layer in range(numbers["layers"]):
            x = block(x, places[row], block_of(weights, f"stack.blocks.{layer}"), numbers)
        for t in here:
            logits[row, t] = table @ normed(x[t], norm, numbers["eps"]) / math.sqrt(table.shape[1])
    return {"logits": logits}


def normed(x: Vector, weight: Vector, eps: float) -> Vector:
    """LayerNorm without bias."""
    return layer_norm(x, weight, np.zeros(len(x)), eps)


def block(x: Row, places: NDArray[Any], w: Any, numbers: Mapping[str, Any]) -> Row:
    """x + mlp(norm(x)) + attention(norm(x))."""
    inner = {t: normed(x[t], w("attn_norm.weight"), numbers["eps"]) for t in x}
    mixed = attention(inner, places, w, numbers)
    return {t: x[t] + gated(inner[t], w) + mixed[t] for t in x}
