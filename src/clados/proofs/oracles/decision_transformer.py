"""Decision Transformer on Atari: frames through three convolutions, then GPT's blocks (arXiv:2106.01345 appendix A)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clados.proofs.oracles.gpt_3 import block
from clados.proofs.oracles.plain import Vector, block_of, gelu, layer_norm


def run(
    numbers: Mapping[str, Any], weights: Mapping[str, NDArray[Any]], read: Mapping[str, NDArray[Any]]
) -> dict[str, Any]:
    """Scores of the actions at each step: read where the frames stand, after return and before action."""
    states, actions, returns, times = (read[name] for name in ("states", "actions", "returns_to_go", "timesteps"))
    w = block_of(weights, "inputs")
    head = weights["heads.action.out.weight"]
    preds = np.zeros((*actions.shape, len(head)))
    for row in range(len(states)):
        x: dict[int, Vector] = {}
        for step in range(states.shape[1]):
            goal = np.tanh(w("returns.weight")[:, 0] * returns[row, step, 0] + w("returns.bias"))
            frames = np.tanh(
                w("states.weight") @ looked_at(states[row, step], w, numbers["strides"]) + w("states.bias")
            )
            chosen = np.tanh(w("actions.weight")[actions[row, step]])
            for i, vector in enumerate((goal, frames, chosen)):
                place = 3 * step + i
                x[place] = vector + w("positions.weight")[place] + w("timesteps.weight")[times[row, 0]]
        for layer in range(numbers["layers"]):
            x = block(x, block_of(weights, f"stack.blocks.{layer}"), numbers["heads"], len(x), numbers["eps"], gelu)
        for step in range(states.shape[1]):
            norm = block_of(weights, "stack.norm_out")
            preds[row, step] = head @ layer_norm(x[3 * step + 1], norm("weight"), norm("bias"), numbers["eps"])
    return {"action_preds": preds}


def looked_at(image: NDArray[Any], w: Any, strides: tuple[int, ...]) -> Vector:
    """Convolutions, each number max(0, it), flattened channel by channel."""
    for i, stride in enumerate(strides):
        kernel, bias = w(f"conv{i}"), w(f"conv{i}_bias")
        size = kernel.shape[-1]
        side = (image.shape[-1] - size) // stride + 1
        out = np.zeros((len(kernel), side, side))
        for a in range(side):
            for b in range(side):
                window = image[:, a * stride : a * stride + size, b * stride : b * stride + size]
                out[:, a, b] = np.maximum(0.0, np.tensordot(kernel, window, 3) + bias)
        image = out
    return image.reshape(-1)
