"""CM3: GPT's blocks, all dense, on waves for positions (arXiv:2201.07520 appendix A.1)."""

import math

from clados.proofs.oracles.gpt_3 import EVERYTHING, block
from clados.proofs.oracles.plain import *

SOURCE = "arXiv:2201.07520 appendix A.1, arXiv:1706.03762 §3.5"


def run(numbers: Numbers, weights: Arrays, read: Arrays) -> Outputs:
    """Scores of the next word; waves in fairseq's order."""
    ids, places, eps = read["input_ids"], read["position_ids"], numbers["eps"]
    table = weights["inputs.tokens.weight"]
    width = table.shape[1]
    return text_scores(
        numbers,
        weights,
        read,
        embed=lambda row, t: math.sqrt(width) * table[ids[row, t]] + sinusoid(places[row, t], width),
        block=lambda x, w, row, layer: block(x, w, numbers["heads"], EVERYTHING, eps, gelu),
        score=lambda x: table @ norm(x, block_of(weights, "stack"), "norm_out", eps),
    )
