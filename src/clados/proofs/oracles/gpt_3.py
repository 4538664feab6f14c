"""GPT-3: GPT-2's blocks, every second one seeing a band only (arXiv:2005.14165 §2.1)."""

from collections.abc import Callable
from typing import Any

from clados.proofs.oracles.plain import *

SOURCE = "arXiv:2005.14165 §2.1, arXiv:1904.10509 §4.2 (bands)"
CARDS = ("gpt-3", "instructgpt", "gpt-3.5", "chatgpt")
EVERYTHING = 10**9  # a band as wide as any text


def numbers(model: Any) -> dict[str, Any]:
    """Its sizes, and how many places the layers with a band see."""
    return {**stack_numbers(model), "span": model.stack.block[1].attn.pattern.span}


def run(numbers: Numbers, weights: Arrays, read: Arrays) -> Outputs:
    """Scores of the next word."""
    ids, places, eps = read["input_ids"], read["position_ids"], numbers["eps"]
    table, positions = weights["inputs.tokens.weight"], weights["inputs.position.table.weight"]
    spans = [numbers["span"] if layer % 2 else EVERYTHING for layer in range(numbers["layers"])]
    return text_scores(
        numbers,
        weights,
        read,
        embed=lambda row, t: table[ids[row, t]] + positions[places[row, t]],
        block=lambda x, w, row, layer: block(x, w, numbers["heads"], spans[layer], eps, gelu_tanh),
        score=lambda x: table @ norm(x, block_of(weights, "stack"), "norm_out", eps),
    )


def block(x: Row, w: Weights, count: int, span: int, eps: float, act: Callable[[Vector], Vector]) -> Row:
    """x + attention(norm(x)), then x + mlp(norm(x)); each place sees the last ``span`` before and with it."""
    normed = {t: norm(x[t], w, "attn_norm", eps) for t in x}
    y = added(x, self_attention(normed, w, count, lambda t, u: u <= t and t - u < span, bias=True))
    return {t: y[t] + linear(act(linear(norm(y[t], w, "mlp_norm", eps), w, "mlp.up")), w, "mlp.down") for t in x}
