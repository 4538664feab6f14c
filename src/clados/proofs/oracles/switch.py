"""Switch Transformer: T5 with one expert a token, as long as it has room (arXiv:2101.03961 §2, arXiv:1910.10683 §2)."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from clados.proofs.oracles.plain import *

SOURCE = "arXiv:2101.03961 §2, arXiv:1910.10683 §2.1"


def routed_mlp(model: Any) -> tuple[int, Any]:
    """The first layer that has experts, counted from 1, and its experts."""
    mlps = [each.mlp for each in model.encoder.blocks(model.sides.encoder.layers)]
    return next((i + 1, mlp) for i, mlp in enumerate(mlps) if hasattr(mlp, "capacity"))


def fits(model: Any) -> bool:
    """Its layers are not gated."""
    return not routed_mlp(model)[1].gated


def numbers(model: Any) -> dict[str, Any]:
    """Sizes, with the room of its experts."""
    (every, mlp), sides, encoder = routed_mlp(model), model.sides, model.encoder
    layers = {"encoder": sides.encoder.layers, "decoder": sides.decoder.layers, "heads": sides.encoder.heads}
    distances = {"buckets": encoder.position.buckets, "distance": encoder.position.distance}
    room = {"least": mlp.capacity.least, "factor": mlp.capacity.evaluation, "every": every, "gated": mlp.gated}
    return {**layers, **distances, **room, "eps": encoder.norm.eps}


def run(numbers: Numbers, weights: Arrays, read: Arrays) -> Outputs:
    """Scores of the next word of each target; all texts of a batch compete for the experts' room."""
    source, target, keep = read["input_ids"], read["decoder_input_ids"], read["attention_mask"]
    table = weights["inputs.tokens.weight"]
    memory = [{t: table[row[t]] for t in range(len(row)) if kept[t]} for row, kept in zip(source, keep)]
    memory = layers("encoder", memory, None, weights, numbers)
    x = layers("decoder", [{t: table[word] for t, word in enumerate(row)} for row in target], memory, weights, numbers)
    return {"logits": np.array([[table @ each / math.sqrt(len(each)) for each in row.values()] for row in x])}


def layers(side: str, x: list[Row], memory: list[Row] | None, weights: Arrays, numbers: Numbers) -> list[Row]:
    """One side, its last norm too."""
    biases = weights[f"{side}.position.table.weight"]
    for layer in range(numbers[side]):
        w = block_of(weights, f"{side}.blocks.{layer}")
        x = [attended(row, w, biases, numbers, past_only=memory is not None) for row in x]
        if memory is not None:
            x = [crossed(row, states, w, numbers) for row, states in zip(x, memory)]
        inner = [normed(row, w("mlp_norm.weight"), numbers) for row in x]
        feed = routed if (layer + 1) % numbers["every"] == 0 else dense  # "expert frequency" of table 9
        x = [added(row, more) for row, more in zip(x, feed(inner, w, numbers))]
    return [normed(row, weights[f"{side}.norm_out.weight"], numbers) for row in x]


def normed(x: Row, gain: Vector, numbers: Numbers) -> Row:
    """The norm of each place's vector."""
    return {t: rms_norm(each, gain, numbers["eps"]) for t, each in x.items()}


def attended(x: Row, w: Weights, biases: Any, numbers: Numbers, *, past_only: bool) -> Row:
    """x + attention(norm(x)); scores are q k and the bias of their places.

    Half of the buckets are of keys that come later, where these are seen.
    """
    buckets = numbers["buckets"] // (1 if past_only else 2)

    def bias(t: int, u: int, head: int) -> float:
        later = buckets if u > t else 0
        return float(biases[later + bucket(abs(t - u), buckets, numbers["distance"])][head])

    heads = projected(normed(x, w("attn_norm.weight"), numbers), w, "attn.qkv", [numbers["heads"]] * 3)
    return added(x, leaving(attend(heads, causal if past_only else everywhere, scale=1, bias=bias), w, "attn"))


def crossed(x: Row, memory: Row, w: Weights, numbers: Numbers) -> Row:
    """x + attention to the encoder's states, which knows nothing of distances."""
    inner = normed(x, w("cross_norm.weight"), numbers)
    return added(x, cross_attention(inner, memory, w, numbers["heads"], scale=1))


def expert(x: Vector, up: Any, down: Any, *, gated: bool) -> Vector:
    """W2 max(0, W1 x), or W2 (gelu(W x) * V x)."""
    inner = up @ x
    if gated:
        gate, inner = np.split(inner, 2)
        return np.array(down @ (gelu_tanh(gate) * inner))
    return np.array(down @ np.maximum(0.0, inner))


def dense(x: Sequence[Row], w: Weights, numbers: Numbers) -> list[Row]:
    """The same layer for every token."""
    up, down = w("mlp.up.weight"), w("mlp.down.weight")
    return [{t: expert(each, up, down, gated=numbers["gated"]) for t, each in row.items()} for row in x]


def routed(x: Sequence[Row], w: Weights, numbers: Numbers) -> list[Row]:
    """Each token's likeliest expert times its probability (eq. 2); nothing where that is full (eq. 3)."""
    router, gated = w("mlp.router.weight"), numbers["gated"]
    room = max(numbers["least"], math.floor(sum(map(len, x)) / len(router) * numbers["factor"]))
    load = [0] * len(router)
    out: list[Row] = []
    for row in x:
        out.append({})
        for t, each in row.items():
            shares = softmax(router @ each)
            best = int(np.argmax(shares))
            load[best] += 1
            fits = load[best] <= room
            made = expert(each, w("mlp.up")[best], w("mlp.down")[best], gated=gated) if fits else np.zeros(len(each))
            out[-1][t] = shares[best] * made
    return out
