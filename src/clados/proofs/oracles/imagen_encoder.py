"""The encoder whose states Imagen reads, by itself (arXiv:1910.10683 §2.1, arXiv:2002.05202 eq. 6)."""

from typing import Any

import numpy as np

from clados.proofs.oracles.imagen import states
from clados.proofs.oracles.plain import *

SOURCE = "arXiv:1910.10683 §2.1, arXiv:2002.05202 eq. 6"
CARDS = ("imagen",)


def fits(model: Any) -> bool:
    """It is no network over images."""
    return not hasattr(model, "unet")


def numbers(model: Any) -> dict[str, Any]:
    """Sizes and constants."""
    position = model.stack.position
    return {**stack_numbers(model), "buckets": position.buckets, "distance": position.distance}


def run(numbers: Numbers, weights: Arrays, read: Arrays) -> Outputs:
    """The last states of each text, zeros at padding."""
    named = {f"text.{name}": each for name, each in weights.items()}
    rows = []
    for ids, keep in zip(read["input_ids"], read["attention_mask"]):
        found = states([word for word, kept in zip(ids, keep) if kept], named, numbers)
        rows.append(np.pad(found, ((0, len(ids) - len(found)), (0, 0))))
    return {"last_hidden_state": np.array(rows)}
