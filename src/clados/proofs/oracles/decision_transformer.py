"""Decision Transformer on Atari: frames through three convolutions, then GPT's blocks (arXiv:2106.01345 appendix A)."""

from typing import Any

import numpy as np

from clados.proofs.oracles.gpt_3 import EVERYTHING, block
from clados.proofs.oracles.plain import *

SOURCE = "arXiv:2106.01345 §3, appendix A; github:kzl/decision-transformer atari/mingpt/model_atari.py"


def fits(model: Any) -> bool:
    """It reads frames."""
    return hasattr(model.inputs, "convolutions")


def numbers(model: Any) -> dict[str, Any]:
    """Its sizes, and the strides of its convolutions."""
    return {**stack_numbers(model), "strides": tuple(stride for _, _, stride in model.inputs.convolutions)}


def run(numbers: Numbers, weights: Arrays, read: Arrays) -> Outputs:
    """Scores of the actions at each step: read where the frames stand, after return and before action."""
    states, actions, returns, times = (read[name] for name in ("states", "actions", "returns_to_go", "timesteps"))
    w = block_of(weights, "inputs")
    head = weights["heads.action.out.weight"]
    preds = np.zeros((*actions.shape, len(head)))
    for row in range(len(states)):
        x: Row = {}
        for step in range(states.shape[1]):
            goal = np.tanh(w("returns.weight")[:, 0] * returns[row, step, 0] + w("returns.bias"))
            frames = np.tanh(linear(looked_at(states[row, step], w, numbers["strides"]), w, "states"))
            chosen = np.tanh(w("actions.weight")[actions[row, step]])
            for i, vector in enumerate((goal, frames, chosen)):
                place = 3 * step + i
                x[place] = vector + w("positions.weight")[place] + w("timesteps.weight")[times[row, 0]]
        for layer in range(numbers["layers"]):
            x = block(x, block_of(weights, f"stack.blocks.{layer}"), numbers["heads"], EVERYTHING, numbers["eps"], gelu)
        for step in range(states.shape[1]):
            preds[row, step] = head @ norm(x[3 * step + 1], block_of(weights, "stack"), "norm_out", numbers["eps"])
    return {"action_preds": preds}


def looked_at(image: Vector, w: Weights, strides: tuple[int, ...]) -> Vector:
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
