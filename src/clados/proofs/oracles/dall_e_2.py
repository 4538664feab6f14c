"""DALL-E 2's decoder (arXiv:2204.06125 §2.1): GLIDE's network, which reads the vector of a picture too.

The text's Transformer as arXiv:2112.10741 §3 has it; paddings have vectors of their own, which are read.
"""

from typing import Any

import numpy as np

from clados.proofs.oracles.imagen import (
    Image,
    attention,
    below,
    block_of,
    network,
    network_numbers,
    silu,
    step_vector,
)
from clados.proofs.oracles.plain import *

SOURCE = "arXiv:2204.06125 §2.1, arXiv:2112.10741 §3"


def fits(model: Any) -> bool:
    """It is a network over images that reads the vector of a picture."""
    return getattr(getattr(model, "unet", None), "picture", None) is not None


def numbers(model: Any) -> dict[str, Any]:
    """Sizes and constants of the network and of the text's Transformer."""
    text = {"layers": model.size.text.layers, "heads": model.size.text.heads, "eps": model.text.stack.norm.eps}
    return {**network_numbers(model.unet, model.size.unet), **text, "tokens": model.unet.picture.tokens}


def run(numbers: Numbers, weights: Arrays, read: Arrays) -> Outputs:
    """The noise foreseen in each image at its step, and the variances."""
    found, w = [], block_of(weights, "unet")
    for i, x in enumerate(read["sample"]):
        text = states(read["input_ids"][i], read["attention_mask"][i], weights, numbers)
        picture = np.array(read["image_embeds"][i], np.float64)
        vectors = step_vector(read["timesteps"][i], w, numbers) + linear(text[-1], w, "text.project")
        vectors = vectors + linear(picture, w, "picture.project")
        tokens = linear(picture, w, "picture.spread").reshape(numbers["tokens"], -1)
        memory = np.concatenate([text, tokens])

        def attend(x: Image, w: Weights, memory: Image = memory) -> Image:
            return attention(x, memory, w, numbers)

        found.append(network(np.array(x, np.float64), silu(vectors), attend, w, numbers))
    return {"prediction": np.array(found)}


def states(ids: Any, keep: Any, weights: Arrays, numbers: Numbers) -> Image:
    """The states of one text, paddings included: [length, width]."""
    w, x = block_of(weights, "text.inputs"), {}
    for t, word in enumerate(ids):
        own = w("tokens.weight")[word] + w("position.table.weight")[t]
        x[t] = own if keep[t] else w("padding.table.weight")[t]
    return stacked(x, block_of(weights, "text.stack"), numbers, everywhere)


def stacked(x: Row, w: Weights, numbers: Numbers, sees: Any) -> Image:
    """x + attention(norm(x)), then x + down(gelu(up(norm(x)))), of each layer, and a last norm: [places, width]."""
    for layer in range(numbers["layers"]):
        v = below(w, f"blocks.{layer}")
        normed = {t: norm(each, v, "attn_norm", numbers["eps"]) for t, each in x.items()}
        x = added(x, self_attention(normed, v, numbers["heads"], sees, bias=True))
        inner = {t: linear(norm(each, v, "mlp_norm", numbers["eps"]), v, "mlp.up") for t, each in x.items()}
        x = added(x, {t: linear(gelu(each), v, "mlp.down") for t, each in inner.items()})
    return np.array([norm(x[t], w, "norm_out", numbers["eps"]) for t in x])
