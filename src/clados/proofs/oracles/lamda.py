"""LaMDA: a decoder with T5's relative biases and gated GELU (arXiv:2201.08239 §3, arXiv:1910.10683 §2.1)."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clados.proofs.oracles.llama import rms_norm
from clados.proofs.oracles.plain import Vector, block_of, gelu_tanh, heads

Row = dict[int, Vector]


def run(
    numbers: Mapping[str, Any], weights: Mapping[str, NDArray[Any]], read: Mapping[str, NDArray[Any]]
) -> dict[str, Any]:
    """Scores of the next word at each position that is not padding, divided by sqrt(d_model)."""
    ids, keep = read["input_ids"], read["attention_mask"]
    table, biases = weights["inputs.tokens.weight"], weights["stack.position.table.weight"]
    logits = np.zeros((*ids.shape, len(table)))
    for row in range(len(ids)):
        here = [t for t in range(ids.shape[1]) if keep[row, t]]
        x = {t: table[ids[row, t]] for t in here}
        for layer in range(numbers["layers"]):
            w = block_of(weights, f"stack.blocks.{layer}")
            x = attended(x, w, biases, numbers)
            x = {t: forward(each, w, numbers["eps"]) for t, each in x.items()}
        for t in here:
            last = rms_norm(x[t], weights["stack.norm_out.weight"], numbers["eps"])
            logits[row, t] = table @ last / math.sqrt(table.shape[1])
    return {"logits": logits}


def bucket(distance: int, buckets: int, most: int) -> int:
    """Which bias a key so many positions back has: half of them one distance each, the rest growing with its log."""
    exact = buckets // 2
    if distance < exact:
        return distance
    grown = exact + int(math.log(distance / exact) / math.log(most / exact) * (buckets - exact))
    return min(grown, buckets - 1)


def attended(x: Row, w: Any, biases: NDArray[Any], numbers: Mapping[str, Any]) -> Row:
    """x + attention(norm(x)); scores are q k and the bias of their distance, nothing divided."""
    count, groups, width = (numbers[name] for name in ("heads", "kv_heads", "head_dim"))
    queries, keys, values = {}, {}, {}
    for t in x:
        fused = w("attn.qkv.weight") @ rms_norm(x[t], w("attn_norm.weight"), numbers["eps"])
        q, k, v = np.split(fused, [count * width, (count + groups) * width])
        queries[t], keys[t], values[t] = heads(q, count), heads(k, groups), heads(v, groups)
    out: Row = {}
    for t in x:
        seen = [u for u in x if u <= t]
        mixed = []
        for head in range(count):
            group = head * groups // count
            scores = np.array(
                [
                    queries[t][head] @ keys[u][group]
                    + biases[bucket(t - u, numbers["buckets"], numbers["distance"])][head]
                    for u in seen
                ]
            )
            shares = np.exp(scores - scores.max())
            mixed.append(shares / shares.sum() @ np.array([values[u][group] for u in seen]))
        out[t] = x[t] + w("attn.out.weight") @ np.concatenate(mixed)
    return out


def forward(x: Vector, w: Any, eps: float) -> Vector:
    """x + W2 (gelu(W x) * V x) of the normed x."""
    gate, up = np.split(w("mlp.up.weight") @ rms_norm(x, w("mlp_norm.weight"), eps), 2)
    return np.array(x + w("mlp.down.weight") @ (gelu_tanh(gate) * up))
