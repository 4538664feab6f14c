"""LaMDA: a decoder with T5's relative biases and GEGLU (arXiv:2201.08239 §3, arXiv:1910.10683 §2.1)."""

import math
from typing import Any

import numpy as np

from clados.proofs.oracles.plain import *

SOURCE = "arXiv:2201.08239 §3, arXiv:1910.10683 §2.1"
SIZES = ("d_ff", "kv_heads", "head_dim")


def numbers(model: Any) -> dict[str, Any]:
    """Its sizes, and how distances fall into buckets."""
    position = model.stack.position
    return {**stack_numbers(model), "buckets": position.buckets, "distance": position.distance}


def run(numbers: Numbers, weights: Arrays, read: Arrays) -> Outputs:
    """Scores of the next word, divided by sqrt(d_model)."""
    ids, table, eps = read["input_ids"], weights["inputs.tokens.weight"], numbers["eps"]
    biases = weights["stack.position.table.weight"]
    return text_scores(
        numbers,
        weights,
        read,
        embed=lambda row, t: table[ids[row, t]],
        block=lambda x, w, row, layer: {t: forward(y, w, eps) for t, y in attended(x, w, biases, numbers).items()},
        score=lambda x: table @ rms_norm(x, weights["stack.norm_out.weight"], eps) / math.sqrt(table.shape[1]),
    )


def attended(x: Row, w: Weights, biases: Any, numbers: Numbers, scale: float = 1.0) -> Row:
    """x + attention(norm(x)); scores are scale q k and the bias of their distance."""
    normed = {t: rms_norm(x[t], w("attn_norm.weight"), numbers["eps"]) for t in x}
    heads = projected(normed, w, "attn.qkv", [numbers["heads"], *[numbers["kv_heads"]] * 2])

    def bias(t: int, u: int, head: int) -> float:
        return float(biases[bucket(t - u, numbers["buckets"], numbers["distance"])][head])

    mixed = attend(heads, causal, scale=scale, bias=bias)
    return {t: x[t] + w("attn.out.weight") @ mixed[t] for t in x}


def forward(x: Vector, w: Weights, eps: float) -> Vector:
    """x + W2 (gelu(W x) * V x) of the normed x."""
    gate, up = np.split(w("mlp.up.weight") @ rms_norm(x, w("mlp_norm.weight"), eps), 2)
    return np.array(x + w("mlp.down.weight") @ (gelu_tanh(gate) * up))
