"""Gopher: GPT-2's block with RMSNorm, its scores by content and by distance (arXiv:2112.11446 §3.1)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clados.proofs.oracles.llama import rms_norm
from clados.proofs.oracles.plain import Vector, block_of, gelu_tanh, heads, softmax
from clados.proofs.oracles.transformer_xl import sinusoid


def run(
    numbers: Mapping[str, Any], weights: Mapping[str, NDArray[Any]], read: Mapping[str, NDArray[Any]]
) -> dict[str, Any]:
    """Scores of the next word at each position that is not padding; zeros at those that are."""
    ids, keep = read["input_ids"], read["attention_mask"]
    table, pair = weights["inputs.tokens.weight"], (weights["stack.position.u"], weights["stack.position.v"])
    logits = np.zeros((*ids.shape, len(table)))
    for row in range(len(ids)):
        here = [t for t in range(ids.shape[1]) if keep[row, t]]
        x = {t: table[ids[row, t]] for t in here}
        for layer in range(numbers["layers"]):
            x = block(x, block_of(weights, f"stack.blocks.{layer}"), pair, numbers)
        for t in here:
            logits[row, t] = table @ rms_norm(x[t], weights["stack.norm_out.weight"], numbers["eps"])
    return {"logits": logits}


def block(
    x: dict[int, Vector], w: Any, pair: tuple[NDArray[Any], NDArray[Any]], numbers: Mapping[str, Any]
) -> dict[int, Vector]:
    """x + attention(norm(x)), then x + mlp(norm(x))."""
    count, wide, eps = numbers["heads"], numbers["head_dim"], numbers["eps"]
    normed = {t: rms_norm(x[t], w("attn_norm.weight"), eps) for t in x}
    fused = {t: np.split(w("attn.qkv.weight") @ normed[t] + w("attn.qkv.bias"), 3) for t in x}
    queries, keys, values = ({t: heads(fused[t][i], count) for t in x} for i in range(3))
    longest, width = max(x) - min(x), len(normed[min(x)])
    far = [heads(w("attn.distance.weight") @ sinusoid(gap, width), count) for gap in range(longest + 1)]
    out: dict[int, Vector] = {}
    for t in x:
        seen, mixed = [u for u in x if u <= t], []
        for head in range(count):
            q, (u, v) = queries[t][head], (each[head] for each in pair)
            scores = [(q + u) @ keys[s][head] + (q + v) @ far[t - s][head] for s in seen]
            shares = softmax(np.array(scores) * wide**-0.5)
            mixed.append(shares @ np.array([values[s][head] for s in seen]))
        y = x[t] + w("attn.out.weight") @ np.concatenate(mixed) + w("attn.out.bias")
        inner = gelu_tanh(w("mlp.up.weight") @ rms_norm(y, w("mlp_norm.weight"), eps) + w("mlp.up.bias"))
        out[t] = y + w("mlp.down.weight") @ inner + w("mlp.down.bias")
    return out
