"""PEGASUS: the Transformer with its norms in front (arXiv:1912.08777 §6; pegasus/layers/transformer_block.py)."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clados.proofs.oracles.plain import Vector, block_of, layer_norm
from clados.proofs.oracles.transformer import Row, attention, cross_attention, inner


def run(
    numbers: Mapping[str, Any], weights: Mapping[str, NDArray[Any]], read: Mapping[str, NDArray[Any]]
) -> dict[str, Any]:
    """Scores of the next word of each target; source positions that are padding are seen by nobody."""
    source, target, keep = read["input_ids"], read["decoder_input_ids"], read["attention_mask"]
    table, count, eps = weights["inputs.tokens.weight"], numbers["heads"], numbers["eps"]
    logits = np.zeros((*target.shape, len(table)))
    for row in range(len(source)):
        memory = {t: embed(table, source[row, t], t) for t in range(source.shape[1]) if keep[row, t]}
        for layer in range(numbers["layers"][0]):
            w = block_of(weights, f"encoder.blocks.{layer}")
            memory = attended(memory, w, count, eps, causal=False)
            memory = {t: forward(x, w, eps) for t, x in memory.items()}
        memory = {t: normed(x, block_of(weights, "encoder"), "norm_out", eps) for t, x in memory.items()}
        x = {t: embed(table, target[row, t], t) for t in range(target.shape[1])}
        for layer in range(numbers["layers"][1]):
            w = block_of(weights, f"decoder.blocks.{layer}")
            x = attended(x, w, count, eps, causal=True)
            x = crossed(x, memory, w, count, eps)
            x = {t: forward(each, w, eps) for t, each in x.items()}
        for t, last in x.items():
            logits[row, t] = table @ normed(last, block_of(weights, "decoder"), "norm_out", eps)
    return {"logits": logits}


def embed(table: NDArray[Any], word: int, place: int) -> Vector:
    """The word's vector times sqrt(d_model), plus all sines, then all cosines, of its place."""
    width = table.shape[1]
    angles = [place / 10_000 ** (2 * i / width) for i in range(width // 2)]
    wave = np.array([*(math.sin(angle) for angle in angles), *(math.cos(angle) for angle in angles)])
    return np.array(table[word] * math.sqrt(width) + wave)


def normed(x: Vector, w: Any, name: str, eps: float) -> Vector:
    """The norm of a branch."""
    return layer_norm(x, w(f"{name}.weight"), w(f"{name}.bias"), eps)


def attended(x: Row, w: Any, count: int, eps: float, *, causal: bool) -> Row:
    """x + attention(norm(x)), each place seeing all, or those before and itself."""
    y = attention({t: normed(x[t], w, "attn_norm", eps) for t in x}, w, count, causal=causal)
    return {t: x[t] + y[t] for t in x}


def crossed(x: Row, memory: Row, w: Any, count: int, eps: float) -> Row:
    """x + attention of norm(x) to the encoder's states."""
    y = cross_attention({t: normed(x[t], w, "cross_norm", eps) for t in x}, memory, w, count)
    return {t: x[t] + y[t] for t in x}


def forward(x: Vector, w: Any, eps: float) -> Vector:
    """x + W2 max(0, W1 norm(x) + b1) + b2."""
    return x + inner(normed(x, w, "mlp_norm", eps), w)
