"""LLaMA with its planes as complex numbers, two neighbours of a head each (arXiv:2302.13971 §2.2)."""

import cmath
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clados.proofs.oracles.plain import Vector, attend, block_of, heads

Row = dict[int, Vector]


def run(
    numbers: Mapping[str, Any], weights: Mapping[str, NDArray[Any]], read: Mapping[str, NDArray[Any]]
) -> dict[str, Any]:
    """Scores of the next word at each position that is not padding; zeros at those that are."""
    ids, keep, places = read["input_ids"], read["attention_mask"], read["position_ids"]
    head = weights["heads.lm.table.weight"]
    logits = np.zeros((*ids.shape, len(head)))
    for row in range(len(ids)):
        here = [t for t in range(ids.shape[1]) if keep[row, t]]
        x = {t: weights["inputs.tokens.weight"][ids[row, t]] for t in here}
        for layer in range(numbers["layers"]):
            x = block(x, places[row], block_of(weights, f"stack.blocks.{layer}"), numbers)
        for t in here:
            logits[row, t] = head @ rms_norm(x[t], weights["stack.norm_out.weight"], numbers["eps"])
    return {"logits": logits}


def rms_norm(x: Vector, weight: Vector, eps: float) -> Vector:
    """x / sqrt(mean of squares + eps) * weight (arXiv:1910.07467 eq. 4)."""
    return np.array(x / math.sqrt(np.mean(x * x) + eps) * weight)


def turned(x: Vector, place: int, base: float) -> Vector:
    """Each two neighbours, as a complex number, times e^(i place base^(-2k/d)) (arXiv:2104.09864 eq. 12-15)."""
    out = np.zeros(len(x))
    for k in range(len(x) // 2):
        plane = complex(x[2 * k], x[2 * k + 1]) * cmath.exp(1j * float(place) * base ** (-2 * k / len(x)))
        out[2 * k], out[2 * k + 1] = plane.real, plane.imag
    return out


def block(x: Row, places: NDArray[Any], w: Any, numbers: Mapping[str, Any]) -> Row:
    """x + attention(norm(x)), then x + mlp(norm(x))."""
    eps = numbers["eps"]
    mixed = attention({t: rms_norm(x[t], w("attn_norm.weight"), eps) for t in x}, places, w, numbers)
    out: Row = {}
    for t in x:
        y = x[t] + mixed[t]
        out[t] = y + gated(rms_norm(y, w("mlp_norm.weight"), eps), w)
    return out


def attention(x: Row, places: NDArray[Any], w: Any, numbers: Mapping[str, Any]) -> Row:
    """Each place sees those before and itself; query heads share keys and values where these are fewer."""
    count, groups, width = (numbers[name] for name in ("heads", "kv_heads", "head_dim"))
    queries, keys, values = {}, {}, {}
    for t in x:
        q, k, v = np.split(w("attn.qkv.weight") @ x[t], [count * width, (count + groups) * width])
        queries[t] = [turned(each, places[t], numbers["base"]) for each in heads(q, count)]
        keys[t] = [turned(each, places[t], numbers["base"]) for each in heads(k, groups)]
        values[t] = heads(v, groups)
    out: Row = {}
    for t in x:
        seen = [u for u in x if u <= t]
        mixed = []
        for head in range(count):
            group = head * groups // count
            shared, read = ({u: each[u][group] for u in seen} for each in (keys, values))
            mixed.append(attend(queries[t][head], shared, read, seen, 1 / math.sqrt(width)))
        out[t] = w("attn.out.weight") @ np.concatenate(mixed)
    return out


def gated(x: Vector, w: Any) -> Vector:
    """W2 (silu(W1 x) * V x) (arXiv:2002.05202 eq. 6)."""
    gate, up = np.split(w("mlp.up.weight") @ x, 2)
    return np.array(w("mlp.down.weight") @ (gate / (1 + np.exp(-gate)) * up))
