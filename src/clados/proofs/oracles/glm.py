"""GLM: a text is read both ways and its blanks are written after it (arXiv:2103.10360 §2)."""

from collections.abc import Callable
from typing import Any

from clados.proofs.oracles.plain import *

SOURCE = "arXiv:2103.10360 §2"
MLP = Callable[[Vector, Weights], Vector]


def fits(model: Any) -> bool:
    """Its positions are pairs, both learned."""
    return model.inputs.position is not None


def run(numbers: Numbers, weights: Arrays, read: Arrays, mlp: MLP | None = None) -> Outputs:
    """Scores of the next word; ``mlp`` in place of the dense layer."""
    ids, pairs, eps = read["input_ids"], read["position_ids"], numbers["eps"]
    w = block_of(weights, "inputs")
    table, places, inside = w("tokens.weight"), w("position.table.weight"), w("position.blanks.weight")
    return text_scores(
        numbers,
        weights,
        read,
        embed=lambda row, t: table[ids[row, t]] + places[pairs[row, t, 0]] + inside[pairs[row, t, 1]],
        block=lambda x, w, row, layer: block(x, w, pairs[row], numbers["heads"], eps, mlp or dense),
        score=lambda x: table @ norm(x, block_of(weights, "stack"), "norm_out", eps),
    )


def sees(pairs: Any) -> Callable[[int, int], bool]:
    """Each place sees those before and itself, and all that is read."""
    return lambda t, u: u <= t or pairs[u][1] == 0


def block(x: Row, w: Weights, pairs: Any, count: int, eps: float, mlp: MLP) -> Row:
    """x + attention(norm(x)), then x + mlp(norm(x))."""
    y = added(x, self_attention({t: norm(x[t], w, "attn_norm", eps) for t in x}, w, count, sees(pairs), bias=True))
    return {t: y[t] + mlp(norm(y[t], w, "mlp_norm", eps), w) for t in x}


def dense(x: Vector, w: Weights) -> Vector:
    """W2 gelu(W1 x + b1) + b2."""
    return linear(gelu_tanh(linear(x, w, "mlp.up")), w, "mlp.down")
