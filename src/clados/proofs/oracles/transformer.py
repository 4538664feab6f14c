"""The Transformer as its paper has it: no biases in attention, norms after each branch (arXiv:1706.03762 §3)."""

import math
from typing import Any

import numpy as np

from clados.proofs.oracles.plain import *

SOURCE = "arXiv:1706.03762 §3"
numbers = sides_numbers


def run(numbers: Numbers, weights: Arrays, read: Arrays) -> Outputs:
    """Scores of the next word of each target."""
    table, count, eps = weights["inputs.tokens.weight"], numbers["heads"], numbers["eps"]

    def encoder(x: Row, w: Weights) -> Row:
        x = joined(x, self_attention(x, w, count, everywhere), w, "attn_norm", eps)
        return joined(x, {t: inner(x[t], w) for t in x}, w, "mlp_norm", eps)

    def decoder(x: Row, memory: Row, w: Weights) -> Row:
        x = joined(x, self_attention(x, w, count, causal), w, "attn_norm", eps)
        x = joined(x, cross_attention(x, memory, w, count), w, "cross_norm", eps)
        return joined(x, {t: inner(x[t], w) for t in x}, w, "mlp_norm", eps)

    embeds = [lambda word, place: embed(table, word, place)] * 2
    return pair_scores(numbers, weights, read, table=table, embed=embeds, encoder=encoder, decoder=decoder)


def embed(table: Any, word: int, place: int) -> Vector:
    """The word's vector times sqrt(d_model), plus sin and cos of its place (§3.4, §3.5)."""
    width = table.shape[1]
    angles = [place / 10_000 ** (2 * i / width) for i in range(width // 2)]
    wave = np.array([side for angle in angles for side in (math.sin(angle), math.cos(angle))])
    return np.array(table[word] * math.sqrt(width) + wave)


def inner(x: Vector, w: Weights) -> Vector:
    """W2 max(0, W1 x + b1) + b2 (eq. 2)."""
    return linear(np.maximum(0.0, linear(x, w, "mlp.up")), w, "mlp.down")
