"""GLaM: two experts a token in every other layer, gated layers between (arXiv:2112.06905 §4, arXiv:2006.16668 §2)."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from clados.proofs.oracles import lamda
from clados.proofs.oracles.plain import *

SOURCE = "arXiv:2112.06905 §4, arXiv:2006.16668 algorithm 1, arXiv:1910.10683 §2.1"
SIZES = ("d_ff", "head_dim")


def numbers(model: Any) -> dict[str, Any]:
    """LaMDA's, and the room of the experts where there are some."""
    rooms = [each.mlp.capacity for each in model.stack.blocks(model.size.layers) if hasattr(each.mlp, "capacity")]
    return lamda.numbers(model) | {"rooms": [(each.least, each.evaluation) for each in rooms[:1]]}


def run(numbers: Numbers, weights: Arrays, read: Arrays) -> Outputs:
    """Scores of the next word at each position that is not padding; all texts compete for the experts' room."""
    ids, keep, eps = read["input_ids"], read["attention_mask"], numbers["eps"]
    table = weights["inputs.tokens.weight"]
    x = [{t: table[row[t]] for t in range(len(row)) if kept[t]} for row, kept in zip(ids, keep)]
    for layer in range(numbers["layers"]):
        w = block_of(weights, f"stack.blocks.{layer}")
        x = [lamda.attended(row, w, w("attn.distance.weight"), numbers, numbers["head_dim"] ** -0.5) for row in x]
        normed = [{t: rms_norm(each, w("mlp_norm.weight"), eps) for t, each in row.items()} for row in x]
        routed = numbers["rooms"] and layer % 2 == 1  # every other layer of a model with experts (§4)
        out = experts(normed, w, *numbers["rooms"][0]) if routed else [dense(row, w) for row in normed]
        x = [{t: each + more[t] for t, each in row.items()} for row, more in zip(x, out)]
    logits = np.zeros((*ids.shape, len(table)))
    for row, states in enumerate(x):
        for t, each in states.items():
            last = rms_norm(each, weights["stack.norm_out.weight"], eps)
            logits[row, t] = table @ last / math.sqrt(len(last))
    return {"logits": logits}


def dense(x: Row, w: Weights) -> Row:
    """W3 gelu(W1 x * W2 x)."""
    return {t: w("mlp.down.weight") @ gelu(np.prod(np.split(w("mlp.up.weight") @ x[t], 2), 0)) for t in x}


def experts(x: Sequence[Row], w: Weights, least: int, factor: float) -> list[Row]:
    """The two likeliest experts, by their shares of the two; the first choices of all find room first (GShard)."""
    router = w("mlp.router.weight")
    places = [(row, t) for row, states in enumerate(x) for t in states]
    room = max(least, math.floor(len(places) / len(router) * factor))
    shares = {(row, t): softmax(router @ x[row][t]) for row, t in places}
    best = {place: np.argsort(-each)[:2] for place, each in shares.items()}
    load = [0] * len(router)
    out: list[Row] = [{t: np.zeros(len(each)) for t, each in row.items()} for row in x]
    for choice in range(2):
        for place in places:
            one = int(best[place][choice])
            load[one] += 1
            if load[one] <= room:
                row, t = place
                gate = shares[place][one] / sum(shares[place][each] for each in best[place])
                out[row][t] = out[row][t] + gate * (w("mlp.down")[one] @ gelu(w("mlp.up")[one] @ x[row][t]))
    return out
