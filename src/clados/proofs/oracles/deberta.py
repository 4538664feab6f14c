"""DeBERTa: disentangled attention and the decoder of masked words (arXiv:2006.03654 eq. 2-4, algorithm 1, §3.2).

Log buckets, the convolution and the discriminator are those of the authors' code (github:microsoft/DeBERTa deberta/
da_utils.py, deberta/bert.py, apps/models/replaced_token_detection_model.py).
"""

import math
from typing import Any

import numpy as np

from clados.proofs.oracles.plain import *

SOURCE = "arXiv:2006.03654 eq. 2-4, §3.2; github:microsoft/DeBERTa (buckets, convolution, discriminator)"


def numbers(model: Any) -> dict[str, Any]:
    """Its sizes, the law of its distances, and what its first and last layers have in addition."""
    stack = model.stack
    distances = {name: getattr(stack.position, name) for name in ("furthest", "buckets", "reverse")}
    ends = {"kernel": stack.convolution.kernel if stack.convolution else 0}
    return {**stack_numbers(model), **distances, **ends, "passes": stack.decoder.passes if stack.decoder else 0}


def run(numbers: Numbers, weights: Arrays, read: Arrays) -> Outputs:
    """Scores of the words at each position, or the odds that its token was replaced; zeros at padding."""
    ids, keep = read["input_ids"], read["attention_mask"]
    table, eps = weights["inputs.tokens.weight"], numbers["eps"]
    judged = not numbers["passes"]  # without a decoder of masked words it is version 3, which judges
    logits = np.zeros(ids.shape if judged else (*ids.shape, len(table)))
    distances = rows(weights, numbers)
    for row in range(len(ids)):
        here = [t for t in range(ids.shape[1]) if keep[row, t]]
        x = {t: norm(table[ids[row, t]], block_of(weights, "inputs"), "norm", eps) for t in here}
        x = encoded(x, distances, weights, numbers)
        for t in here:
            if judged:
                logits[row, t] = judge(x[t], x[here[0]], weights, eps)
            else:
                w = block_of(weights, "heads.lm")
                logits[row, t] = table @ norm(gelu(linear(x[t], w, "dense")), w, "norm", eps) + w("bias")
    return {"logits": logits}


def rows(weights: Arrays, numbers: Numbers) -> list[Vector]:
    """The table of distances; with log buckets, since version 2, through a norm."""
    table = list(weights["stack.position.table.weight"])
    if not numbers["buckets"]:
        return table
    return [norm(each, block_of(weights, "stack.position"), "norm", numbers["eps"]) for each in table]


def encoded(x: Row, distances: list[Vector], weights: Arrays, numbers: Numbers) -> Row:
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


def convolved(x: Row, y: Row, weights: Arrays, numbers: Numbers) -> Row:
    """norm(y_t + gelu(b + sum over the neighbours u of t of W_(u - t) x_u))."""
    kernel, half = weights["stack.convolution.weight"], numbers["kernel"] // 2
    out: Row = {}
    for t in x:
        summed = weights["stack.convolution.bias"].copy()
        for u in (u for u in x if abs(u - t) <= half):
            summed += kernel[:, :, u - t + half] @ x[u]
        out[t] = norm(y[t] + gelu(summed), block_of(weights, "stack.convolution"), "norm", numbers["eps"])
    return out


def judge(x: Vector, first: Vector, weights: Arrays, eps: float) -> float:
    """w gelu(V norm(x + first) + c) + b."""
    w = block_of(weights, "heads.discriminator")
    return float(linear(gelu(linear(norm(x + first, w, "norm", eps), w, "dense")), w, "out")[0])


def block(x: Row, given: Row, distances: list[Vector], w: Weights, numbers: Numbers) -> Row:
    """norm(x + attention(x over given)), then norm(y + mlp(y))."""
    eps, count = numbers["eps"], numbers["heads"]
    own = not numbers["buckets"]  # version 1 projects distances by tensors of their own, and keys have no bias

    def parts(x: Row, which: int, bias: Any = 0) -> Heads:
        return {t: np.split(content(w, each, which, own) + bias, count) for t, each in x.items()}

    far = dict(enumerate(distances))
    far_keys = {i: np.split(w("attn.distance_k.weight") @ p, count) for i, p in far.items()} if own else parts(far, 1)
    far_queries = (
        {i: np.split(linear(p, w, "attn.distance_q"), count) for i, p in far.items()} if own else parts(far, 0)
    )
    queries, keys = parts(x, 0, w("attn.q_bias") if own else 0), parts(given, 1)
    values = parts(given, 2, w("attn.v_bias") if own else 0)
    scale = 1 / math.sqrt(3 * len(queries[next(iter(x))][0]))

    def bias(i: int, j: int, h: int) -> float:
        back = distance(*((j, i) if numbers["reverse"] else (i, j)), numbers)
        return float(queries[i][h] @ far_keys[distance(i, j, numbers)][h] + keys[j][h] @ far_queries[back][h]) * scale

    mixed = attend((queries, keys, values), everywhere, scale=scale, bias=bias)
    y = joined(x, leaving(mixed, w, "attn", bias=True), w, "attn_norm", eps)
    return joined(y, {t: linear(gelu(linear(y[t], w, "mlp.up")), w, "mlp.down") for t in y}, w, "mlp_norm", eps)


def content(w: Weights, x: Vector, which: int, bare: bool) -> Vector:
    """The projection of content to queries (0), keys (1) or values (2), with its bias or bare."""
    product = np.split(w("attn.qkv.weight"), 3)[which] @ x
    return np.array(product if bare else product + np.split(w("attn.qkv.bias"), 3)[which])


def distance(i: int, j: int, numbers: Numbers) -> int:
    """delta(i, j): the row of i - j, of 2n (eq. 3); with log buckets beyond the middle one."""
    gap, side = i - j, numbers["buckets"] or numbers["furthest"]
    if numbers["buckets"]:
        middle = side // 2
        if abs(gap) > middle:
            growth = math.log(abs(gap) / middle) / math.log((numbers["furthest"] - 1) / middle)
            gap = int(math.copysign(math.ceil(growth * (middle - 1)) + middle, gap))
    return 0 if gap <= -side else 2 * side - 1 if gap >= side else gap + side
