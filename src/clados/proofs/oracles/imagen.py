"""Imagen's U-Net of 64 pixels, and the encoder whose states it reads (arXiv:2205.11487 §2.4, D.3, F; arXiv:1910.10683).

Residual blocks as arXiv:2105.05233 §3 has them, steps as arXiv:2006.11239 B. An image is [channels, height, width].
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clados.proofs.oracles.plain import *
from clados.proofs.oracles.switch import attended, expert, normed

SOURCE = "arXiv:2205.11487 §2.4 and F, arXiv:2105.05233 §3, arXiv:1910.10683 §2.1"
Image = NDArray[np.float64]


def fits(model: Any) -> bool:
    """It is a network over images."""
    return hasattr(model, "unet")


def numbers(model: Any) -> dict[str, Any]:
    """Sizes and constants of the U-Net and of the encoder."""
    unet, stack, text = model.unet, model.text.stack, model.size.text
    distances = {"buckets": stack.position.buckets, "distance": stack.position.distance}
    encoder = {"layers": text.layers, "heads": text.heads, "eps": stack.norm.eps}
    read = {"text_eps": unet.attention.text_norm.eps, "pool_eps": unet.text.norm.eps}
    return {**network_numbers(unet, model.size.unet), **distances, **encoder, **read}


def network_numbers(unet: Any, levels: Any) -> dict[str, Any]:
    """Sizes and constants of a U-Net."""
    norms = {"residual": unet.residual.norm, "down": unet.down.residual.norm, "up": unet.up.residual.norm}
    norms |= {"attention": unet.attention.norm} if unet.attention else {}
    groups = {name: (norm.groups, norm.eps) for name, norm in norms.items()}
    network = {"levels": len(levels.channels), "blocks": levels.blocks, "attended": unet.attended}
    widths = {"head_dim": levels.head_dim, "first": levels.channels[0]}
    return {**groups, **network, **widths, "period": unet.step.period}


def run(numbers: Numbers, weights: Arrays, read: Arrays) -> Outputs:
    """The noise foreseen in each image at its step."""
    found = []
    for x, step, ids, keep in zip(read["sample"], read["timesteps"], read["input_ids"], read["attention_mask"]):
        memory = states([word for word, kept in zip(ids, keep) if kept], weights, numbers)
        found.append(predicted(np.array(x, np.float64), step, memory, block_of(weights, "unet"), numbers))
    return {"prediction": np.array(found)}


def states(ids: Any, weights: Arrays, numbers: Numbers) -> Image:
    """The encoder's last states of one text, [length, width]."""
    x = {t: weights["text.inputs.tokens.weight"][word] for t, word in enumerate(ids)}
    biases = weights["text.stack.position.table.weight"]
    for layer in range(numbers["layers"]):
        w = block_of(weights, f"text.stack.blocks.{layer}")
        x = attended(x, w, biases, numbers, past_only=False)
        inner = normed(x, w("mlp_norm.weight"), numbers)
        up, down = w("mlp.up.weight"), w("mlp.down.weight")
        x = added(x, {t: expert(each, up, down, gated=True) for t, each in inner.items()})
    last = normed(x, weights["text.stack.norm_out.weight"], numbers)
    return np.array([last[t] for t in range(len(ids))])


def predicted(x: Image, step: int, memory: Image, w: Weights, numbers: Numbers) -> Image:
    """Down in resolution and up again, with what was kept on the way down beside."""
    condition = silu(step_vector(step, w, numbers) + pooled(memory, below(w, "text"), numbers))

    def attend(x: Image, w: Weights) -> Image:
        return attention(x, np.array([norm(each, w, "text_norm", numbers["text_eps"]) for each in memory]), w, numbers)

    return network(x, condition, attend, w, numbers)


def network(
    x: Image, condition: Vector, attend: Callable[[Image, Weights], Image], w: Weights, numbers: Numbers
) -> Image:
    """What the levels make of an image, given what every block reads and what attention does."""
    levels, blocks = numbers["levels"], numbers["blocks"]

    def level(side: str, i: int, j: int, x: Image, factor: int) -> Image:
        x = residual(x, condition, below(w, f"{side}.{i}.blocks.{j}"), numbers["residual"])
        if factor not in numbers["attended"]:
            return x
        return attend(x, below(w, f"{side}.{i}.attentions.{j}"))

    x = conv(x, w, "conv_in")
    kept = [x]
    for i in range(levels):
        for j in range(blocks):
            x = level("down", i, j, x, 2**i)
            kept.append(x)
        if i + 1 < levels:
            x = residual(x, condition, below(w, f"down.{i}.resample.residual"), numbers["down"], halved)
            kept.append(x)
    x = residual(x, condition, below(w, "middle.first"), numbers["residual"])
    x = attend(x, below(w, "middle.attention"))
    x = residual(x, condition, below(w, "middle.second"), numbers["residual"])
    for i in range(levels):
        for j in range(blocks + 1):
            x = level("up", i, j, np.concatenate([x, kept.pop()]), 2 ** (levels - 1 - i))
        if i + 1 < levels:
            x = residual(x, condition, below(w, f"up.{i}.resample.residual"), numbers["up"], doubled)
    return conv(silu(group_norm(x, w, "norm_out", *numbers["residual"])), w, "conv_out")


