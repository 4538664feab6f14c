"""The Transformer as its paper has it: no biases in attention, norms after each branch (arXiv:1706.03762 §3)."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clados.proofs.oracles.plain import Vector, attend, block_of, heads, layer_norm

Row = dict[int, Vector]


def run(
    numbers: Mapping[str, Any], weights: Mapping[str, NDArray[Any]], read: Mapping[str, NDArray[Any]]
) -> dict[str, Any]:
    """Scores of the next word of each target; source positions that are padding are seen by nobody."""
    source, target, keep = read["input_ids"], read["decoder_input_ids"], read["attention_mask"]
    table, count, eps = weights["inputs.tokens.weight"], numbers["heads"], numbers["eps"]
    logits = np.zeros((*target.shape, len(table)))
    for row in range(len(source)):
        memory = {t: embed(table, source[row, t], t) for t in range(source.shape[1]) if keep[row, t]}
        for layer in range(numbers["layers"][0]):
            w = block_of(weights, f"encoder.blocks.{layer}")
            memory = joined(memory, attention(memory, w, count, causal=False), w, "attn_norm", eps)
            memory = joined(memory, {t: inner(x, w) for t, x in memory.items()}, w, "mlp_norm", eps)
        x = {t: embed(table, target[row, t], t) for t in range(target.shape[1])}
        for layer in range(numbers["layers"][1]):
            w = block_of(weights, f"decoder.blocks.{layer}")
            x = joined(x, attention(x, w, count, causal=True), w, "attn_norm", eps)
            x = joined(x, cross_attention(x, memory, w, count), w, "cross_norm", eps)
            x = joined(x, {t: inner(each, w) for t, each in x.items()}, w, "mlp_norm", eps)
        for t, last in x.items():
            logits[row, t] = table @ last
    return {"logits": logits}


def embed(table: NDArray[Any], word: int, place: int) -> Vector:
    """The word's vector times sqrt(d_model), plus sin and cos of its place (§3.4, §3.5)."""
    width = table.shape[1]
    angles = [place / 10_000 ** (2 * i / width) for i in range(width // 2)]
    wave = np.array([side for angle in angles for side in (math.sin(angle), math.cos(angle))])
    return np.array(table[word] * math.sqrt(width) + wave)


def attention(x: Row, w: Any, count: int, *, causal: bool) -> Row:
    """Each place sees all, or those before and itself (§3.2)."""
    parts = {t: [heads(each, count) for each in np.split(w("attn.qkv.weight") @ x[t], 3)] for t in x}
    out: Row = {}
    for t in x:
        seen = [u for u in x if u <= t or not causal]
        mixed = [
            mix(parts[t][0][h], {u: parts[u][1][h] for u in seen}, {u: parts[u][2][h] for u in seen})
            for h in range(count)
        ]
        out[t] = w("attn.out.weight") @ np.concatenate(mixed)
    return out


def cross_attention(x: Row, memory: Row, w: Any, count: int) -> Row:
    """Each place sees all of the encoder's states."""
    parts = {u: [heads(each, count) for each in np.split(w("cross.kv.weight") @ m, 2)] for u, m in memory.items()}
    out: Row = {}
    for t in x:
        queries = heads(w("cross.q.weight") @ x[t], count)
        mixed = [
            mix(queries[h], {u: p[0][h] for u, p in parts.items()}, {u: p[1][h] for u, p in parts.items()})
            for h in range(count)
        ]
        out[t] = w("cross.out.weight") @ np.concatenate(mixed)
    return out


def mix(query: Vector, keys: Row, values: Row) -> Vector:
    """Scores divided by the root of the head's width (eq. 1)."""
    return attend(query, keys, values, keys, 1 / math.sqrt(len(query)))


def inner(x: Vector, w: Any) -> Vector:
    """W2 max(0, W1 x + b1) + b2 (eq. 2)."""
    wide = np.maximum(0.0, w("mlp.up.weight") @ x + w("mlp.up.bias"))
    return np.array(w("mlp.down.weight") @ wide + w("mlp.down.bias"))


def joined(x: Row, y: Row, w: Any, name: str, eps: float) -> Row:
    """norm(x + y) (§3.1)."""
    return {t: layer_norm(x[t] + y[t], w(f"{name}.weight"), w(f"{name}.bias"), eps) for t in x}
