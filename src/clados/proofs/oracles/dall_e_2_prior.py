"""DALL-E 2's diffusion prior (arXiv:2204.06125 §2.2): a causal Transformer that foresees the vector of a picture."""

from typing import Any

import numpy as np

from clados.proofs.oracles.dall_e_2 import stacked
from clados.proofs.oracles.imagen import block_of, step_vector
from clados.proofs.oracles.plain import *

CARDS = ("dall-e-2",)
SOURCE = "arXiv:2204.06125 §2.2"


def fits(model: Any) -> bool:
    """It gives vectors as wide as those of its texts."""
    return hasattr(model, "drawn")


def numbers(model: Any) -> dict[str, Any]:
    """Sizes and constants."""
    return {**stack_numbers(model), "first": model.size.d_model, "period": model.step.period}


def run(numbers: Numbers, weights: Arrays, read: Arrays) -> Outputs:
    """The picture's vector that is foreseen from each text."""
    found, w = [], weights.__getitem__
    for i, (ids, keep) in enumerate(zip(read["input_ids"], read["attention_mask"])):
        tokens, places, length = w("inputs.tokens.weight"), w("inputs.position.table.weight"), len(ids)
        x = {t: tokens[word] + places[t] for t, word in enumerate(ids) if keep[t]}
        own = [linear(np.array(read["text_embeds"][i], np.float64), w, "further.text")]
        own += [step_vector(read["timesteps"][i], w, numbers)]
        own += [linear(np.array(read["sample"][i], np.float64), w, "further.picture"), np.zeros_like(own[0])]
        x |= {length + j: w("further.own.weight")[j] + each for j, each in enumerate(own)}
        last = stacked(x, block_of(weights, "stack"), numbers, causal)[-1]
        found.append(linear(last, w, "further.project"))
    return {"prediction": np.array(found)}
