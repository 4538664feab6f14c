"""PaLM: attention and SwiGLU from one norm, one key and value for all heads (arXiv:2204.02311 §2)."""

import math
from typing import Any

from clados.proofs.oracles import llama
from clados.proofs.oracles.plain import *

SOURCE = "arXiv:2204.02311 §2, arXiv:2104.09864 eq. 12-14"
CARDS = ("palm", "flan-palm", "minerva")
SIZES = llama.SIZES
numbers = llama.numbers


def run(numbers: Numbers, weights: Arrays, read: Arrays) -> Outputs:
    """Scores of the next word, divided by sqrt(d_model) (§5)."""
    ids, places, eps = read["input_ids"], read["position_ids"], numbers["eps"]
    table, gain = weights["inputs.tokens.weight"], weights["stack.norm_out.weight"]
    return text_scores(
        numbers,
        weights,
        read,
        embed=lambda row, t: table[ids[row, t]],
        block=lambda x, w, row, layer: block(x, places[row], w, numbers),
        score=lambda x: table @ layer_norm(x, gain, 0, eps) / math.sqrt(table.shape[1]),
    )


def block(x: Row, places: Any, w: Weights, numbers: Numbers) -> Row:
    """x + mlp(norm(x)) + attention(norm(x)), the norm without bias."""
    inner = {t: layer_norm(x[t], w("attn_norm.weight"), 0, numbers["eps"]) for t in x}
    mixed = llama.attention(inner, places, w, numbers)
    return {t: x[t] + llama.gated(inner[t], w) + mixed[t] for t in x}
