"""Gopher: GPT-2's block with RMSNorm, its scores by content and by distance (arXiv:2112.11446 §3.1)."""

from typing import Any

from clados.proofs.oracles.plain import *

SOURCE = "arXiv:2112.11446 §3.1, arXiv:1901.02860 §3.3 (distances)"
CARDS = ("gopher", "chinchilla", "gophercite", "sparrow")
SIZES = ("head_dim",)


def run(numbers: Numbers, weights: Arrays, read: Arrays) -> Outputs:
    """Scores of the next word."""
    ids, table, eps = read["input_ids"], weights["inputs.tokens.weight"], numbers["eps"]
    u, v = weights["stack.position.u"], weights["stack.position.v"]
    return text_scores(
        numbers,
        weights,
        read,
        embed=lambda row, t: table[ids[row, t]],
        block=lambda x, w, row, layer: block(x, w, u, v, numbers["heads"], eps),
        score=lambda x: table @ rms_norm(x, weights["stack.norm_out.weight"], eps),
    )


def block(x: Row, w: Weights, u: Any, v: Any, count: int, eps: float) -> Row:
    """x + attention(norm(x)), then x + mlp(norm(x))."""
    y = added(x, by_distance({t: rms_norm(x[t], w("attn_norm.weight"), eps) for t in x}, w, u, v, count))
    out: Row = {}
    for t, each in y.items():
        out[t] = each + linear(gelu_tanh(linear(rms_norm(each, w("mlp_norm.weight"), eps), w, "mlp.up")), w, "mlp.down")
    return out


def by_distance(x: Row, w: Weights, u: Any, v: Any, count: int) -> Row:
    """Attention whose scores are (q + u) k + (q + v) r of the distance."""
    queries, keys, values = projected(x, w, "attn.qkv", [count] * 3, bias=True)
    gaps, wide = range(max(x) - min(x) + 1), len(queries[min(x)][0])
    far = projected({gap: sinusoid(gap, len(x[min(x)])) for gap in gaps}, w, "attn.distance", [count])[0]
    by_content = {t: [each[h] + u[h] for h in range(count)] for t, each in queries.items()}

    def bias(t: int, s: int, h: int) -> float:
        return float((queries[t][h] + v[h]) @ far[t - s][h] * wide**-0.5)

    return leaving(attend((by_content, keys, values), causal, bias=bias), w, "attn", bias=True)
