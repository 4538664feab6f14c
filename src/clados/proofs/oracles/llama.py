"""LLaMA with its planes as complex numbers, two neighbours of a head each (arXiv:2302.13971 §2.2)."""

import cmath
from typing import Any

import numpy as np

from clados.proofs.oracles.plain import *

SOURCE = "arXiv:2302.13971 §2.2, arXiv:2104.09864 eq. 12-14"
SIZES = ("d_ff", "kv_heads", "head_dim")


def numbers(model: Any) -> dict[str, Any]:
    """Its sizes, and the base of the angles."""
    return {**stack_numbers(model), "base": model.stack.position.base}


def run(numbers: Numbers, weights: Arrays, read: Arrays) -> Outputs:
    """Scores of the next word."""
    ids, places, eps = read["input_ids"], read["position_ids"], numbers["eps"]
    return text_scores(
        numbers,
        weights,
        read,
        embed=lambda row, t: weights["inputs.tokens.weight"][ids[row, t]],
        block=lambda x, w, row, layer: block(x, places[row], w, numbers),
        score=lambda x: weights["heads.lm.table.weight"] @ rms_norm(x, weights["stack.norm_out.weight"], eps),
    )


def turned(x: Vector, place: int, base: float) -> Vector:
    """Each two neighbours, as a complex number, times e^(i place base^(-2k/d)) (arXiv:2104.09864 eq. 12-15)."""
    out = np.zeros(len(x))
    for k in range(len(x) // 2):
        plane = complex(x[2 * k], x[2 * k + 1]) * cmath.exp(1j * float(place) * base ** (-2 * k / len(x)))
        out[2 * k], out[2 * k + 1] = plane.real, plane.imag
    return out


def block(x: Row, places: Any, w: Weights, numbers: Numbers) -> Row:
    """x + attention(norm(x)), then x + mlp(norm(x))."""
    eps = numbers["eps"]
    mixed = attention({t: rms_norm(x[t], w("attn_norm.weight"), eps) for t in x}, places, w, numbers)
    out: Row = {}
    for t in x:
        y = x[t] + mixed[t]
        out[t] = y + gated(rms_norm(y, w("mlp_norm.weight"), eps), w)
    return out


def attention(x: Row, places: Any, w: Weights, numbers: Numbers) -> Row:
    """Each place sees those before and itself; queries and keys are turned by their places."""
    queries, keys, values = projected(x, w, "attn.qkv", [numbers["heads"], *[numbers["kv_heads"]] * 2])

    def turn(heads: Heads) -> Heads:
        return {t: [turned(head, places[t], numbers["base"]) for head in each] for t, each in heads.items()}

    mixed = attend((turn(queries), turn(keys), values), causal)
    return {t: w("attn.out.weight") @ mixed[t] for t in x}


def gated(x: Vector, w: Weights) -> Vector:
    """W2 (silu(W1 x) * V x) (arXiv:2002.05202 eq. 6)."""
    gate, up = np.split(w("mlp.up.weight") @ x, 2)
    return np.array(w("mlp.down.weight") @ (gate / (1 + np.exp(-gate)) * up))
