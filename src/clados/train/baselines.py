"""What a model has to beat: guesses that need no model, on the same held-out data with the same tokens."""

from collections.abc import Mapping
from functools import singledispatch
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clados import spec as s
from clados.data.stream import Stream
from clados.train.loop import Source
from clados.train.sources import Making

Ids = NDArray[np.int64]


def unigram(trained: Ids, held_out: Ids, size: int) -> float:
    """The cross-entropy of held-out tokens under the frequencies of the others, plus one each, in nats a token."""
    counts = np.bincount(trained, minlength=size) + 1.0
    return float(-np.log(counts / counts.sum())[held_out].mean())


def bigram(trained: Ids, firsts: Ids, held_out: Ids, held_firsts: Ids, size: int) -> float:
    """The same, each token after its predecessor: interpolated Kneser-Ney (Kneser & Ney 1995; one discount).

    The discount is n1 / (n1 + 2 n2); the lower order is the number of different predecessors, plus one each.

    Args:
        firsts: places of the tokens that begin a document; their predecessor is a mark of its own.
    """
    codes, counts = np.unique(_after(trained, firsts, size) * (size + 1) + trained, return_counts=True)
    once, twice = int((counts == 1).sum()), int((counts == 2).sum())
    discount = once / max(1, once + 2 * twice)
    before, word = codes // (size + 1), codes % (size + 1)
    totals = np.bincount(before, counts, size + 1)
    followers = np.bincount(before, minlength=size + 1)
    lower = np.bincount(word, minlength=size)[:size] + 1.0
    lower /= lower.sum()
    previous = _after(held_out, held_firsts, size)
    wanted = previous * (size + 1) + held_out
    place = np.minimum(np.searchsorted(codes, wanted), len(codes) - 1)
    seen = np.where(codes[place] == wanted, np.maximum(counts[place] - discount, 0.0), 0.0)
    total = totals[previous]
    known = np.maximum(total, 1)
    p = np.where(total > 0, seen / known + discount * followers[previous] / known * lower[held_out], lower[held_out])
    return float(-np.log(p).mean())


def _after(ids: Ids, firsts: Ids, mark: int) -> Ids:
    previous = np.concatenate([[mark], ids[:-1]])
    previous[firsts] = mark
    return previous


@singledispatch
def baseline(
    objective: s.Objective, trained: Source, held_out: Source, making: Making, batch: int
) -> Mapping[str, float]:
    """The loss to beat on held-out data, ``loss``, and what it comes from.

    For text: ``unigram`` and ``bigram`` entropies in nats a token; images: the classes' frequencies; pairs: chance in
    a batch of this size; actions: their mean.

    Raises:
        SpecError: when nothing says what this type of objective has to beat.
    """
    raise s.SpecError(f"nothing says what {type(objective).__name__} has to beat")


@baseline.register(s.NextToken)
@baseline.register(s.MaskedTokens)
@baseline.register(s.CorruptedSpans)
@baseline.register(s.Translation)
def _(objective: s.Objective, trained: Source, held_out: Source, making: Making, batch: int) -> Mapping[str, float]:
    (ids, firsts), (others, starts) = _tokens(trained), _tokens(held_out)
    size = making.words.size
    one = unigram(ids, others, size)
    return {"loss": one, "unigram": one, "bigram": bigram(ids, firsts, others, starts, size)}


def _tokens(source: Any) -> tuple[Ids, Ids]:
    """The text that is to be predicted, and where its documents begin."""
    stream = getattr(source, "stream", None)
    if isinstance(stream, Stream):
        starts = np.unique(stream.pieces[stream.documents[:-1]])
        return stream.ids.astype(np.int64), starts[starts < len(stream)]
    targets = [row.target for row in source.rows if len(row.target)]
    return np.concatenate(targets), np.cumsum([0, *map(len, targets[:-1])])


@baseline.register
def _(objective: s.ImageClasses, trained: Any, held_out: Any, making: Making, batch: int) -> Mapping[str, float]:
    labels, others = (np.array([row.label for row in each.rows]) for each in (trained, held_out))
    counts = np.bincount(labels, minlength=int(others.max()) + 1) + 1.0
    share = float((others == counts.argmax()).mean())
    return {"loss": float(-np.log(counts / counts.sum())[others].mean()), "accuracy": share}


@baseline.register
def _(objective: s.Contrastive, trained: Any, held_out: Any, making: Making, batch: int) -> Mapping[str, float]:
    """Held-out pairs are compared in groups of a batch, the last of which may be smaller."""
    groups = np.array([min(batch, len(held_out) - at) for at in range(0, len(held_out), batch)])
    return {"loss": float((groups * np.log(groups)).sum() / groups.sum()), "recall_at_1": len(groups) / len(held_out)}


@baseline.register
def _(objective: s.ReturnConditioned, trained: Any, held_out: Any, making: Making, batch: int) -> Mapping[str, float]:
    actions, others = (_actions(each) for each in (trained, held_out))
    if objective.error == "squared":
        return {"loss": float(((others - actions.mean(0)) ** 2).mean())}
    chosen, others = (each.argmax(-1) if each.ndim > 1 else each.astype(int) for each in (actions, others))
    counts = np.bincount(chosen, minlength=int(others.max()) + 1) + 1.0
    return {
        "loss": float(-np.log(counts / counts.sum())[others].mean()),
        "accuracy": float((others == counts.argmax()).mean()),
    }


def _actions(source: Any) -> NDArray[np.float32]:
    """The action of each step of the episodes."""
    return np.stack([source.at(i).actions[0] for i in range(len(source))])
