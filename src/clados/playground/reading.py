"""Trials of models that read: blanks filled, attention by layer and head, texts as points of a map."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

from clados import spec as s
from clados.apply import verbs
from clados.apply.embed import embed, similarity
from clados.apply.fill import Filled, fill
from clados.apply.ready import Ready
from clados.errors import InputError
from clados.nn.attention.block_sparse import BlockSparseAttention
from clados.nn.attention.dense import Attention
from clados.playground.trials import Word, blank_of, lines_of, loaded, names_of, trial

_MOST_TOKENS = 48  # whose attention is drawn
_MOST_TEXTS = 24


def _able(verb: str) -> Any:
    return lambda ready: ready.tokenizer is not None and verb in verbs.verbs(ready.spec, ready.objective)


def _blank(ready: Ready) -> Word:
    answers = ready.spec.writes == "answers"
    usual = "A dog is {} that barks." if answers else "A {} is a large animal that lives in the sea."
    return Word("text", usual.format(blank_of(ready)), lines=2)


@trial("fill", _able("fill"), lambda ready: (_blank(ready), Word("top", "5", 1, 10)))
def try_filling(ready: Ready, text: str, top: int) -> Filled:
    """What belongs into the blanks of a text, with probabilities."""
    return fill(ready, text, top=top)[0]


# ---------------------------------------------------------------- attention


@dataclass(frozen=True)
class AttentionMaps:
    """Who attends to whom in a text: probabilities [layers, heads, queries, keys], each query's summing to 1.

    Attributes:
        layer, head: which of them is asked for, from 0.
    """

    tokens: tuple[str, ...]
    maps: tuple[tuple[tuple[tuple[float, ...], ...], ...], ...]
    layer: int
    head: int


def _layers(ready: Ready) -> int:
    size = ready.spec.size
    one = size.encoder if isinstance(size, s.Sides) else size
    return one.layers if isinstance(one, s.Size) else 0


def _heads(ready: Ready) -> int:
    size = ready.spec.size
    one = size.encoder if isinstance(size, s.Sides) else size
    return one.heads if isinstance(one, s.Size) else 0


def _attends(ready: Ready) -> bool:
    """Whether its attention is of the kind whose probabilities are computed here."""
    kinds = [each for each in ready.model.modules() if isinstance(each, Attention)]
    whole = not any(isinstance(each, BlockSparseAttention) for each in kinds)
    return bool(kinds) and whole and ready.tokenizer is not None and _layers(ready) > 0


@trial(
    "attention",
    _attends,
    lambda ready: (
        Word("text", "The dog barks at the cat and it runs away.", lines=2),
        Word("layer", "1", 1, _layers(ready)),
        Word("head", "1", 1, _heads(ready)),
    ),
)
def try_attention(ready: Ready, text: str, layer: int, head: int) -> AttentionMaps:
    """The attention of every layer and head over a text; of an encoder-decoder, its encoder's.

    Raises:
        InputError: for a text without tokens, or with more than can be drawn.
    """
    names, seen = _seen(ready, text)
    maps = tuple(tuple(_rows(each) for each in one.weights[0]) for one in seen)
    return AttentionMaps(tuple(names), maps, layer - 1, head - 1)


def _rows(map_: Tensor) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(round(each, 4) for each in row) for row in map_.tolist())


class Attended(NamedTuple):
    """Queries, keys and values, [batch, heads, length, head_dim], and the scores and weights, [.., queries, keys]."""

    q: Tensor
    k: Tensor
    v: Tensor
    scores: Tensor
    weights: Tensor


class _Watch(TorchFunctionMode):
    """Keeps what each call of scaled dot-product attention is given: whatever adds to scores has done so by then."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Attended] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is F.scaled_dot_product_attention:
            self.seen.append(_attended(*args, **kwargs or {}))
        return func(*args, **kwargs or {})


@contextmanager
def watched_attention() -> Iterator[list[Attended]]:
    """Keep what each attention attends to while a model runs on this thread, in order.

    softmax(scale q k^T + bias) (Vaswani et al. 2017, eq. 1), from the queries, keys and biases that it is given.
    """
    with _Watch() as watch:
        yield watch.seen


