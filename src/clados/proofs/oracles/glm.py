"""GLM: a text is read both ways and its blanks are written after it (arXiv:2103.10360 §2; arXiv:2210.02414 §2.1)."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clados.proofs.oracles.plain import Vector, attend, block_of, gelu, gelu_tanh, heads, layer_norm, softmax


def run(
    numbers: Mapping[str, Any], weights: Mapping[str, NDArray[Any]], read: Mapping[str, NDArray[Any]]
) -> dict[str, Any]:
    """Scores of the next word at each position that is not padding; zeros at those that are."""
    ids, keep, pairs = read["input_ids"], read["attention_mask"], read["position_ids"]
    table = weights["inputs.tokens.weight"]
    logits = np.zeros((*ids.shape, len(table)))
    layer = deep_layer if "power" in numbers else layer_of_glm
    for row in range(len(ids)):
        here = [t for t in range(ids.shape[1]) if keep[row, t]]
        x = {t: embedded(weights, table[ids[row, t]], pairs[row, t], numbers) for t in here}
        seen = {t: [u for u in here if u <= t or pairs[row, u][1] == 0] for t in here}
        places = {t: int(pairs[row, t][0]) for t in here}
        for i in range(numbers["layers"]):
            x = layer(x, block_of(weights, f"stack.blocks.{i}"), seen, places, numbers)
        for t in here:
            logits[row, t] = table @ (x[t] if "power" in numbers else last_norm(x[t], weights, numbers["eps"]))
    return {"logits": logits}


def last_norm(x: Vector, weights: Mapping[str, NDArray[Any]], eps: float) -> Vector:
    """The norm after the last layer of GLM; a layer of GLM-130B ends with one of its own."""
    return layer_norm(x, weights["stack.norm_out.weight"], weights["stack.norm_out.bias"], eps)


def embedded(weights: Mapping[str, NDArray[Any]], word: Vector, pair: Vector, numbers: Mapping[str, Any]) -> Vector:
    """A word with both its positions; or normed, where positions turn queries and keys (GLM-130B)."""
    if "power" in numbers:
        return layer_norm(word, weights["inputs.norm.weight"], weights["inputs.norm.bias"], numbers["eps"])
    place, inside = weights["inputs.position.table.weight"], weights["inputs.position.blanks.weight"]
    return np.array(word + place[pair[0]] + inside[pair[1]])


def layer_of_glm(
    x: dict[int, Vector], w: Any, seen: dict[int, list[int]], places: dict[int, int], numbers: Mapping[str, Any]
) -> dict[int, Vector]:
    """x + attention(norm(x)), then x + mlp(norm(x))."""
    eps = numbers["eps"]
    normed = {t: layer_norm(x[t], w("attn_norm.weight"), w("attn_norm.bias"), eps) for t in x}
    mixed = attention(normed, w, seen, places, numbers, base=None)
    out = {}
    for t in x:
        y = x[t] + mixed[t]
        h = layer_norm(y, w("mlp_norm.weight"), w("mlp_norm.bias"), eps)
        if numbers.get("routed"):
            out[t] = y + two_experts(h, w)
        else:
            inner = w("mlp.up.weight") @ h + w("mlp.up.bias")
            out[t] = y + w("mlp.down.weight") @ gelu_tanh(inner) + w("mlp.down.bias")
    return out


def two_experts(x: Vector, w: Any) -> Vector:
    """The two experts of the highest scores, weighed by the softmax of these two (arXiv:2103.13262 §3)."""
    scores = w("mlp.router.weight") @ x
    best = np.argsort(-scores)[:2]
    out = np.zeros(len(x))
    for one, gate in zip(best, softmax(scores[best])):
        out = out + gate * (w("mlp.down")[one] @ gelu_tanh(w("mlp.up")[one] @ x))
    return out


def deep_layer(
    x: dict[int, Vector], w: Any, seen: dict[int, list[int]], places: dict[int, int], numbers: Mapping[str, Any]
) -> dict[int, Vector]:
    """x = norm(a x + attention(x)), then x = norm(a x + down(gelu(gate x) * up x)), a = (2 layers)^power."""
    eps, a = numbers["eps"], (2 * numbers["layers"]) ** numbers["power"]
    mixed = attention(x, w, seen, places, numbers, base=numbers["base"])
    out = {}
    for t in x:
        y = layer_norm(a * x[t] + mixed[t], w("attn_norm.weight"), w("attn_norm.bias"), eps)
        gate, up = np.split(w("mlp.up.weight") @ y + w("mlp.up.bias"), 2)
        inner = w("mlp.down.weight") @ (gelu(gate) * up) + w("mlp.down.bias")
        out[t] = layer_norm(a * y + inner, w("mlp_norm.weight"), w("mlp_norm.bias"), eps)
    return out


def attention(
    x: dict[int, Vector],
    w: Any,
    seen: dict[int, list[int]],
    places: dict[int, int],
    numbers: Mapping[str, Any],
    base: float | None,
) -> dict[int, Vector]:
    """Each place attends to those that it sees; with a base, queries and keys are turned by their place."""
    fused = {t: w("attn.qkv.weight") @ x[t] + w("attn.qkv.bias") for t in x}
    queries, keys, values = ({t: heads(np.split(fused[t], 3)[i], numbers["heads"]) for t in x} for i in range(3))
    if base is not None:
        queries = {t: [turned(each, places[t], base) for each in queries[t]] for t in x}
        keys = {t: [turned(each, places[t], base) for each in keys[t]] for t in x}
    out = {}
    for t in x:
        mixed = []
        for head in range(numbers["heads"]):
            k, v = ({u: each[u][head] for u in seen[t]} for each in (keys, values))
            mixed.append(attend(queries[t][head], k, v, seen[t], len(queries[t][head]) ** -0.5))
        out[t] = w("attn.out.weight") @ np.concatenate(mixed) + w("attn.out.bias")
    return out


def turned(x: Vector, place: int, base: float) -> Vector:
    """Each pair of numbers half a head apart turned by its angle (arXiv:2104.09864 eq. 14-15)."""
    half = len(x) // 2
    out = np.array(x)
    for i in range(half):
        angle = place * base ** (-i / half)
        out[i] = x[i] * math.cos(angle) - x[half + i] * math.sin(angle)
        out[half + i] = x[half + i] * math.cos(angle) + x[i] * math.sin(angle)
    return out
