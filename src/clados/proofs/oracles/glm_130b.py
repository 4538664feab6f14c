"""GLM-130B: GLM with turned queries and keys, DeepNorm and gated layers (arXiv:2210.02414 §2.1)."""

import math
from typing import Any

import numpy as np

from clados.proofs.oracles.glm import sees
from clados.proofs.oracles.plain import *

SOURCE = "arXiv:2210.02414 §2.1, arXiv:2104.09864 eq. 14-15"
CARDS = ("glm",)
SIZES = ("d_ff",)


def fits(model: Any) -> bool:
    """Its residual branches are weighed by a power of the depth."""
    return hasattr(model.stack.block.residual, "power")


def numbers(model: Any) -> dict[str, Any]:
    """Its sizes, that power, and the base of the angles."""
    return {**stack_numbers(model), "power": model.stack.block.residual.power, "base": model.stack.position.base}


def run(numbers: Numbers, weights: Arrays, read: Arrays) -> Outputs:
    """Scores of the next word: the words' vectors are normed, the last layer ends with its own norm."""
    ids, table = read["input_ids"], weights["inputs.tokens.weight"]
    return text_scores(
        numbers,
        weights,
        read,
        embed=lambda row, t: norm(table[ids[row, t]], block_of(weights, "inputs"), "norm", numbers["eps"]),
        block=lambda x, w, row, layer: block(x, w, read["position_ids"][row], numbers),
        score=lambda x: table @ x,
    )


def block(x: Row, w: Weights, pairs: Any, numbers: Numbers) -> Row:
    """x = norm(a x + attention(x)), then x = norm(a x + down(gelu(gate x) * up x)), a = (2 layers)^power."""
    eps, a = numbers["eps"], (2 * numbers["layers"]) ** numbers["power"]
    queries, keys, values = projected(x, w, "attn.qkv", [numbers["heads"]] * 3, bias=True)

    def turn(heads: Heads) -> Heads:
        return {t: [turned(head, int(pairs[t][0]), numbers["base"]) for head in each] for t, each in heads.items()}

    mixed = attend((turn(queries), turn(keys), values), sees(pairs))
    out: Row = {}
    for t in x:
        y = norm(a * x[t] + linear(mixed[t], w, "attn.out"), w, "attn_norm", eps)
        gate, up = np.split(linear(y, w, "mlp.up"), 2)
        out[t] = norm(a * y + linear(gelu(gate) * up, w, "mlp.down"), w, "mlp_norm", eps)
    return out


def turned(x: Vector, place: int, base: float) -> Vector:
    """Each pair of numbers half a head apart turned by its angle (arXiv:2104.09864 eq. 14-15)."""
    half = len(x) // 2
    out = np.array(x)
    for i in range(half):
        angle = place * base ** (-i / half)
        out[i] = x[i] * math.cos(angle) - x[half + i] * math.sin(angle)
        out[half + i] = x[half + i] * math.cos(angle) + x[i] * math.sin(angle)
    return out
