"""Galactica: GPT's block without a single bias (arXiv:2211.09085 §4)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clados.proofs.oracles.palm import normed
from clados.proofs.oracles.plain import Vector, attend, block_of, gelu, heads

BEFORE = 2  # rows of the table of positions before the first


def run(
    numbers: Mapping[str, Any], weights: Mapping[str, NDArray[Any]], read: Mapping[str, NDArray[Any]]
) -> dict[str, Any]:
    """Scores of the next word at each position that is not padding; zeros at those that are."""
    ids, keep, places = read["input_ids"], read["attention_mask"], read["position_ids"]
    table, positions = weights["inputs.tokens.weight"], weights["inputs.position.table.weight"]
    logits = np.zeros((*ids.shape, len(table)))
    for row in range(len(ids)):
        here = [t for t in range(ids.shape[1]) if keep[row, t]]
        x = {t: table[ids[row, t]] + positions[places[row, t] + BEFORE] for t in here}
        for layer in range(numbers["layers"]):
            x = block(x, block_of(weights, f"stack.blocks.{layer}"), numbers["heads"], numbers["eps"])
        for t in here:
            logits[row, t] = table @ normed(x[t], weights["stack.norm_out.weight"], numbers["eps"])
    return {"logits": logits}


def block(x: dict[int, Vector], w: Any, count: int, eps: float) -> dict[int, Vector]:
    """x + attention(norm(x)), then x + mlp(norm(x))."""
    fused = {t: np.split(w("attn.qkv.weight") @ normed(x[t], w("attn_norm.weight"), eps), 3) for t in x}
    queries, keys, values = ({t: heads(fused[t][i], count) for t in x} for i in range(3))
    out: dict[int, Vector] = {}
    for t in x:
        seen = [u for u in x if u <= t]
        mixed = []
        for head in range(count):
            k, v = ({u: each[u][head] for u in seen} for each in (keys, values))
            query = queries[t][head]
            mixed.append(attend(query, k, v, seen, len(query) ** -0.5))
        y = x[t] + w("attn.out.weight") @ np.concatenate(mixed)
        inner = gelu(w("mlp.up.weight") @ normed(y, w("mlp_norm.weight"), eps))
        out[t] = y + w("mlp.down.weight") @ inner
    return out
