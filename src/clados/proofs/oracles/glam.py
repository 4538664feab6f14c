"""GLaM: two experts a token in every other layer, gated layers between (arXiv:2112.06905 §4, arXiv:2006.16668 §2)."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clados.proofs.oracles.lamda import bucket
from clados.proofs.oracles.llama import rms_norm
from clados.proofs.oracles.plain import Vector, block_of, gelu, heads, softmax

Row = dict[int, Vector]


def run(
    numbers: Mapping[str, Any], weights: Mapping[str, NDArray[Any]], read: Mapping[str, NDArray[Any]]
) -> dict[str, Any]:
    """Scores of the next word at each position that is not padding; all texts compete for the experts' room."""
    ids, keep, eps = read["input_ids"], read["attention_mask"], numbers["eps"]
    table = weights["inputs.tokens.weight"]
    x = [{t: table[row[t]] for t in range(len(row)) if kept[t]} for row, kept in zip(ids, keep)]
    for layer in range(numbers["layers"]):
        w = block_of(weights, f"stack.blocks.{layer}")
        x = [attended(row, w, numbers) for row in x]
        normed = [{t: rms_norm(each, w("mlp_norm.weight"), eps) for t, each in row.items()} for row in x]
        routed = "factor" in numbers and layer % 2 == 1  # every other layer of a model with experts (§4)
        out = experts(normed, w, numbers) if routed else [dense(row, w) for row in normed]
        x = [{t: each + more[t] for t, each in row.items()} for row, more in zip(x, out)]
    logits = np.zeros((*ids.shape, len(table)))
    for row, states in enumerate(x):
        for t, each in states.items():
            last = rms_norm(each, weights["stack.norm_out.weight"], eps)
            logits[row, t] = table @ last / math.sqrt(len(last))
    return {"logits": logits}


def attended(x: Row, w: Any, numbers: Mapping[str, Any]) -> Row:
    """x + attention(norm(x)); scores are q k / sqrt(width) and the layer's bias of their distance."""
    count, width, biases = numbers["heads"], numbers["head_dim"], w("attn.distance.weight")
    parts = {}
    for t in x:
        fused = w("attn.qkv.weight") @ rms_norm(x[t], w("attn_norm.weight"), numbers["eps"])
        parts[t] = [heads(each, count) for each in np.split(fused, 3)]
    out: Row = {}
    for t in x:
        seen = [u for u in x if u <= t]
        added = np.array([biases[bucket(t - u, numbers["buckets"], numbers["distance"])] for u in seen])
        mixed = []
        for h in range(count):
            scores = np.array([parts[t][0][h] @ parts[u][1][h] for u in seen]) / math.sqrt(width)
            mixed.append(softmax(scores + added[:, h]) @ np.array([parts[u][2][h] for u in seen]))
        out[t] = x[t] + w("attn.out.weight") @ np.concatenate(mixed)
    return out


def dense(x: Row, w: Any) -> Row:
    """W3 gelu(W1 x * W2 x)."""
    out: Row = {}
    for t, each in x.items():
        one, other = np.split(w("mlp.up.weight") @ each, 2)
        out[t] = w("mlp.down.weight") @ gelu(one * other)
    return out


def experts(x: Sequence[Row], w: Any, numbers: Mapping[str, Any]) -> list[Row]:
    """The two likeliest experts, by their shares of the two; the first choices of all find room first (GShard)."""
    router = w("mlp.router.weight")
    places = [(row, t) for row, states in enumerate(x) for t in states]
    room = max(numbers["least"], math.floor(len(places) / len(router) * numbers["factor"]))
    shares = {(row, t): softmax(router @ x[row][t]) for row, t in places}
    best = {place: np.argsort(-each)[:2] for place, each in shares.items()}
    load = [0] * len(router)
    out: list[Row] = [{t: np.zeros(len(each)) for t, each in row.items()} for row in x]
    for choice in range(2):
        for place in places:
            one = int(best[place][choice])
            load[one] += 1
            if load[one] <= room:
                row, t = place
                gate = shares[place][one] / sum(shares[place][each] for each in best[place])
                out[row][t] = out[row][t] + gate * (w("mlp.down")[one] @ gelu(w("mlp.up")[one] @ x[row][t]))
    return out
