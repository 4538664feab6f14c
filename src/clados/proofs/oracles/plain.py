"""What several papers share, on one vector at a time. A row is a text: a vector for each of its places."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Row = dict[int, Vector]
Heads = dict[int, list[Vector]]  # of each place, a vector for each head
Numbers = Mapping[str, Any]
Arrays = Mapping[str, NDArray[Any]]
Weights = Callable[[str], NDArray[Any]]  # by their names below some path
Outputs = dict[str, NDArray[Any]]


def stack_numbers(model: Any) -> dict[str, Any]:
    """Sizes of a model with one stack."""
    dims = model.size.dims
    named = {name: getattr(dims, name) for name in ("layers", "heads", "kv_heads", "head_dim")}
    return {**named, "eps": model.stack.norm.eps}


def sides_numbers(model: Any) -> dict[str, Any]:
    """Sizes of a model with an encoder and a decoder."""
    encoder, decoder = model.sides.encoder, model.sides.decoder
    return {"layers": (encoder.layers, decoder.layers), "heads": encoder.heads, "eps": model.encoder.norm.eps}


def block_of(weights: Arrays, path: str) -> Weights:
    """``w("attn.out.weight")`` for the tensors below a path."""
    return lambda name: weights[f"{path}.{name}"]


def text_scores(
    numbers: Numbers,
    weights: Arrays,
    read: Arrays,
    *,
    embed: Callable[[int, int], Vector],
    block: Callable[[Row, Weights, int, int], Row],
    score: Callable[[Vector], Vector],
) -> Outputs:
    """Scores at each position of one stack that is not padding; zeros at those that are.

    Args:
        embed: a text's number and a place to its vector.
        block: a text's vectors, a block's weights, the text's number and the block's to the next vectors.
        score: a last vector to its scores.
    """
    logits = []
    for row, keep in enumerate(read["attention_mask"]):
        x = {t: embed(row, t) for t in range(len(keep)) if keep[t]}
        for layer in range(numbers["layers"]):
            x = block(x, block_of(weights, f"stack.blocks.{layer}"), row, layer)
        found = {t: score(each) for t, each in x.items()}
        logits.append([found[t] if t in x else np.zeros_like(found[max(x)]) for t in range(len(keep))])
    return {"logits": np.array(logits)}


def pair_scores(
    numbers: Numbers,
    weights: Arrays,
    read: Arrays,
    *,
    table: NDArray[Any],
    embed: Sequence[Callable[[int, int], Vector]],
    encoder: Callable[[Row, Weights], Row],
    decoder: Callable[[Row, Row, Weights], Row],
    last: Callable[[Vector, Weights], Vector] = lambda x, w: x,
) -> Outputs:
    """Scores of the next word of each target; source positions that are padding are seen by nobody.

    Args:
        table: the words' vectors that a last vector is multiplied with.
        embed: a word and its place to a vector, for the source and for the target.
        encoder: a source's vectors and a block's weights to the next vectors.
        decoder: a target's vectors, the encoder's last and a block's weights to the next vectors.
        last: a vector after the last block of a side, and the side's weights.
    """
    logits = []
    for source, target, keep in zip(read["input_ids"], read["decoder_input_ids"], read["attention_mask"]):
        memory = {t: embed[0](word, t) for t, word in enumerate(source) if keep[t]}
        for layer in range(numbers["layers"][0]):
            memory = encoder(memory, block_of(weights, f"encoder.blocks.{layer}"))
        memory = {t: last(each, block_of(weights, "encoder")) for t, each in memory.items()}
        x = {t: embed[1](word, t) for t, word in enumerate(target)}
        for layer in range(numbers["layers"][1]):
            x = decoder(x, memory, block_of(weights, f"decoder.blocks.{layer}"))
        logits.append([table @ last(each, block_of(weights, "decoder")) for each in x.values()])
    return {"logits": np.array(logits)}


def linear(x: Vector, w: Weights, name: str) -> Vector:
    """W x + b."""
    return np.array(w(f"{name}.weight") @ x + w(f"{name}.bias"))


def layer_norm(x: Vector, weight: Vector, bias: Vector | float, eps: float) -> Vector:
    """(x - mean) / sqrt(variance + eps) * weight + bias (arXiv:1607.06450 eq. 4)."""
    apart = x - np.mean(x)
    normed: Vector = apart / math.sqrt(np.mean(apart**2) + eps) * weight + bias
    return normed


def norm(x: Vector, w: Weights, name: str, eps: float) -> Vector:
    """The LayerNorm of a name."""
    return layer_norm(x, w(f"{name}.weight"), w(f"{name}.bias"), eps)


def rms_norm(x: Vector, weight: Vector, eps: float) -> Vector:
    """x / sqrt(mean of squares + eps) * weight (arXiv:1910.07467 eq. 4)."""
    return np.array(x / math.sqrt(np.mean(x * x) + eps) * weight)


def gelu_tanh(x: Vector) -> Vector:
    """The tanh form of GELU (arXiv:1606.08415 §2)."""
    bent: Vector = 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))
    return bent


def gelu(x: Vector) -> Vector:
    """x times the normal distribution at x (arXiv:1606.08415 §2)."""
    return np.array([each * 0.5 * (1 + math.erf(each / math.sqrt(2))) for each in x])


def softmax(scores: Vector) -> Vector:
    """e^s over the sum of them."""
    shares = np.exp(scores - scores.max())
    return np.array(shares / shares.sum())


def sinusoid(place: float, width: int) -> Vector:
    """All sines, then all cosines, of place / 10000^(2i/d) (arXiv:1706.03762 §3.5, in tensor2tensor's order)."""
    angles = [place / 10_000 ** (2 * i / width) for i in range(width // 2)]
    return np.array([*map(math.sin, angles), *map(math.cos, angles)])


def bucket(distance: int, buckets: int, most: int) -> int:
    """Which bias a key so many positions back has: half of them one distance each, the rest growing with its log.

    arXiv:1910.10683 §2.1.
    """
    exact = buckets // 2
    if distance < exact:
        return distance
    grown = exact + int(math.log(distance / exact) / math.log(most / exact) * (buckets - exact))
    return min(grown, buckets - 1)


def projected(x: Row, w: Weights, name: str, counts: Sequence[int], *, bias: bool = False) -> list[Heads]:
    """W x, or W x + b, of each place: queries, keys, values, of so many heads each and all heads of one width."""
    out: list[Heads] = [{} for _ in counts]
    for t, each in x.items():
        cut = np.split(linear(each, w, name) if bias else w(f"{name}.weight") @ each, sum(counts))
        for i, part in enumerate(out):
            part[t] = cut[sum(counts[:i]) : sum(counts[: i + 1])]
    return out


def everywhere(query: int, key: int) -> bool:
    """A place sees all places."""
    return True


def causal(query: int, key: int) -> bool:
    """A place sees those before and itself."""
    return key <= query


def attend(
    parts: Sequence[Heads],
    sees: Callable[[int, int], bool],
    *,
    scale: float | None = None,
    bias: Callable[[int, int, int], float] | None = None,
) -> Row:
    """softmax(scale q k + bias) v of each place, its heads side by side (arXiv:1706.03762 eq. 1, §3.2.2).

    Query heads share keys and values where these are fewer.

    Args:
        parts: queries, keys and values.
        sees: whether the place of a query sees that of a key.
        scale: when not given, 1 over the root of a head's width.
        bias: of the place of a query, that of a key, and a query's head.
    """
    (queries, keys, values), out = parts, {}
    for t, each in queries.items():
        places, mixed = [u for u in keys if sees(t, u)], []
        for head, query in enumerate(each):
            group = head * len(keys[places[0]]) // len(each)
            scores = np.array([query @ keys[u][group] for u in places])
            scores = scores * (len(query) ** -0.5 if scale is None else scale)
            added = np.array([bias(t, u, head) for u in places]) if bias else 0.0
            mixed.append(softmax(scores + added) @ np.array([values[u][group] for u in places]))
        out[t] = np.concatenate(mixed)
    return out


def self_attention(
    x: Row, w: Weights, count: int, sees: Callable[[int, int], bool], *, name: str = "attn", bias: bool = False
) -> Row:
    """Attention of a text's places to one another, projected."""
    return leaving(attend(projected(x, w, f"{name}.qkv", [count] * 3, bias=bias), sees), w, name, bias=bias)


def cross_attention(
    x: Row, memory: Row, w: Weights, count: int, *, bias: bool = False, scale: float | None = None
) -> Row:
    """Attention of each place to all of an encoder's states, projected."""
    (queries,) = projected(x, w, "cross.q", [count], bias=bias)
    keys, values = projected(memory, w, "cross.kv", [count] * 2, bias=bias)
    return leaving(attend((queries, keys, values), everywhere, scale=scale), w, "cross", bias=bias)


def leaving(x: Row, w: Weights, name: str, *, bias: bool = False) -> Row:
    """The last product of attention."""
    return {t: linear(x[t], w, f"{name}.out") if bias else w(f"{name}.out.weight") @ x[t] for t in x}


def added(x: Row, y: Row) -> Row:
    """x + y."""
    return {t: x[t] + y[t] for t in x}


def joined(x: Row, y: Row, w: Weights, name: str, eps: float) -> Row:
    """norm(x + y) (arXiv:1706.03762 §3.1)."""
    return {t: norm(each, w, name, eps) for t, each in added(x, y).items()}
