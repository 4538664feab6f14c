"""DALL-E: a decoder over a text and an image's codes, each layer seeing other codes; and its VAE (arXiv:2102.12092)."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clados.proofs.oracles.plain import *

SOURCE = "arXiv:2102.12092 §2.2, appendices A and B.1, figures 10 and 11"


def fits(model: Any) -> bool:
    """The whole model, not its VAE alone, which OpenAI's package computes."""
    return hasattr(model, "decoder")


def numbers(model: Any) -> Numbers:
    """Sizes, where the text ends, how long a row is, and what each layer sees."""
    dims, stack, position = model.size.decoder.dims, model.decoder.stack, model.decoder.inputs.position
    patterns = [block.attn.pattern for block in stack.blocks(dims.layers)]
    return {
        "layers": dims.layers,
        "heads": dims.heads,
        "eps": stack.norm.eps,
        "text": position.text,
        "side": position.side,
        "sees": [(type(each).__name__, getattr(each, "side", 0)) for each in patterns],
        "levels": len(model.size.codes.channels),
        "each": model.size.codes.blocks,
        "margin": model.codes.margin,
    }


def run(numbers: Numbers, weights: Arrays, read: Arrays) -> Outputs:
    """Scores of tokens and codes; of images the scores of their codes, and what the likeliest make of them."""
    text, codes = [], []
    for ids in read["input_ids"]:
        scores = predicted(numbers, weights, ids)
        text.append([weights["decoder.heads.lm.text.weight"] @ x for x in scores[: numbers["text"] - 1]])
        codes.append([weights["decoder.heads.lm.codes.weight"] @ x for x in scores[numbers["text"] - 1 :]])
    found = [coded(numbers, weights, image.astype(np.float64)) for image in read["pixel_values"]]
    names = ("code_logits", "location", "log_scale", "reconstruction")
    out = {name: np.array([each[i] for each in found]) for i, name in enumerate(names)}
    return {"text_logits": np.array(text), "image_logits": np.array(codes), **out}


# ---------------------------------------------------------------- the decoder


def predicted(numbers: Numbers, weights: Arrays, ids: NDArray[Any]) -> list[Vector]:
    """The last vector of each place."""
    table = weights["decoder.inputs.tokens.weight"]
    x = {t: table[word] + place(numbers, weights, t) for t, word in enumerate(ids)}
    for layer, (kind, kernel) in enumerate(numbers["sees"]):
        w = block_of(weights, f"decoder.stack.blocks.{layer}")
        normed = {t: norm(x[t], w, "attn_norm", numbers["eps"]) for t in x}

        def sees(query: int, key: int, kind: str = kind, kernel: int = kernel) -> bool:
            return key <= query and seen(numbers, kind, kernel, query - numbers["text"], key - numbers["text"])

        y = added(x, self_attention(normed, w, numbers["heads"], sees, bias=True))
        x = {t: y[t] + fed(norm(y[t], w, "mlp_norm", numbers["eps"]), w) for t in y}
    out = block_of(weights, "decoder.stack")
    return [norm(x[t], out, "norm_out", numbers["eps"]) for t in x]


def place(numbers: Numbers, weights: Arrays, t: int) -> Vector:
    """The vector of a place of the text; of the image those of its row and column (figure 10)."""
    w = block_of(weights, "decoder.inputs.position")
    if t < numbers["text"]:
        return np.array(w("text.weight")[t])
    row, column = divmod(t - numbers["text"], numbers["side"])
    return np.array(w("rows.weight")[row] + w("columns.weight")[column])


def seen(numbers: Numbers, kind: str, kernel: int, query: int, key: int) -> bool:
    """Of what came before: all of the text; of the image as the layer's kind has it (figure 11). Text is below 0."""
    side = numbers["side"]
    if query < 0 or key < 0:
        return True
    if kind == "GridRow":
        return query - key <= int(side)
    if kind == "GridColumn":
        return (query - key) % int(side) == 0
    reach = range(-(kernel // 2), kernel // 2 + 1)
    return any(key == query + row * side + column for row in reach for column in reach)


def fed(x: Vector, w: Weights) -> Vector:
    """W2 f(W1 x + b1) + b2 with f(x) = x / (1 + e^(-1.702 x)) (arXiv:1904.10509 §5.2)."""
    inner = linear(x, w, "mlp.up")
    return linear(inner / (1 + np.exp(-1.702 * inner)), w, "mlp.down")


# ---------------------------------------------------------------- the VAE


def coded(numbers: Numbers, weights: Arrays, image: NDArray[Any]) -> tuple[NDArray[Any], ...]:
    """An image from -1 to 1 to scores of codes, and the likeliest back to pixels (appendices A.1 and A.3)."""
    margin = numbers["margin"]
    scores = way(numbers, weights, "codes.encoder", margin + (1 - 2 * margin) * (image + 1) / 2, halved)
    chosen = np.zeros_like(scores)
    for y, x in np.ndindex(scores.shape[1:]):
        chosen[np.argmax(scores[:, y, x]), y, x] = 1
    location, log_scale = np.split(way(numbers, weights, "codes.decoder", chosen, doubled), 2)
    bright = (1 / (1 + np.exp(-location)) - margin) / (1 - 2 * margin)
    return scores, location, log_scale, 2 * np.minimum(np.maximum(bright, 0), 1) - 1


def way(numbers: Numbers, weights: Arrays, path: str, x: NDArray[Any], between: Callable[..., Any]) -> NDArray[Any]:
    """Convolution, blocks of each resolution with something between resolutions, rectifier, convolution."""
    x, count = convolved(x, block_of(weights, path), "conv_in"), numbers["levels"] * numbers["each"]
    for i in range(count):
        x = between(x) if i and i % numbers["each"] == 0 else x
        w, y = block_of(weights, f"{path}.blocks.{i}"), x
        for name in ("first", "second", "third", "last"):
            y = convolved(np.maximum(y, 0), w, name)
        kept = convolved(x, w, "skip") if f"{path}.blocks.{i}.skip.weight" in weights else x
        x = kept + y / count**2
    return convolved(np.maximum(x, 0), block_of(weights, path), "conv_out")


def convolved(x: NDArray[Any], w: Weights, name: str) -> NDArray[Any]:
    """b + sum over a kernel's places of W x there, zeros around the image."""
    weight, (_, height, width) = w(f"{name}.weight"), x.shape
    half = weight.shape[2] // 2
    padded = np.pad(x, ((0, 0), (half, half), (half, half)))
    out = np.zeros((len(weight), height, width)) + w(f"{name}.bias")[:, None, None]
    for i, j in np.ndindex(weight.shape[2:]):
        out += np.tensordot(weight[:, :, i, j], padded[:, i : i + height, j : j + width], 1)
    return out


def halved(x: NDArray[Any]) -> NDArray[Any]:
    """The largest of each four pixels."""
    return np.array(np.max([x[:, i::2, j::2] for i in (0, 1) for j in (0, 1)], 0))


def doubled(x: NDArray[Any]) -> NDArray[Any]:
    """Each pixel four times."""
    return x.repeat(2, 1).repeat(2, 2)
