"""Galactica: GPT's block without a single bias (arXiv:2211.09085 §4)."""

from clados.proofs.oracles.plain import *

SOURCE = "arXiv:2211.09085 §4"
BEFORE = 2  # rows of the table of positions before the first


def run(numbers: Numbers, weights: Arrays, read: Arrays) -> Outputs:
    """Scores of the next word."""
    ids, places, eps = read["input_ids"], read["position_ids"], numbers["eps"]
    table, positions = weights["inputs.tokens.weight"], weights["inputs.position.table.weight"]
    return text_scores(
        numbers,
        weights,
        read,
        embed=lambda row, t: table[ids[row, t]] + positions[places[row, t] + BEFORE],
        block=lambda x, w, row, layer: block(x, w, numbers["heads"], eps),
        score=lambda x: table @ layer_norm(x, weights["stack.norm_out.weight"], 0, eps),
    )


def block(x: Row, w: Weights, count: int, eps: float) -> Row:
    """x + attention(norm(x)), then x + mlp(norm(x))."""
    normed = {t: layer_norm(x[t], w("attn_norm.weight"), 0, eps) for t in x}
    y = added(x, self_attention(normed, w, count, causal))
    inner = {t: gelu(w("mlp.up.weight") @ layer_norm(y[t], w("mlp_norm.weight"), 0, eps)) for t in x}
    return {t: y[t] + w("mlp.down.weight") @ inner[t] for t in x}