def _attended(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    mask: Tensor | None,
    rate: float,
    causal: bool,
    *,
    scale: float | None,
    enable_gqa: bool,
) -> Attended:
    """softmax(scale q k^T + mask) and what it is made of; keys and values that several heads share are repeated."""
    q, k, v = q.float(), *(each.float().repeat_interleave(q.size(1) // k.size(1), 1) for each in (k, v))
    scores = q @ k.mT * (q.size(-1) ** -0.5 if scale is None else scale)
    if mask is None and causal:
        mask = torch.ones(q.size(-2), k.size(-2), dtype=torch.bool, device=q.device).tril()
    if mask is not None:
        scores = scores.masked_fill(~mask, -torch.inf) if mask.dtype is torch.bool else scores + mask
    return Attended(q, k, v, scores, scores.softmax(-1))


@dataclass(frozen=True)
class KeyRow:
    """A token that is looked at: its key, the score of query and key, the weight of it, its value."""

    token: str
    key: tuple[float, ...]
    score: float
    weight: float
    value: tuple[float, ...]


@dataclass(frozen=True)
class AttentionSteps:
    """What one head computes for one token, step by step, and all maps beside it.

    Attributes:
        layer, head, token: which, from 0; query: the token's; rows: every token that it may see.
        output: the sum of the values, each times its weight.
    """

    tokens: tuple[str, ...]
    layer: int
    head: int
    token: int
    query: tuple[float, ...]
    rows: tuple[KeyRow, ...]
    output: tuple[float, ...]
    maps: tuple[tuple[tuple[tuple[float, ...], ...], ...], ...]


def attention_steps(source: str, text: str, layer: int, head: int, token: int) -> AttentionSteps:
    """What a head computes for a token of a text (Vaswani et al. 2017, §3.2.1); numbers count from 1.

    Raises:
        InputError: for a text, layer, head or token that there is not.
    """
    ready = loaded(source)
    names, seen = _seen(ready, text)
    for name, number, most in (
        ("layer", layer, len(seen)),
        ("head", head, seen[0].q.size(1)),
        ("token", token, len(names)),
    ):
        if not 1 <= number <= most:
            raise InputError(f"{name} is {number}; there are {most}")
    one, at = seen[layer - 1], token - 1
    q, k, v = (each[0, head - 1] for each in one[:3])
    scores, weights = (each[0, head - 1, at] for each in one[3:])
    rows = [
        KeyRow(names[i], tuple(k[i].tolist()), float(scores[i]), float(weights[i]), tuple(v[i].tolist()))
        for i in range(len(names))
        if float(scores[i]) > -torch.inf
    ]
    maps = tuple(tuple(_rows(each) for each in each.weights[0]) for each in seen)
    query, output = tuple(q[at].tolist()), tuple((weights @ v).tolist())
    return AttentionSteps(tuple(names), layer - 1, head - 1, at, query, tuple(rows), output, maps)


@torch.inference_mode()
def _seen(ready: Ready, text: str) -> tuple[list[str], list[Attended]]:
    (row,) = ready.tokens([text])
    if not row or len(row) > _MOST_TOKENS:
        raise InputError(f"the text has {len(row)} tokens; from 1 to {_MOST_TOKENS} are drawn")
    ids = torch.tensor([row], device=ready.device)
    with watched_attention() as seen:
        ready.model.encode(ids) if ready.spec.writes == "answers" else ready.model(ids)
    return names_of(ready, row), seen


# ---------------------------------------------------------------- maps


@dataclass(frozen=True)
class TextMap:
    """Texts as points of a plane, and how alike any two are.

    Attributes:
        points: x and y of each, from -1 to 1: the two directions in which their vectors differ most.
        explained: the share of the differences that the two directions hold.
        alike: similarities, [texts, texts].
    """

    texts: tuple[str, ...]
    points: tuple[tuple[float, float], ...]
    explained: float
    alike: tuple[tuple[float, ...], ...]


_SENTENCES = """a large dog
a small cat
a wild horse
a young lion
a red apple
a ripe pear
a sour lemon
to run quickly
to walk slowly
to jump over a fence
the king of the land
the queen of the land"""


@trial("embed", _able("embed"), lambda ready: (Word("texts", _SENTENCES, lines=12),))
@torch.inference_mode()
def try_embedding(ready: Ready, texts: str) -> TextMap:
    """Texts, a line each, as a map: principal components of their vectors (Pearson 1901)."""
    lines = _lines(texts)
    vectors = embed(ready, lines)
    centred = vectors - vectors.mean(0)
    u, sizes, _ = torch.linalg.svd(centred, full_matrices=False)
    flat = (u * sizes)[:, :2]
    flat = flat / flat.abs().max().clamp(min=1e-9)
    share = float(sizes[:2].square().sum() / sizes.square().sum().clamp(min=1e-9))
    alike = similarity(ready, vectors)
    points = tuple((round(x, 4), round(y, 4)) for x, y in flat.tolist())
    return TextMap(tuple(lines), points, share, tuple(tuple(round(each, 4) for each in row) for row in alike.tolist()))


def _lines(said: str) -> list[str]:
    lines = lines_of(said)
    if not 3 <= len(lines) <= _MOST_TEXTS:
        raise InputError(f"there are {len(lines)} texts; from 3 to {_MOST_TEXTS} make a map, a line each")
    return lines
