"""ERNIE: BERT's layers, then layers of tokens and entities (arXiv:1905.07129 §3; github:thunlp/ERNIE modeling.py)."""

from typing import Any

import numpy as np

from clados.proofs.oracles.plain import *

SOURCE = "arXiv:1905.07129 §3, github:thunlp/ERNIE code/knowledge_bert/modeling.py"


def numbers(model: Any) -> dict[str, Any]:
    """Its sizes, how many layers have tokens alone, and the heads of entities."""
    return {**stack_numbers(model), "plain": model.plain, "entity_heads": model.entities.heads}


def run(numbers: Numbers, weights: Arrays, read: Arrays) -> Outputs:
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
        pooled = np.tanh(linear(x[0], w, "pooler.dense"))
        out["pooler_output"][row] = pooled
        out["seq_relationship_logits"][row] = linear(pooled, w, "nsp.out")
    return out


def streams(row: int, numbers: Numbers, weights: Arrays, read: Arrays) -> tuple[Row, Row]:
    """The last states of one text: of its tokens, and of those that name an entity."""
    w, eps = block_of(weights, "inputs"), numbers["eps"]
    x: Row = {}
    for t, word in enumerate(read["input_ids"][row]):
        if read["attention_mask"][row, t]:
            kind = read["token_type_ids"][row, t]
            summed = w("tokens.weight")[word] + w("types.weight")[kind] + w("position.table.weight")[t]
            x[t] = norm(summed, w, "norm", eps)
    e = {t: read["entity_embeds"][row, t] for t in x if read["entity_mask"][row, t]}
    for layer in range(numbers["plain"]):
        w = block_of(weights, f"stack.blocks.{layer}")
        x = joined(x, self_attention(x, w, numbers["heads"], everywhere, bias=True), w, "attn_norm", eps)
        x = joined(x, {t: linear(gelu(linear(x[t], w, "mlp.up")), w, "mlp.down") for t in x}, w, "mlp_norm", eps)
    for layer in range(numbers["layers"] - numbers["plain"]):
        x, e = aggregated(x, e, block_of(weights, f"fused.{layer}"), numbers, first=layer == 0)
    return x, e


def aggregated(x: Row, e: Row, w: Weights, numbers: Numbers, *, first: bool) -> tuple[Row, Row]:
    """Attention in both streams, in the first layer in the tokens' alone; then eq. 4 where an entity is, else eq. 5."""
    eps = numbers["eps"]
    x = joined(x, self_attention(x, w, numbers["heads"], everywhere, bias=True), w, "attn_norm", eps)
    if not first:
        more = self_attention(e, w, numbers["entity_heads"], everywhere, name="entity_attn", bias=True)
        e = joined(e, more, w, "entity_attn_norm", eps)
    inner = {t: linear(x[t], w, "mlp.up") + w("mlp.entity_up.bias") for t in x}
    inner |= {t: inner[t] + w("mlp.entity_up.weight") @ e[t] for t in e}
    bent = {t: gelu(inner[t]) for t in x}
    x = joined(x, {t: linear(bent[t], w, "mlp.down") for t in x}, w, "mlp_norm", eps)
    return x, joined(e, {t: linear(bent[t], w, "mlp.entity_down") for t in e}, w, "entity_norm", eps)


def ready(x: Vector, w: Weights, eps: float) -> Vector:
    """norm(gelu(W x + b))."""
    return norm(gelu(linear(x, w, "dense")), w, "norm", eps)
