"""Gato: tokens and patches of images, places in time steps and images, and Gopher's distances around a gated layer."""

from typing import Any

import numpy as np

from clados.proofs.oracles.gopher import by_distance
from clados.proofs.oracles.plain import *

SOURCE = "arXiv:2205.06175 §2.1-2.2, appendix C, arXiv:1603.05027 figure 1b, arXiv:1901.02860 §3.3"


def numbers(model: Any) -> dict[str, Any]:
    """Sizes of the stack, and where patches and the last interval stand."""
    inputs = model.inputs
    of_patches = {"groups": inputs.patches.norm.groups, "patch_eps": inputs.patches.norm.eps}
    return {**stack_numbers(model), "image": inputs.image_token, "last": inputs.intervals - 1, **of_patches}


def run(numbers: Numbers, weights: Arrays, read: Arrays) -> Outputs:
    """Scores of the next token."""
    ids, table, eps = read["input_ids"], weights["inputs.tokens.weight"], numbers["eps"]
    u, v = weights["stack.position.u"], weights["stack.position.v"]
    found = np.argwhere(ids == numbers["image"])
    number = {(int(row), int(t)): i for i, (row, t) in enumerate(found)}  # of the patch at each place

    def embed(row: int, t: int) -> Vector:
        patch, local = number.get((row, t)), read["local_positions"][row, t]
        x = table[ids[row, t]] if patch is None else patched(numbers, weights, read, patch)
        return np.array(x if local < 0 else x + weights["inputs.local.weight"][local])

    return text_scores(
        numbers,
        weights,
        read,
        embed=embed,
        block=lambda x, w, row, layer: block(x, w, u, v, numbers["heads"], eps),
        score=lambda x: table @ norm(x, block_of(weights, "stack"), "norm_out", eps),
    )


def patched(numbers: Numbers, weights: Arrays, read: Arrays, patch: int) -> Vector:
    """The vector of a patch, and those of its rows and columns in the image, at the rounded mean of each interval."""
    pixels = read["pixel_values"][patch]
    x = residual(pixels / pixels.shape[-1] ** 0.5, block_of(weights, "inputs.patches"), numbers)
    for name, (first, last) in zip(("rows", "columns"), read["patch_intervals"][patch]):
        x = x + weights[f"inputs.{name}.weight"][min(round((first + last) / 2), numbers["last"])]
    return x


def residual(pixels: Any, w: Weights, numbers: Numbers) -> Vector:
    """x + C2 gelu(n2(C1 gelu(n1(x)))), the mean over its places, projected."""
    x = y = convolved(pixels, w, "enter")
    for name in ("first", "second"):
        normed = group_norm(y, w, f"{name}_norm", numbers["groups"], numbers["patch_eps"])
        y = convolved(gelu(normed.reshape(-1)).reshape(normed.shape), w, name)
    return linear((x + y).mean((1, 2)), w, "out")


def group_norm(x: Any, w: Weights, name: str, groups: int, eps: float) -> Any:
    """Each group of channels to mean 0 and variance 1, then a gain and a bias of each channel (arXiv:1803.08494, 7)."""
    apart = [(each - each.mean()) / np.sqrt(each.var() + eps) for each in np.split(x, groups)]
    return np.concatenate(apart) * w(f"{name}.weight")[:, None, None] + w(f"{name}.bias")[:, None, None]


def convolved(x: Any, w: Weights, name: str) -> Any:
    """A convolution of 3 x 3 places, zeros around."""
    weight, (high, broad) = w(f"{name}.weight"), x.shape[1:]
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))
    out = np.zeros((len(weight), high, broad))
    for i in range(high):
        for j in range(broad):
            out[:, i, j] = weight.reshape(len(weight), -1) @ padded[:, i : i + 3, j : j + 3].reshape(-1)
    return out + w(f"{name}.bias")[:, None, None]


def block(x: Row, w: Weights, u: Any, v: Any, count: int, eps: float) -> Row:
    """x + attention(norm(x)), then x + mlp(norm(x))."""
    y = added(x, by_distance({t: norm(x[t], w, "attn_norm", eps) for t in x}, w, u, v, count))
    return {t: each + gated(norm(each, w, "mlp_norm", eps), w) for t, each in y.items()}


def gated(x: Vector, w: Weights) -> Vector:
    """W (gelu(G x) * U x) (arXiv:2002.05202 eq. 6)."""
    gate, up = np.split(linear(x, w, "mlp.up"), 2)
    return linear(gelu(gate) * up, w, "mlp.down")