def below(w: Weights, path: str) -> Weights:
    """The tensors below a further path."""
    return lambda name: w(f"{path}.{name}")


def silu(x: Image) -> Image:
    """x times the logistic function of x."""
    return np.array(x / (1 + np.exp(-x)))


def step_vector(step: int, w: Weights, numbers: Numbers) -> Vector:
    """Cosines and sines of the step at falling frequencies, through two products."""
    half = numbers["first"] // 2
    turns = [float(step) * numbers["period"] ** (-i / half) for i in range(half)]
    waves = np.array([*map(math.cos, turns), *map(math.sin, turns)])
    return linear(silu(linear(waves, w, "step.up")), w, "step.down")


def pooled(memory: Image, w: Weights, numbers: Numbers) -> Vector:
    """What the mean of the normed states finds among them."""
    x = np.array([norm(each, w, "norm", numbers["pool_eps"]) for each in memory])
    q, (k, v) = w("q.weight") @ x.mean(0), np.split(x @ w("kv.weight").T, 2, 1)
    return linear(heads(q[None], k, v, len(q))[0], w, "project")


def heads(q: Image, k: Image, v: Image, wide: int) -> Image:
    """softmax(q k / root of the width) v of each head, side by side: [places, width]."""
    found = []
    for start in range(0, q.shape[1], wide):
        one, other, values = (each[:, start : start + wide] for each in (q, k, v))
        found.append([softmax(other @ each / math.sqrt(wide)) @ values for each in one])
    return np.concatenate(np.array(found), 1)


def attention(x: Image, text: Image, w: Weights, numbers: Numbers) -> Image:
    """x + attention of its pixels to a text's states and to one another."""
    places = group_norm(x, w, "norm", *numbers["attention"]).reshape(len(x), -1).T
    q, k, v = np.split(places @ w("attn.qkv.weight").T + w("attn.qkv.bias"), 3, 1)
    text_k, text_v = np.split(text @ w("read.weight").T + w("read.bias"), 2, 1)
    y = heads(q, np.concatenate([text_k, k]), np.concatenate([text_v, v]), numbers["head_dim"])
    y = y @ w("attn.out.weight").T + w("attn.out.bias")
    return x + np.reshape(y.T, x.shape)


def residual(
    x: Image, condition: Vector, w: Weights, norms: tuple[int, float], resample: Callable[[Image], Image] | None = None
) -> Image:
    """x + conv(silu((1 + scale) norm(conv(silu(norm(x)))) + shift)), perhaps at other sides."""
    y = silu(group_norm(x, w, "norm_in", *norms))
    if resample:
        x, y = resample(x), resample(y)
    y = conv(y, w, "conv_in")
    scale, shift = np.split(linear(condition, w, "step"), 2)
    y = group_norm(y, w, "norm_out", *norms) * (1 + scale[:, None, None]) + shift[:, None, None]
    y = conv(silu(y), w, "conv_out")
    return (x if len(x) == len(y) else conv(x, w, "skip")) + y


def halved(x: Image) -> Image:
    """The mean of four pixels."""
    return np.array(sum(x[:, i::2, j::2] for i in (0, 1) for j in (0, 1)) / 4)


def doubled(x: Image) -> Image:
    """Each pixel four times."""
    return x.repeat(2, 1).repeat(2, 2)


def conv(x: Image, w: Weights, name: str) -> Image:
    """Each pixel's neighbours, zeros around the image, times a matrix each."""
    kernel, (channels, high, wide) = w(f"{name}.weight"), x.shape
    side = kernel.shape[-1]
    around = side // 2
    padded = np.zeros((channels, high + 2 * around, wide + 2 * around))
    padded[:, around : around + high, around : around + wide] = x
    seen = np.array([padded[:, i : i + high, j : j + wide] for i in range(side) for j in range(side)])
    y = np.tensordot(kernel.reshape(*kernel.shape[:2], -1), seen, ((2, 1), (0, 1)))
    return np.array(y + w(f"{name}.bias")[:, None, None])


def group_norm(x: Image, w: Weights, name: str, groups: int, eps: float) -> Image:
    """(x - mean) / sqrt(variance + eps) * weight + bias over each group of channels (arXiv:1803.08494 eq. 7)."""
    cut = x.reshape(groups, -1)
    apart = cut - cut.mean(1, keepdims=True)
    normed = (apart / np.sqrt((apart**2).mean(1, keepdims=True) + eps)).reshape(x.shape)
    return np.array(normed * w(f"{name}.weight")[:, None, None] + w(f"{name}.bias")[:, None, None])
