"""ERNIE: BERT's layers, then layers of tokens and entities (arXiv:1905.07129 §3; github:thunlp/ERNIE modeling.py)."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clados.proofs.oracles.plain import Vector, attend, block_of, gelu, heads, layer_norm

Row = dict[int, Vector]
Named = Callable[[str], Any]


def run(
    numbers: Mapping[str, Any], weights: Mapping[str, NDArray[Any]], read: Mapping[str, NDArray[Any]]
) -> dict[str, Any]:
    """What every head says at each position that is not padding; zeros at those that are."""
    ids, table, eps = read["input_ids"], weights["inputs.tokens.weight"], numbers["eps"]
    out = {
        "logits": np.zeros((*ids.shape, len(table))),
        "entity_logits": np.zeros((*ids.shape, len(read["candidates"]))),
        "pooler_output": np.zeros((len(ids), table.shape[1])),
        "seq_relationship_logits": np.zeros((len(ids), 2)),
    }
    for row in range(len(ids)):
        x, _ = streams(row, numbers, weights, read)
        for t in x:
            words = ready(x[t], block_of(weights, "heads.lm"), eps)
            out["logits"][row, t] = table @ words + weights["heads.lm.bias"]
            out["entity_logits"][row, t] = read["candidates"] @ ready(x[t], block_of(weights, "heads.entity"), eps)
        w = block_of(weights, "heads")
        pooled = np.tanh(w("pooler.dense.weight") @ x[0] + w("pooler.dense.bias"))
        out["pooler_output"][row] = pooled
        out["seq_relationship_logits"][row] = w("nsp.out.weight") @ pooled + w("nsp.out.bias")
    return out


def streams(row: int, numbers: Mapping[str, Any], weights: Any, read: Mapping[str, Any]) -> tuple[Row, Row]:
    """The last states of one text: of its tokens, and of those that name an entity."""
    w, eps = block_of(weights, "inputs"), numbers["eps"]
    x: Row = {}
    for t, word in enumerate(read["input_ids"][row]):
        if read["attention_mask"][row, t]:
            kind = read["token_type_ids"][row, t]
            summed = w("tokens.weight")[word] + w("types.weight")[kind] + w("position.table.weight")[t]
            x[t] = layer_norm(summed, w("norm.weight"), w("norm.bias"), eps)
    e = {t: read["entity_embeds"][row, t] for t in x if read["entity_mask"][row, t]}
    for layer in range(numbers["plain"]):
        w = block_of(weights, f"stack.blocks.{layer}")
        x = normed(x, attention(x, w, "attn", numbers["heads"]), w, "attn_norm", eps)
        inner = {t: gelu(product(w, "mlp.up", x[t])) for t in x}
        x = normed(x, {t: product(w, "mlp.down", inner[t]) for t in x}, w, "mlp_norm", eps)
    for layer in range(numbers["layers"] - numbers["plain"]):
        x, e = aggregated(x, e, block_of(weights, f"fused.{layer}"), numbers, first=layer == 0)
    return x, e


def aggregated(x: Row, e: Row, w: Named, numbers: Mapping[str, Any], *, first: bool) -> tuple[Row, Row]:
    """Attention in both streams, in the first layer in the tokens' alone; then eq. 4 where an entity is, else eq. 5."""
    eps = numbers["eps"]
    x = normed(x, attention(x, w, "attn", numbers["heads"]), w, "attn_norm", eps)
    if not first:
        e = normed(e, attention(e, w, "entity_attn", numbers["entity_heads"]), w, "entity_attn_norm", eps)
    inner = {t: product(w, "mlp.up", x[t]) + w("mlp.entity_up.bias") for t in x}
    for t in e:
        inner[t] = inner[t] + w("mlp.entity_up.weight") @ e[t]
    bent = {t: gelu(inner[t]) for t in x}
    x = normed(x, {t: product(w, "mlp.down", bent[t]) for t in x}, w, "mlp_norm", eps)
    return x, normed(e, {t: product(w, "mlp.entity_down", bent[t]) for t in e}, w, "entity_norm", eps)


def product(w: Named, name: str, x: Vector) -> Vector:
    """W x + b."""
    return np.array(w(f"{name}.weight") @ x + w(f"{name}.bias"))


def normed(x: Row, y: Row, w: Named, name: str, eps: float) -> Row:
    """norm(x + y)."""
    return {t: layer_norm(x[t] + y[t], w(f"{name}.weight"), w(f"{name}.bias"), eps) for t in x}


def attention(x: Row, w: Named, name: str, count: int) -> Row:
    """Each place of a stream sees all of its own stream."""
    fused = {t: np.split(product(w, f"{name}.qkv", x[t]), 3) for t in x}
    queries, keys, values = ({t: heads(fused[t][i], count) for t in x} for i in range(3))
    mixed = {}
    for t in x:
        each = []
        for head in range(count):
            k, v = ({u: held[u][head] for u in x} for held in (keys, values))
            each.append(attend(queries[t][head], k, v, x, len(queries[t][head]) ** -0.5))
        mixed[t] = product(w, f"{name}.out", np.concatenate(each))
    return mixed


def ready(x: Vector, w: Named, eps: float) -> Vector:
    """norm(gelu(W x + b))."""
    return layer_norm(gelu(product(w, "dense", x)), w("norm.weight"), w("norm.bias"), eps)
