"""AlexaTM 20B: norms before the sublayers, a table for each side and one to write (arXiv:2208.01448 §2)."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clados.proofs.oracles.plain import Vector, attend, block_of, gelu, heads, layer_norm

Row = dict[int, Vector]


def run(
    numbers: Mapping[str, Any], weights: Mapping[str, NDArray[Any]], read: Mapping[str, NDArray[Any]]
) -> dict[str, Any]:
    """Scores of the next word of each target; source positions that are padding are seen by nobody."""
    source, target, keep = read["input_ids"], read["decoder_input_ids"], read["attention_mask"]
    count, eps, skipped = numbers["heads"], numbers["eps"], numbers["skipped"]
    out = weights["heads.lm.table.weight"]
    logits = np.zeros((*target.shape, len(out)))
    segment = weights["inputs.types.weight"][0]
    for row in range(len(source)):
        words, places = weights["inputs.tokens.weight"], weights["inputs.position.table.weight"]
        memory = {t: words[source[row, t]] + places[t] + segment for t in range(source.shape[1]) if keep[row, t]}
        for layer in range(numbers["layers"][0]):
            w = block_of(weights, f"encoder.blocks.{layer}")
            memory = forward(attended(memory, w, count, eps, causal=False), w, eps)
        memory = normed(memory, block_of(weights, "encoder"), "norm_out", eps)
        words, places = weights["target.tokens.weight"], weights["target.position.table.weight"]
        x = {t: words[target[row, t]] + places[t + skipped] for t in range(target.shape[1])}
        for layer in range(numbers["layers"][1]):
            w = block_of(weights, f"decoder.blocks.{layer}")
            x = attended(x, w, count, eps, causal=True)
            x = forward(crossed(x, memory, w, count, eps), w, eps)
        for t, last in normed(x, block_of(weights, "decoder"), "norm_out", eps).items():
            logits[row, t] = out @ last
    return {"logits": logits}


def normed(x: Row, w: Any, name: str, eps: float) -> Row:
    """Each place's vector through one norm."""
    return {t: layer_norm(each, w(f"{name}.weight"), w(f"{name}.bias"), eps) for t, each in x.items()}


def through(x: Row, w: Any, name: str, parts: int, count: int) -> dict[int, list[list[Vector]]]:
    """W x + b of each place, cut into parts and each part into heads."""
    made = {t: w(f"{name}.weight") @ each + w(f"{name}.bias") for t, each in x.items()}
    return {t: [heads(part, count) for part in np.split(each, parts)] for t, each in made.items()}


def attended(x: Row, w: Any, count: int, eps: float, *, causal: bool) -> Row:
    """x + attention(norm(x)), each place seeing all, or those before and itself."""
    parts = through(normed(x, w, "attn_norm", eps), w, "attn.qkv", 3, count)
    out: Row = {}
    for t in x:
        seen = {u: (each[1], each[2]) for u, each in parts.items() if u <= t or not causal}
        out[t] = x[t] + w("attn.out.weight") @ mixed(parts[t][0], seen) + w("attn.out.bias")
    return out


def crossed(x: Row, memory: Row, w: Any, count: int, eps: float) -> Row:
    """x + attention of norm(x) to the encoder's states."""
    seen = {u: (each[0], each[1]) for u, each in through(memory, w, "cross.kv", 2, count).items()}
    asked = through(normed(x, w, "cross_norm", eps), w, "cross.q", 1, count)
    return {t: x[t] + w("cross.out.weight") @ mixed(asked[t][0], seen) + w("cross.out.bias") for t in x}


def mixed(queries: list[Vector], seen: Mapping[int, tuple[list[Vector], list[Vector]]]) -> Vector:
    """Head after head, side by side; scores divided by the root of a head's width."""
    found = []
    for head, query in enumerate(queries):
        keys, values = {u: k[head] for u, (k, _) in seen.items()}, {u: v[head] for u, (_, v) in seen.items()}
        found.append(attend(query, keys, values, keys, 1 / math.sqrt(len(query))))
    return np.concatenate(found)


def forward(x: Row, w: Any, eps: float) -> Row:
    """x + W2 gelu(W1 norm(x) + b1) + b2."""
    out: Row = {}
    for t, each in normed(x, w, "mlp_norm", eps).items():
        out[t] = x[t] + w("mlp.down.weight") @ gelu(w("mlp.up.weight") @ each + w("mlp.up.bias")) + w("mlp.down.bias")
    return out
