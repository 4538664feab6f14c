"""Flamingo: NFNet's places through a resampler, looked at by gated layers before those of Gopher's kind."""

import math
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from clados.proofs.oracles import gopher
from clados.proofs.oracles.plain import *

SOURCE = "arXiv:2204.14198 appendix A.1, arXiv:2102.06171 §2-4, arXiv:2112.11446 §3.1"
GAIN = 1.7015043497085571  # 1 / deviation of gelu(x), x of N(0, 1)
STRIDES = (2, 1, 1, 2)  # of the first convolutions
SMALL = 1e-4  # the least variance of a weight's row, times its length


def numbers(model: Any) -> dict[str, Any]:
    """Sizes of the text, of what boils images down, and of the network that sees them."""
    text, latents, vision = model.size.text.dims, model.size.resampler.dims, model.vision
    return {
        "layers": text.layers,
        "heads": text.heads,
        "head_dim": text.head_dim,
        "eps": model.stack.norm.eps,
        "every": model.size.every,
        "image": model.image_token,
        "gate_eps": model.gated.norm.eps,
        "depth": latents.layers,
        "latent_heads": latents.heads,
        "latent_eps": model.resampler.norm.eps,
        "stages": model.size.vision.layers,
        "alpha": vision.alpha,
        "group": vision.group,
    }


def run(numbers: Numbers, weights: Arrays, read: Arrays) -> Outputs:
    """Scores of the next word."""
    ids, table, eps = read["input_ids"], weights["inputs.tokens.weight"], numbers["eps"]
    u, v = weights["stack.position.u"], weights["stack.position.v"]
    seen = [
        [resampled([vision(frame, numbers, weights) for frame in framed(image)], numbers, weights) for image in images]
        for images in read["pixel_values"]
    ]

    def block(x: Row, w: Weights, row: int, layer: int) -> Row:
        if layer % numbers["every"] == 0:
            number = np.cumsum(ids[row] == numbers["image"])
            gate = block_of(weights, f"gates.{layer // numbers['every']}")
            x = {t: gated(each, seen[row][number[t] - 1] if number[t] else [], gate, numbers) for t, each in x.items()}
        return gopher.block(x, w, u, v, numbers["heads"], eps)

    return text_scores(
        numbers,
        weights,
        read,
        embed=lambda row, t: table[ids[row, t]],
        block=block,
        score=lambda x: table @ rms_norm(x, weights["stack.norm_out.weight"], eps),
    )


def framed(image: Any) -> Any:
    """The frames of an image, which is one where it has no axis of its own for them."""
    return image if image.ndim == 4 else image[None]


def gated(x: Vector, image: list[Vector], w: Weights, numbers: Numbers) -> Vector:
    """x + tanh(a) attention, x + tanh(b) mlp (A.1.2, figure 4); without an image the attention gives nothing."""
    eps = numbers["gate_eps"]
    if image:
        memory = dict(enumerate(image))
        looked = cross_attention({0: norm(x, w, "cross_norm", eps)}, memory, w, numbers["heads"])
        x = x + math.tanh(w("cross_gate")[0]) * looked[0]
    return np.array(x + math.tanh(w("mlp_gate")[0]) * wide(norm(x, w, "mlp_norm", eps), w))


def wide(x: Vector, w: Weights) -> Vector:
    """W max(V x, 0)^2."""
    return np.array(w("mlp.down.weight") @ np.maximum(w("mlp.up.weight") @ x, 0) ** 2)


def resampled(frames: list[list[Vector]], numbers: Numbers, weights: Arrays) -> list[Vector]:
    """Latents that read all places of all frames and themselves (A.1.1, figure 5)."""
    eps, count = numbers["latent_eps"], numbers["latent_heads"]
    places = [each + weights["resampler.times"][time] for time, frame in enumerate(frames) for each in frame]
    x = dict(enumerate(weights["resampler.latents"]))
    for layer in range(numbers["depth"]):
        w = block_of(weights, f"resampler.blocks.{layer}")
        asking = {i: norm(each, w, "attn_norm", eps) for i, each in x.items()}
        read = dict(enumerate([*(norm(each, w, "places_norm", eps) for each in places), *asking.values()]))
        (queries,) = projected(asking, w, "attn.q", [count])
        keys, values = projected(read, w, "attn.kv", [count] * 2)
        x = added(x, leaving(attend((queries, keys, values), everywhere), w, "attn"))
        x = {i: each + wide(norm(each, w, "mlp_norm", eps), w) for i, each in x.items()}
    return [norm(each, block_of(weights, "resampler"), "norm_out", eps) for each in x.values()]


