"""Switch Transformer: T5 with one expert a token, as long as it has room (arXiv:2101.03961 §2, arXiv:1910.10683 §2)."""

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clados.proofs.oracles.lamda import bucket
from clados.proofs.oracles.llama import rms_norm
from clados.proofs.oracles.plain import Vector, block_of, gelu_tanh, heads, softmax

Row = dict[int, Vector]


def run(
    numbers: Mapping[str, Any], weights: Mapping[str, NDArray[Any]], read: Mapping[str, NDArray[Any]], gated: bool
) -> dict[str, Any]:
    """Scores of the next word of each target; all texts of a batch compete for the experts' room."""
    source, target, keep = read["input_ids"], read["decoder_input_ids"], read["attention_mask"]
    table = weights["inputs.tokens.weight"]
    memory = [{t: table[row[t]] for t in range(len(row)) if kept[t]} for row, kept in zip(source, keep)]
    memory = layers("encoder", memory, None, weights, numbers, gated)
    x = [{t: table[word] for t, word in enumerate(row)} for row in target]
    x = layers("decoder", x, memory, weights, numbers, gated)
    return {"logits": np.array([[table @ each / math.sqrt(len(each)) for each in row.values()] for row in x])}


def layers(
    side: str,
    x: list[Row],
    memory: list[Row] | None,
    weights: Mapping[str, NDArray[Any]],
    numbers: Mapping[str, Any],
    gated: bool,
) -> list[Row]:
    """One side, its last norm too."""
    eps, biases = numbers["eps"], weights[f"{side}.position.table.weight"]
    for layer in range(numbers[side]):
        w = block_of(weights, f"{side}.blocks.{layer}")
        bias = partial(distance_bias, biases, numbers, memory is None)
        x = [attended(row, w, bias, numbers, past_only=memory is not None) for row in x]
        if memory is not None:
            x = [crossed(row, read, w, numbers) for row, read in zip(x, memory)]
        normed = [{t: rms_norm(each, w("mlp_norm.weight"), eps) for t, each in row.items()} for row in x]
        feed = routed if (layer + 1) % numbers["every"] == 0 else dense  # "expert frequency" of table 9
        out = feed(normed, w, numbers, gated)
        x = [{t: each + more[t] for t, each in row.items()} for row, more in zip(x, out)]
    return [{t: rms_norm(each, weights[f"{side}.norm_out.weight"], eps) for t, each in row.items()} for row in x]


def distance_bias(biases: NDArray[Any], numbers: Mapping[str, Any], both: bool, query: int, key: int) -> Vector:
    """The bias of each head; half of the buckets are of keys that come later, where these are seen."""
    buckets, most = numbers["buckets"] // (2 if both else 1), numbers["distance"]
    later = buckets if key > query else 0
    return np.array(biases[later + bucket(abs(query - key), buckets, most)])


def attended(x: Row, w: Any, bias: Any, numbers: Mapping[str, Any], *, past_only: bool) -> Row:
    """x + attention(norm(x)); scores are q k and the bias of their places."""
    count = numbers["heads"]
    parts = {
        t: [heads(each, count) for each in np.split(w("attn.qkv.weight") @ normed, 3)]
        for t, normed in ((t, rms_norm(x[t], w("attn_norm.weight"), numbers["eps"])) for t in x)
    }
    out: Row = {}
    for t in x:
        seen = [u for u in x if u <= t or not past_only]
        added = np.array([bias(t, u) for u in seen])
        mixed = []
        for h in range(count):
            shares = softmax(np.array([parts[t][0][h] @ parts[u][1][h] for u in seen]) + added[:, h])
            mixed.append(shares @ np.array([parts[u][2][h] for u in seen]))
        out[t] = x[t] + w("attn.out.weight") @ np.concatenate(mixed)
    return out


def crossed(x: Row, memory: Row, w: Any, numbers: Mapping[str, Any]) -> Row:
    """x + attention to the encoder's states, which knows nothing of distances."""
    count = numbers["heads"]
    parts = {u: [heads(each, count) for each in np.split(w("cross.kv.weight") @ m, 2)] for u, m in memory.items()}
    out: Row = {}
    for t in x:
        queries = heads(w("cross.q.weight") @ rms_norm(x[t], w("cross_norm.weight"), numbers["eps"]), count)
        mixed = []
        for h in range(count):
            shares = softmax(np.array([queries[h] @ k[h] for k, _ in parts.values()]))
            mixed.append(shares @ np.array([v[h] for _, v in parts.values()]))
        out[t] = x[t] + w("cross.out.weight") @ np.concatenate(mixed)
    return out


def expert(x: Vector, up: NDArray[Any], down: NDArray[Any], gated: bool) -> Vector:
    """W2 max(0, W1 x), or W2 (gelu(W x) * V x)."""
    inner = up @ x
    if gated:
        gate, inner = np.split(inner, 2)
        return np.array(down @ (gelu_tanh(gate) * inner))
    return np.array(down @ np.maximum(0.0, inner))


def dense(x: Sequence[Row], w: Any, numbers: Mapping[str, Any], gated: bool) -> list[Row]:
    """The same layer for every token."""
    up, down = w("mlp.up.weight"), w("mlp.down.weight")
    return [{t: expert(each, up, down, gated) for t, each in row.items()} for row in x]


def routed(x: Sequence[Row], w: Any, numbers: Mapping[str, Any], gated: bool) -> list[Row]:
    """Each token's likeliest expert times its probability (eq. 2); nothing where that is full (eq. 3)."""
    router = w("mlp.router.weight")
    tokens = sum(map(len, x))
    room = max(numbers["least"], math.floor(tokens / len(router) * numbers["factor"]))
    load = [0] * len(router)
    out: list[Row] = []
    for row in x:
        out.append({})
        for t, each in row.items():
            shares = softmax(router @ each)
            best = int(np.argmax(shares))
            load[best] += 1
            fits = load[best] <= room
            made = expert(each, w("mlp.up")[best], w("mlp.down")[best], gated) if fits else np.zeros(len(each))
            out[-1][t] = shares[best] * made
    return out
