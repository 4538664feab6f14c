"""GPT-3: GPT-2's blocks, every second one seeing a band only (arXiv:2005.14165 §2.1)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clados.proofs.oracles.plain import Vector, attend, block_of, gelu_tanh, heads, layer_norm


def run(
    numbers: Mapping[str, Any], weights: Mapping[str, NDArray[Any]], read: Mapping[str, NDArray[Any]]
) -> dict[str, Any]:
    """Scores of the next word at each position that is not padding; zeros at those that are."""
    ids, keep, places = read["input_ids"], read["attention_mask"], read["position_ids"]
    table = weights["inputs.tokens.weight"]
    logits = np.zeros((*ids.shape, len(table)))
    for row in range(len(ids)):
        here = [t for t in range(ids.shape[1]) if keep[row, t]]
        x = {t: table[ids[row, t]] + weights["inputs.position.table.weight"][places[row, t]] for t in here}
        for layer in range(numbers["layers"]):
            span = numbers["span"] if layer % 2 else ids.shape[1]
            x = block(x, block_of(weights, f"stack.blocks.{layer}"), numbers["heads"], span, numbers["eps"], gelu_tanh)
        for t in here:
            last = layer_norm(x[t], weights["stack.norm_out.weight"], weights["stack.norm_out.bias"], numbers["eps"])
            logits[row, t] = table @ last
    return {"logits": logits}


def block(x: dict[int, Vector], w: Any, count: int, span: int, eps: float, act: Any) -> dict[int, Vector]:
    """x + attention(norm(x)), then x + mlp(norm(x)); each place sees the last ``span`` before and with it."""
    normed = {t: layer_norm(x[t], w("attn_norm.weight"), w("attn_norm.bias"), eps) for t in x}
    fused = {t: w("attn.qkv.weight") @ normed[t] + w("attn.qkv.bias") for t in x}
    queries, keys, values = ({t: heads(np.split(fused[t], 3)[i], count) for t in x} for i in range(3))
    out: dict[int, Vector] = {}
    for t in x:
        seen = [u for u in x if u <= t and t - u < span]
        mixed = []
        for head in range(count):
            k, v = ({u: each[u][head] for u in seen} for each in (keys, values))
            query = queries[t][head]
            mixed.append(attend(query, k, v, seen, len(query) ** -0.5))
        y = x[t] + w("attn.out.weight") @ np.concatenate(mixed) + w("attn.out.bias")
        inner = w("mlp.up.weight") @ layer_norm(y, w("mlp_norm.weight"), w("mlp_norm.bias"), eps) + w("mlp.up.bias")
        out[t] = y + w("mlp.down.weight") @ act(inner) + w("mlp.down.bias")
    return out
