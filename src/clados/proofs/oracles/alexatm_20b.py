"""AlexaTM 20B: norms before the sublayers, a table for each side and one to write (arXiv:2208.01448 §2)."""

from typing import Any

from clados.proofs.oracles.pegasus import norms_in_front
from clados.proofs.oracles.plain import *

SOURCE = "arXiv:2208.01448 §2; github:amazon-science/alexa-teacher-models (segments, positions)"


def numbers(model: Any) -> dict[str, Any]:
    """Its sizes, and the row of the first place of a target."""
    return {**sides_numbers(model), "skipped": model.target.position.start}


def run(numbers: Numbers, weights: Arrays, read: Arrays) -> Outputs:
    """Scores of the next word of each target; attention has biases."""
    w, v, skipped = block_of(weights, "inputs"), block_of(weights, "target"), numbers["skipped"]
    embed = (
        lambda word, place: w("tokens.weight")[word] + w("position.table.weight")[place] + w("types.weight")[0],
        lambda word, place: v("tokens.weight")[word] + v("position.table.weight")[place + skipped],
    )
    return norms_in_front(numbers, weights, read, weights["heads.lm.table.weight"], embed, gelu, bias=True)
