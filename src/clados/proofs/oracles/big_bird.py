"""BigBird: BERT, or PEGASUS's encoder, where each place sees a few blocks (arXiv:2007.14062 §2, appendix D).

Which blocks are random is told, for each layer and head: [blocks that look][so many], of those that are not global.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clados.proofs.oracles.pegasus import attended, crossed, forward, normed
from clados.proofs.oracles.plain import Vector, attend, block_of, gelu_tanh, heads, layer_norm

Row = dict[int, Vector]
Arrays = Mapping[str, NDArray[Any]]


def run(numbers: Mapping[str, Any], weights: Arrays, read: Arrays) -> dict[str, Any]:
    """Scores of the words at each place and what is pooled; with a target, scores of its next words."""
    ids, keep = read["input_ids"], read["attention_mask"]
    table = weights["inputs.tokens.weight"]
    written = read.get("decoder_input_ids")
    logits, pooled = np.zeros((*(ids if written is None else written).shape, len(table))), []
    for row in range(len(ids)):
        here = [t for t in range(ids.shape[1]) if keep[row, t]]
        if written is not None:
            memory = summarised({t: placed(weights, ids[row, t], t) for t in here}, ids.shape[1], weights, numbers)
            for t, last in continued(memory, written[row], weights, numbers).items():
                logits[row, t] = table @ last
            continue
        x = {t: typed(weights, ids[row, t], t, read["token_type_ids"][row, t], numbers["eps"]) for t in here}
        x = encoded(x, ids.shape[1], weights, numbers)
        for t in here:
            dense = gelu_tanh(weights["heads.lm.dense.weight"] @ x[t] + weights["heads.lm.dense.bias"])
            last = normed(dense, block_of(weights, "heads.lm"), "norm", numbers["eps"])
            logits[row, t] = table @ last + weights["heads.lm.bias"]
        pooled.append(np.tanh(weights["heads.pooler.dense.weight"] @ x[0] + weights["heads.pooler.dense.bias"]))
    return {"logits": logits} | ({"pooler_output": np.array(pooled)} if pooled else {})


def typed(weights: Arrays, word: int, place: int, kind: int, eps: float) -> Vector:
    """norm(word + type + place)."""
    added = weights["inputs.tokens.weight"][word] + weights["inputs.types.weight"][kind]
    return normed(added + weights["inputs.position.table.weight"][place], block_of(weights, "inputs"), "norm", eps)


def placed(weights: Arrays, word: int, place: int) -> Vector:
    """The word's vector times the root of its width, plus the place's."""
    vector = weights["inputs.tokens.weight"][word]
    return np.array(vector * len(vector) ** 0.5 + weights["inputs.position.table.weight"][place])


def seen(place: int, layer: int, head: int, length: int, numbers: Mapping[str, Any]) -> set[int]:
    """The blocks that a place sees: -1 is what was added before the text; None of them is left out where all are."""
    count = max(-(-length // numbers["block"]), 2)
    every = set(range(-1, count))
    mine, ends = place // numbers["block"], {0, count - 1}
    if place < 0 or (not numbers["extra"] and mine in ends):
        return every
    first = 0 if numbers["extra"] else 1  # of the blocks that are not global
    lists = numbers["lists"](layer, count if numbers["extra"] else count - 2)
    random = {first + block for block in lists[head][mine - first]}
    near = {block for block in every if abs(block - mine) <= numbers["window"] // 2}
    return ({-1} if numbers["extra"] else ends) | (near - {-1}) | random


def looked(x: Row, w: Any, layer: int, length: int, numbers: Mapping[str, Any], given: Row) -> Row:
    """Attention of ``given``, each head of each place to its own blocks; projected, not yet added."""
    biased = numbers["biased"]
    fused = {t: w("attn.qkv.weight") @ given[t] + (w("attn.qkv.bias") if biased else 0) for t in x}
    parts = {t: [heads(each, numbers["heads"]) for each in np.split(fused[t], 3)] for t in x}
    out: Row = {}
    for t in x:
        mixed = []
        for h in range(numbers["heads"]):
            blocks = seen(t, layer, h, length, numbers)
            places = [u for u in x if (u // numbers["block"] if u >= 0 else -1) in blocks]
            query = parts[t][0][h]
            keys, values = ({u: parts[u][which][h] for u in places} for which in (1, 2))
            mixed.append(attend(query, keys, values, places, len(query) ** -0.5))
        out[t] = w("attn.out.weight") @ np.concatenate(mixed) + (w("attn.out.bias") if biased else 0)
    return out


def encoded(x: Row, length: int, weights: Arrays, numbers: Mapping[str, Any]) -> Row:
    """BERT's layers: norm(x + attention(x)), norm(y + mlp(y)); what was added stands at -1, -2 ..."""
    eps = numbers["eps"]
    x = {**x, **{-1 - i: weights["stack.extra.weight"][i] for i in range(numbers["extra"])}}
    for layer in range(numbers["layers"]):
        w = block_of(weights, f"stack.blocks.{layer}")
        y = looked(x, w, layer, length, numbers, x)
        y = {t: layer_norm(x[t] + y[t], w("attn_norm.weight"), w("attn_norm.bias"), eps) for t in x}
        inner = {t: gelu_tanh(w("mlp.up.weight") @ y[t] + w("mlp.up.bias")) for t in x}
        x = {t: normed(y[t] + w("mlp.down.weight") @ inner[t] + w("mlp.down.bias"), w, "mlp_norm", eps) for t in x}
    return x


def summarised(x: Row, length: int, weights: Arrays, numbers: Mapping[str, Any]) -> Row:
    """PEGASUS's encoder: x + attention(norm(x)), x + mlp(norm(x)), and a norm."""
    for layer in range(numbers["layers"]):
        w = block_of(weights, f"encoder.blocks.{layer}")
        y = looked(x, w, layer, length, numbers, {t: normed(x[t], w, "attn_norm", numbers["eps"]) for t in x})
        x = {t: forward(x[t] + y[t], w, numbers["eps"]) for t in x}
    return {t: normed(each, block_of(weights, "encoder"), "norm_out", numbers["eps"]) for t, each in x.items()}


def continued(memory: Row, target: NDArray[Any], weights: Arrays, numbers: Mapping[str, Any]) -> Row:
    """PEGASUS's decoder, its places those of the source's table."""
    eps, count = numbers["eps"], numbers["heads"]
    x = {t: placed(weights, word, t) for t, word in enumerate(target)}
    for layer in range(numbers["written"]):
        w = block_of(weights, f"decoder.blocks.{layer}")
        x = crossed(attended(x, w, count, eps, causal=True), memory, w, count, eps)
        x = {t: forward(each, w, eps) for t, each in x.items()}
    return {t: normed(each, block_of(weights, "decoder"), "norm_out", eps) for t, each in x.items()}
