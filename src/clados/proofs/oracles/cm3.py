"""CM3: GPT's blocks, all dense, on waves for positions (arXiv:2201.07520 appendix A.1)."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clados.proofs.oracles.gpt_3 import block
from clados.proofs.oracles.plain import Vector, block_of, gelu, layer_norm


def run(
    numbers: Mapping[str, Any], weights: Mapping[str, NDArray[Any]], read: Mapping[str, NDArray[Any]]
) -> dict[str, Any]:
    """Scores of the next word at each position that is not padding; zeros at those that are."""
    ids, keep, places = read["input_ids"], read["attention_mask"], read["position_ids"]
    table, eps, whole = weights["inputs.tokens.weight"], numbers["eps"], ids.shape[1]
    logits = np.zeros((*ids.shape, len(table)))
    for row in range(len(ids)):
        here = [t for t in range(whole) if keep[row, t]]
        x = {t: math.sqrt(table.shape[1]) * table[ids[row, t]] + wave(places[row, t], table.shape[1]) for t in here}
        for layer in range(numbers["layers"]):
            x = block(x, block_of(weights, f"stack.blocks.{layer}"), numbers["heads"], whole, eps, gelu)
        for t in here:
            last = layer_norm(x[t], weights["stack.norm_out.weight"], weights["stack.norm_out.bias"], eps)
            logits[row, t] = table @ last
    return {"logits": logits}


def wave(place: int, width: int) -> Vector:
    """The sines of a place's angles, then their cosines (arXiv:1706.03762 §3.5, in fairseq's order)."""
    angles = [place / 10_000 ** (2 * i / width) for i in range(width // 2)]
    return np.array([math.sin(angle) for angle in angles] + [math.cos(angle) for angle in angles])
