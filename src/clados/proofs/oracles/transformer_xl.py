"""Transformer-XL on one segment after a memory (arXiv:1901.02860 §3.2, §3.3); its softmax (arXiv:1609.04309 §3)."""

import math
from typing import Any

import numpy as np

from clados.proofs.oracles.plain import *

SOURCE = "arXiv:1901.02860 §3.2-3.3, arXiv:1609.04309 §3"


def numbers(model: Any) -> dict[str, Any]:
    """Its sizes, how much it remembers, and the classes of its words."""
    named = {"d_model": model.size.d_model, "memory": model.memory, "words": model.vocab.size}
    cutoffs, shrink = getattr(model.inputs, "cutoffs", ()), getattr(model.inputs, "shrink", 1)
    return {**stack_numbers(model), **named, "cutoffs": cutoffs, "shrink": shrink}


def run(numbers: Numbers, weights: Arrays, read: Arrays) -> Outputs:
    """log p of the next word at each position that is not padding, and the memory after the segment."""
    ids, keep = read["input_ids"], read["attention_mask"]
    batch, length = ids.shape
    earlier = read["mems"] if "mems" in read else np.zeros((batch, numbers["layers"], 0, numbers["d_model"]))
    past, words = earlier.shape[2], numbers["words"]
    logits = np.zeros((batch, length, words))
    mems = np.zeros((batch, numbers["layers"], min(numbers["memory"], past + length), numbers["d_model"]))
    for row in range(batch):
        x = [embedded(ids[row, t], numbers, weights) for t in range(length)]
        seen = [[*range(past), *(past + u for u in range(t + 1) if keep[row, u] or u == t)] for t in range(length)]
        for layer in range(numbers["layers"]):
            both = [*earlier[row, layer], *x]
            mems[row, layer] = both[-numbers["memory"] :]
            x = block(both, past, seen, block_of(weights, f"stack.blocks.{layer}"), weights, numbers)
        for t in range(length):
            if keep[row, t]:
                logits[row, t] = scored(x[t], numbers, weights)
    return {"logits": logits, "mems": mems}


def embedded(word: int, numbers: Numbers, weights: Arrays) -> Vector:
    """A word's vector, times sqrt(d_model)."""
    scale = math.sqrt(numbers["d_model"])
    if not numbers["cutoffs"]:
        return np.array(weights["inputs.tokens.weight"][word] * scale)
    if numbers["shrink"] == 1:
        return np.array(weights["inputs.tokens0.weight"][word] * scale)
    c = sum(word >= cut for cut in numbers["cutoffs"])
    first = (0, *numbers["cutoffs"])[c]
    narrow = weights[f"inputs.tokens{c}.weight"][word - first]
    return np.array(weights[f"inputs.project{c}.weight"] @ narrow * scale)


def block(
    both: list[Vector], past: int, seen: list[list[int]], w: Weights, weights: Arrays, numbers: Numbers
) -> list[Vector]:
    """norm(x + attention(memory, x)), then norm(x + mlp(x))."""
    count, wide = numbers["heads"], numbers["head_dim"]
    own = count * wide
    fused = w("attn.qkv.weight")
    queries, keys, values = (np.array([fused[i * own : (i + 1) * own] @ each for each in both]) for i in range(3))
    far = np.array([w("attn.distance.weight") @ sinusoid(gap, len(both[0])) for gap in range(len(both))])
    out = []
    for t, places in enumerate(seen):
        x, gaps = both[past + t], [past + t - place for place in places]
        mixed = []
        for head in range(count):
            part = slice(head * wide, (head + 1) * wide)
            u, v = weights["stack.position.u"][head], weights["stack.position.v"][head]
            q = queries[past + t, part]
            scores = keys[places, part] @ (q + u) + far[gaps, part] @ (q + v)
            mixed.append(softmax(scores * wide**-0.5) @ values[places, part])
        y = norm(x + w("attn.out.weight") @ np.concatenate(mixed), w, "attn_norm", numbers["eps"])
        y = y + linear(np.maximum(linear(y, w, "mlp.up"), 0), w, "mlp.down")
        out.append(norm(y, w, "mlp_norm", numbers["eps"]))
    return out


def scored(x: Vector, numbers: Numbers, weights: Arrays) -> Vector:
    """log p of every word: of its class, and within its class; without classes, its score alone."""
    if not numbers["cutoffs"]:
        return np.array(weights["inputs.tokens.weight"] @ x + weights["heads.lm.bias"])
    ends = [0, *numbers["cutoffs"], numbers["words"]]
    tails = len(numbers["cutoffs"])
    tables, biases, states = [], [], []
    for c in range(tails + 1):
        if numbers["shrink"] == 1:
            tables.append(weights["inputs.tokens0.weight"][ends[c] : ends[c + 1]])
            biases.append(weights["heads.lm.words0_bias"][ends[c] : ends[c + 1]])
            states.append(x)
        else:
            own = weights.get(f"heads.lm.project{c}.weight")
            tables.append(weights[f"inputs.tokens{c}.weight"])
            biases.append(weights[f"heads.lm.words{c}_bias"])
            states.append(weights[f"inputs.project{c}.weight"].T @ x if own is None else own @ x)
    classes = weights["heads.lm.classes.weight"] @ states[0] + weights["heads.lm.classes.bias"]
    head = log_softmax(np.concatenate([tables[0] @ states[0] + biases[0], classes]))
    found = [head[: ends[1]]]
    for c in range(1, tails + 1):
        found.append(head[ends[1] + c - 1] + log_softmax(tables[c] @ states[c] + biases[c]))
    return np.concatenate(found)


def log_softmax(scores: Vector) -> Vector:
    """s - log sum e^s."""
    most = scores.max()
    return np.array(scores - most - math.log(np.exp(scores - most).sum()))
