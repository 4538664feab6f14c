"""Trajectory Transformer: GPT's blocks over the bins of a trajectory's numbers (arXiv:2106.02039 §3.1)."""

from typing import Any

import numpy as np

from clados.proofs.oracles.plain import *

SOURCE = "arXiv:2106.02039 §3.1, appendix; github:jannerm/trajectory-transformer trajectory/models/transformers.py"


def numbers(model: Any) -> dict[str, Any]:
    """Its sizes, the bins of a number and the numbers of a step."""
    read = model.inputs
    return {**stack_numbers(model), "bins": read.bins, "step": read.states + read.actions + 2}


def run(numbers: Numbers, weights: Arrays, read: Arrays) -> Outputs:
    """Scores of the next number's bins, by the product of the number before it."""
    bins, step, eps = numbers["bins"], numbers["step"], numbers["eps"]
    logits = []
    for tokens in read["trajectories"]:
        x: Row = {}
        for place, token in enumerate(tokens):
            row = step * bins if token == bins else place % step * bins + token
            x[place] = weights["inputs.tokens.weight"][row] + weights["inputs.positions.weight"][place]
        for layer in range(numbers["layers"]):
            x = block(x, block_of(weights, f"stack.blocks.{layer}"), numbers["heads"], step, eps)
        last = {t: norm(x[t], block_of(weights, "stack"), "norm_out", eps) for t in x}
        logits.append([weights["heads.bins.products"][t % step] @ last[t] for t in x])
    return {"logits": np.array(logits)}


def block(x: Row, w: Weights, count: int, step: int, eps: float) -> Row:
    """x + attention(norm(x)), then x + mlp(norm(x)); nothing sees a return to go, the last number of a step."""
    normed = {t: norm(x[t], w, "attn_norm", eps) for t in x}
    y = added(x, self_attention(normed, w, count, lambda t, u: u <= t and (u + 1) % step > 0, bias=True))
    return {t: y[t] + linear(gelu(linear(norm(y[t], w, "mlp_norm", eps), w, "mlp.up")), w, "mlp.down") for t in x}
