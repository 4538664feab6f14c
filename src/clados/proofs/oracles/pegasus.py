"""PEGASUS: the Transformer with its norms in front (arXiv:1912.08777 §6; pegasus/layers/transformer_block.py)."""

import math
from collections.abc import Callable

import numpy as np

from clados.proofs.oracles.plain import *

SOURCE = "arXiv:1912.08777 §6; github:google-research/pegasus pegasus/layers"
numbers = sides_numbers
Embed = Callable[[int, int], Vector]


def run(numbers: Numbers, weights: Arrays, read: Arrays) -> Outputs:
    """Scores of the next word of each target; a word's vector times sqrt(d_model), plus the wave of its place."""
    table = weights["inputs.tokens.weight"]
    width = table.shape[1]

    def embed(word: int, place: int) -> Vector:
        return np.array(table[word] * math.sqrt(width) + sinusoid(place, width))

    return norms_in_front(numbers, weights, read, table, (embed, embed), relu)


def norms_in_front(
    numbers: Numbers,
    weights: Arrays,
    read: Arrays,
    table: Vector,
    embed: tuple[Embed, Embed],
    act: Callable[[Vector], Vector],
    *,
    bias: bool = False,
) -> Outputs:
    """Scores of the next word of each target, where each branch reads norm(x), with or without biases in attention."""
    count, eps = numbers["heads"], numbers["eps"]

    def encoder(x: Row, w: Weights) -> Row:
        x = added(x, self_attention(normed(x, w, "attn_norm", eps), w, count, everywhere, bias=bias))
        return forward(x, w, eps, act)

    def decoder(x: Row, memory: Row, w: Weights) -> Row:
        return decoded(x, memory, w, count, eps, act, bias=bias)

    def last(x: Vector, w: Weights) -> Vector:
        return norm(x, w, "norm_out", eps)

    return pair_scores(numbers, weights, read, table=table, embed=embed, encoder=encoder, decoder=decoder, last=last)


def decoded(
    x: Row, memory: Row, w: Weights, count: int, eps: float, act: Callable[[Vector], Vector], *, bias: bool = False
) -> Row:
    """x + attention(norm(x)), x + attention of norm(x) to the encoder's states, x + mlp(norm(x))."""
    x = added(x, self_attention(normed(x, w, "attn_norm", eps), w, count, causal, bias=bias))
    x = added(x, cross_attention(normed(x, w, "cross_norm", eps), memory, w, count, bias=bias))
    return forward(x, w, eps, act)


def normed(x: Row, w: Weights, name: str, eps: float) -> Row:
    """The norm of each place's vector."""
    return {t: norm(x[t], w, name, eps) for t in x}


def forward(x: Row, w: Weights, eps: float, act: Callable[[Vector], Vector]) -> Row:
    """x + W2 act(W1 norm(x) + b1) + b2."""
    inner = {t: act(linear(each, w, "mlp.up")) for t, each in normed(x, w, "mlp_norm", eps).items()}
    return {t: x[t] + linear(inner[t], w, "mlp.down") for t in x}


def relu(x: Vector) -> Vector:
    """max(0, x)."""
    return np.maximum(0.0, x)
