"""DeBERTa: disentangled attention and the decoder of masked words (arXiv:2006.03654 eq. 2-4, algorithm 1, §3.2).

Log buckets, the convolution and the discriminator are those of the authors' code (github:microsoft/DeBERTa deberta/
da_utils.py, deberta/bert.py, apps/models/replaced_token_detection_model.py).
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clados.proofs.oracles.plain import Vector, block_of, gelu, heads, layer_norm

Row = dict[int, Vector]


def run(
    numbers: Mapping[str, Any], weights: Mapping[str, NDArray[Any]], read: Mapping[str, NDArray[Any]]
) -> dict[str, Any]:
    """Scores of the words at each position, or the odds that its token was replaced; zeros at padding."""
    ids, keep = read["input_ids"], read["attention_mask"]
    table, eps = weights["inputs.tokens.weight"], numbers["eps"]
    judged = not numbers["passes"]  # without a decoder of masked words it is version 3, which judges
    logits = np.zeros(ids.shape if judged else (*ids.shape, len(table)))
    distances = rows(weights, numbers)
    for row in range(len(ids)):
        here = [t for t in range(ids.shape[1]) if keep[row, t]]
        x = encoded(
            {t: normed(table[ids[row, t]], weights, "inputs.norm", eps) for t in here}, distances, weights, numbers
        )
        for t in here:
            if judged:
                logits[row, t] = judge(x[t], x[here[0]], weights, eps)
            else:
                dense = gelu(weights["heads.lm.dense.weight"] @ x[t] + weights["heads.lm.dense.bias"])
                logits[row, t] = table @ normed(dense, weights, "heads.lm.norm", eps) + weights["heads.lm.bias"]
    return {"logits": logits}


def rows(weights: Mapping[str, NDArray[Any]], numbers: Mapping[str, Any]) -> list[Vector]:
    """The table of distances; with log buckets, since version 2, through a norm."""
    table = list(weights["stack.position.table.weight"])
    if not numbers["buckets"]:
        return table
    return [normed(each, weights, "stack.position.norm", numbers["eps"]) for each in table]


def encoded(x: Row, distances: list[Vector], weights: Mapping[str, NDArray[Any]], numbers: Mapping[str, Any]) -> Row:
    """The layers; after the first the convolution, the last one as decoder, where there are such."""
    entered, layers = x, numbers["layers"] - (1 if numbers["passes"] else 0)
    for layer in range(layers):
        x = block(x, x, distances, block_of(weights, f"stack.blocks.{layer}"), numbers)
        if layer == 0 and numbers["kernel"]:
            x = convolved(entered, x, weights, numbers)
    given = x
    if numbers["passes"]:
        x = {t: given[t] + weights["stack.decoder.absolute.table.weight"][t] for t in given}
    for _ in range(numbers["passes"]):
        x = block(x, given, distances, block_of(weights, f"stack.blocks.{layers}"), numbers)
    return x


def normed(x: Vector, weights: Mapping[str, NDArray[Any]], name: str, eps: float) -> Vector:
    """The norm of this name."""
    return layer_norm(x, weights[f"{name}.weight"], weights[f"{name}.bias"], eps)


def convolved(x: Row, y: Row, weights: Mapping[str, NDArray[Any]], numbers: Mapping[str, Any]) -> Row:
    """norm(y_t + gelu(b + sum over the neighbours u of t of W_(u - t) x_u))."""
    kernel, half = weights["stack.convolution.weight"], numbers["kernel"] // 2
    out: Row = {}
    for t in x:
        summed = weights["stack.convolution.bias"].copy()
        for u in (u for u in x if abs(u - t) <= half):
            summed += kernel[:, :, u - t + half] @ x[u]
        out[t] = normed(y[t] + gelu(summed), weights, "stack.convolution.norm", numbers["eps"])
    return out


def judge(x: Vector, first: Vector, weights: Mapping[str, NDArray[Any]], eps: float) -> float:
    """w gelu(V norm(x + first) + c) + b."""
    inner = normed(x + first, weights, "heads.discriminator.norm", eps)
    bent = gelu(weights["heads.discriminator.dense.weight"] @ inner + weights["heads.discriminator.dense.bias"])
    return float((weights["heads.discriminator.out.weight"] @ bent + weights["heads.discriminator.out.bias"])[0])


def block(x: Row, given: Row, distances: list[Vector], w: Any, numbers: Mapping[str, Any]) -> Row:
    """norm(x + attention(x over given)), then norm(y + mlp(y))."""
    eps, count = numbers["eps"], numbers["heads"]
    own = not numbers["buckets"]  # version 1 projects distances by tensors of their own, and keys have no bias
    queries = {t: heads(content(w, x[t], 0, own) + (w("attn.q_bias") if own else 0), count) for t in x}
    keys = {t: heads(content(w, given[t], 1, own), count) for t in given}
    values = {t: heads(content(w, given[t], 2, own) + (w("attn.v_bias") if own else 0), count) for t in given}
    far_keys = [heads(w("attn.distance_k.weight") @ p if own else content(w, p, 1, own), count) for p in distances]
    far_queries = [
        heads(w("attn.distance_q.weight") @ p + w("attn.distance_q.bias") if own else content(w, p, 0, own), count)
        for p in distances
    ]
    out: Row = {}
    for i in x:
        mixed = []
        for h in range(count):
            scores = np.array([
                queries[i][h] @ keys[j][h]
                + queries[i][h] @ far_keys[distance(i, j, numbers)][h]
                + keys[j][h] @ far_queries[distance(*((j, i) if numbers["reverse"] else (i, j)), numbers)][h]
                for j in given
            ]) / math.sqrt(3 * len(queries[i][h]))  # fmt: skip
            share = np.exp(scores - scores.max())
            mixed.append(share / share.sum() @ np.array([values[j][h] for j in given]))
        added = x[i] + w("attn.out.weight") @ np.concatenate(mixed) + w("attn.out.bias")
        y = layer_norm(added, w("attn_norm.weight"), w("attn_norm.bias"), eps)
        inner = w("mlp.down.weight") @ gelu(w("mlp.up.weight") @ y + w("mlp.up.bias")) + w("mlp.down.bias")
        out[i] = layer_norm(y + inner, w("mlp_norm.weight"), w("mlp_norm.bias"), eps)
    return out


def content(w: Any, x: Vector, which: int, bare: bool) -> Vector:
    """The projection of content to queries (0), keys (1) or values (2), with its bias or bare."""
    product = np.split(w("attn.qkv.weight"), 3)[which] @ x
    return np.array(product if bare else product + np.split(w("attn.qkv.bias"), 3)[which])


def distance(i: int, j: int, numbers: Mapping[str, Any]) -> int:
    """delta(i, j): the row of i - j, of 2n (eq. 3); with log buckets beyond the middle one."""
    gap, side = i - j, numbers["buckets"] or numbers["furthest"]
    if numbers["buckets"]:
        middle = side // 2
        if abs(gap) > middle:
            growth = math.log(abs(gap) / middle) / math.log((numbers["furthest"] - 1) / middle)
            gap = int(math.copysign(math.ceil(growth * (middle - 1)) + middle, gap))
    return 0 if gap <= -side else 2 * side - 1 if gap >= side else gap + side