def vision(image: Any, numbers: Numbers, weights: Arrays) -> list[Vector]:
    """The places of the last map (arXiv:2102.06171 §4, figure 3)."""
    x = image
    for i, stride in enumerate(STRIDES):
        x = convolved(act(x) if i else x, block_of(weights, f"vision.stem.{i}"), stride)
    deviation, block = 1.0, 0
    for stage, layers in enumerate(numbers["stages"]):
        for i in range(layers):
            w = block_of(weights, f"vision.blocks.{block}")
            skips, stride = f"vision.blocks.{block}.skip.weight" in weights, 2 if stage and not i else 1
            x = free_block(x, w, skips, stride, deviation, numbers)
            deviation = math.sqrt((deviation**2 if i else 1.0) + numbers["alpha"] ** 2)
            block += 1
    return [x[:, i, j] for i in range(x.shape[1]) for j in range(x.shape[2])]


def free_block(x: Any, w: Weights, skips: bool, stride: int, deviation: float, numbers: Numbers) -> Any:
    """s(x) + alpha g m(C4 act(C3 act(C2 act(C1 y)))), y = act(x) / deviation."""
    y = act(x) / deviation
    short = convolved(halved(y) if stride > 1 else y, inside(w, "skip")) if skips else x
    y = convolved(y, inside(w, "enter"))
    groups = len(y) // min(numbers["group"], len(y))
    y = convolved(act(y), inside(w, "first"), stride, groups)
    y = convolved(act(y), inside(w, "second"), 1, groups)
    y = convolved(act(y), inside(w, "leave"))
    mean = y.mean((1, 2))
    share = 2 / (1 + np.exp(-linear(np.maximum(linear(mean, w, "squeeze"), 0), w, "excite")))
    return short + numbers["alpha"] * w("gain")[0] * share[:, None, None] * y


def inside(w: Weights, name: str) -> Weights:
    """The tensors of a part of a block."""
    return lambda each: w(f"{name}.{each}")


def act(x: Any) -> Any:
    """GELU times its gain."""
    return GAIN * gelu_tanh(x)


def halved(x: Any) -> Any:
    """Means of 2 x 2, of fewer at the edges."""
    high, broad = (-(-each // 2) for each in x.shape[1:])
    out = np.zeros((len(x), high, broad))
    for i in range(high):
        for j in range(broad):
            out[:, i, j] = x[:, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2].mean((1, 2))
    return out


def convolved(x: Any, w: Weights, stride: int = 1, groups: int = 1) -> Any:
    """A convolution of gain (W - mean) / sqrt(n variance); zeros around, one more at the right and bottom (eq. 1)."""
    weight = w("weight")
    flat = weight.reshape(len(weight), -1)
    apart = flat - flat.mean(1, keepdims=True)
    rows = apart / np.sqrt(np.maximum((apart**2).sum(1, keepdims=True), SMALL)) * w("gain")[:, None]
    side = weight.shape[-1]
    around = [max(0, (-(-each // stride) - 1) * stride + side - each) for each in x.shape[1:]]
    padded = np.pad(x, [(0, 0), *((each // 2, each - each // 2) for each in around)])
    seen = sliding_window_view(padded, (side, side), (1, 2))[:, ::stride, ::stride]
    cut = zip(np.split(rows.reshape(weight.shape), groups), np.split(seen, groups))
    out = np.concatenate([np.tensordot(mine, part, ((1, 2, 3), (0, 3, 4))) for mine, part in cut])
    return out + w("bias")[:, None, None]
