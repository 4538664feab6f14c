"""BigBird: BERT, or PEGASUS's encoder, where each place sees a few blocks (arXiv:2007.14062 §2, appendix D).

Which blocks are random is told, for each layer and head: [blocks that look][so many], of those that are not global.
"""

from functools import cache
from typing import Any

import numpy as np

from clados.proofs.oracles.pegasus import decoded, forward, normed, relu
from clados.proofs.oracles.plain import *

SOURCE = "arXiv:2007.14062 §2, appendix D"


def fits(model: Any) -> bool:
    """Its encoder for PEGASUS, or its places before the text (ETC)."""
    return hasattr(model, "sides") or model.stack.blocks(1)[0].attn.pattern.extra > 0


def numbers(model: Any) -> dict[str, Any]:
    """The sizes of a stack over blocks, and the random blocks of each layer and head: lists of lists."""
    from torch import device

    from clados.nn.attention.block_sparse import random_blocks

    sides = getattr(model, "sides", None)
    size, stack = (sides.encoder, model.encoder) if sides else (model.size, model.stack)
    attn, heads = stack.blocks(1)[0].attn, size.dims.heads
    pattern = attn.pattern

    @cache
    def lists(layer: int, blocks: int) -> list[list[list[int]]]:
        which, there = (
            each.tolist() for each in random_blocks(layer, heads, blocks, pattern.window, pattern.random, device("cpu"))
        )
        pairs = [[[*zip(*each)] for each in zip(*head)] for head in zip(which, there)]
        return [[[block for block, real in each if real] for each in head] for head in pairs]

    named = {"layers": size.layers, "heads": heads, "eps": stack.norm.eps, "biased": attn.biases == "all"}
    blocks = {"block": pattern.block, "window": pattern.window, "extra": pattern.extra}
    return {**named, **blocks, "written": sides.decoder.layers if sides else 0, "lists": lists}


def run(numbers: Numbers, weights: Arrays, read: Arrays) -> Outputs:
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
            w = block_of(weights, "heads.lm")
            logits[row, t] = table @ norm(gelu_tanh(linear(x[t], w, "dense")), w, "norm", numbers["eps"]) + w("bias")
        pooled.append(np.tanh(linear(x[0], block_of(weights, "heads.pooler"), "dense")))
    return {"logits": logits} | ({"pooler_output": np.array(pooled)} if pooled else {})


def typed(weights: Arrays, word: int, place: int, kind: int, eps: float) -> Vector:
    """norm(word + type + place)."""
    summed = weights["inputs.tokens.weight"][word] + weights["inputs.types.weight"][kind]
    return norm(summed + weights["inputs.position.table.weight"][place], block_of(weights, "inputs"), "norm", eps)


def placed(weights: Arrays, word: int, place: int) -> Vector:
    """The word's vector times the root of its width, plus the place's."""
    vector = weights["inputs.tokens.weight"][word]
    return np.array(vector * len(vector) ** 0.5 + weights["inputs.position.table.weight"][place])


def seen(place: int, layer: int, head: int, length: int, numbers: Numbers) -> set[int]:
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


def looked(x: Row, w: Weights, layer: int, length: int, numbers: Numbers) -> Row:
    """Attention, each head of each place to its own blocks; what it does not see has a bias of -inf."""
    biased, count = numbers["biased"], numbers["heads"]

    @cache
    def blocks(place: int, head: int) -> set[int]:
        return seen(place, layer, head, length, numbers)

    def bias(t: int, u: int, head: int) -> float:
        return 0.0 if (u // numbers["block"] if u >= 0 else -1) in blocks(t, head) else -np.inf

    mixed = attend(projected(x, w, "attn.qkv", [count] * 3, bias=biased), everywhere, bias=bias)
    return leaving(mixed, w, "attn", bias=biased)


def encoded(x: Row, length: int, weights: Arrays, numbers: Numbers) -> Row:
    """BERT's layers: norm(x + attention(x)), norm(y + mlp(y)); what was added stands at -1, -2 ..."""
    eps = numbers["eps"]
    x = {**x, **{-1 - i: weights["stack.extra.weight"][i] for i in range(numbers["extra"])}}
    for layer in range(numbers["layers"]):
        w = block_of(weights, f"stack.blocks.{layer}")
        x = joined(x, looked(x, w, layer, length, numbers), w, "attn_norm", eps)
        x = joined(x, {t: linear(gelu_tanh(linear(x[t], w, "mlp.up")), w, "mlp.down") for t in x}, w, "mlp_norm", eps)
    return x


def summarised(x: Row, length: int, weights: Arrays, numbers: Numbers) -> Row:
    """PEGASUS's encoder: x + attention(norm(x)), x + mlp(norm(x)), and a norm."""
    eps = numbers["eps"]
    for layer in range(numbers["layers"]):
        w = block_of(weights, f"encoder.blocks.{layer}")
        x = added(x, looked(normed(x, w, "attn_norm", eps), w, layer, length, numbers))
        x = forward(x, w, eps, relu)
    return normed(x, block_of(weights, "encoder"), "norm_out", eps)


def continued(memory: Row, target: Any, weights: Arrays, numbers: Numbers) -> Row:
    """PEGASUS's decoder, its places those of the source's table."""
    x = {t: placed(weights, word, t) for t, word in enumerate(target)}
    for layer in range(numbers["written"]):
        x = decoded(x, memory, block_of(weights, f"decoder.blocks.{layer}"), numbers["heads"], numbers["eps"], relu)
    return normed(x, block_of(weights, "decoder"), "norm_out", numbers["eps"])
