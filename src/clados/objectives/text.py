"""What the tasks on texts have in common: streams of tokens, the loss of tokens, entropies as baselines."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from clados.apply.ready import Ready
from clados.data.examples import Text
from clados.data.packing import Packed, generator
from clados.data.stream import Stream, encode_documents
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Ids, LossTerm, Setting, padded
from clados.objectives.measures import Sample
from clados.objectives.memory import Memory
from clados.objectives.tasks import NATS, Objective, Row, SourceConfig, Task, of_kind


class TextTask(Task[Objective, Row]):
    """A task that predicts tokens, whose loss is comparable to the entropy of the text."""

    term: ClassVar[str] = "lm"
    targets: ClassVar[int] = 20_000

    @property
    def heads(self) -> tuple[str, ...]:
        return ("lm",)

    def texts(self, text: str) -> list[str]:
        return [text]

    def text_only(self, batch: Batch, setting: Setting) -> Batch:
        """The batch without the targets that are special tokens, and p confined to the tokens that are none.

        So the loss answers the same question as the entropies of the text: which word stands here, given that one does.
        """
        labels = batch.targets["labels"]
        at = batch.targets.get("at", torch.arange(len(labels), device=labels.device))
        among = torch.from_numpy(setting.required_vocab_ids.ordinary).to(labels.device)
        kept = torch.isin(labels, among)
        targets = {**batch.targets, "labels": labels[kept], "at": at[kept], "among": among}
        return replace(batch, targets=targets, weights={**batch.weights, "lm": int(kept.sum())})

    def predicted(self, source: Any) -> tuple[Ids, Ids]:
        """The tokens of a source that are to be predicted, and at which of them a document begins."""
        stream: Stream = source.stream
        starts = np.unique(stream.pieces[stream.documents[:-1]])
        return stream.ids.astype(np.int64), starts[starts < len(stream)]

    def _predicted(self, source: Any) -> tuple[Ids, Ids]:
        """Those of a mixture's sources on end."""
        found = [self.predicted(each) for each in getattr(source, "sources", (source,))]
        before = np.cumsum([0, *(len(ids) for ids, _ in found)])
        return np.concatenate([ids for ids, _ in found]), np.concatenate([at + n for (_, at), n in zip(found, before)])

    def baseline(self, trained: Any, held_out: Any, config: SourceConfig, batch: int) -> Mapping[str, float]:
        """Entropies in nats a token: ``unigram``, which is the one to beat, and ``bigram``."""
        (ids, firsts), (others, starts) = (self._predicted(each) for each in (trained, held_out))
        size = config.required_tokenizer.size
        one = unigram(ids, others, size)
        return {"loss": one, "unigram": one, "bigram": bigram(ids, firsts, others, starts, size)}

    def compared(self, ends: Sequence[float], baseline: Mapping[str, float]) -> str:
        every = ", ".join(f"{each:.2f}" for each in ends)
        return f"{every} nats against {baseline['loss']:.2f} of unigram (goal: {NATS} below)"


def beside_bigram(ends: Sequence[float], baseline: Mapping[str, float]) -> str:
    """The entropy of the smoothed bigram of a text that is read from left to right, and whether every run ends below.

    The unigram decides whether a model has learned. The bigram is a table of as many numbers as there are pairs of
    tokens: a small model needs three times the steps to come below it.
    """
    reached = "reached" if max(ends) < baseline["bigram"] else "not reached"
    return f"{baseline['bigram']:.2f} of smoothed bigram ({reached})"


def stream(examples: Sequence[Any], config: SourceConfig, *, sentences: bool = False) -> Stream:
    """The examples' texts as one stream of tokens; in random order as a control."""
    by = "sentence" if sentences else "document"
    made = encode_documents(of_kind(examples, Text), config.required_tokenizer, config.cache, by)  # type: ignore[arg-type]
    if config.shuffled:
        return replace(made, ids=generator(config.seed, 2).permutation(made.ids))
    return made


def packed_texts(texts: Sequence[Ids]) -> Packed:
    """Texts as one sequence."""
    ids = np.concatenate(list(texts))
    return Packed(ids, np.zeros_like(ids))


def lm_loss(model: WholeModel, states: Tensor, batch: Batch, smoothing: float = 0.0, z: float = 0.0) -> LossTerm:
    """-log p of the labels, plus z log^2 Z, summed; read only at the positions that have one.

    Args:
        states: [batch, length, d_model]; ``targets["at"]`` are places in its first two axes taken together, and
            ``targets["among"]`` the ids to which p is confined.
    """
    x = states.flatten(0, 1)
    if "at" in batch.targets:
        x = x[batch.targets["at"]]
    labels, among = batch.targets["labels"], batch.targets.get("among")
    nll = model.heads["lm"].nll(x, labels, model.written_inputs, smoothing, among, z)
    return LossTerm(nll, batch.weights["lm"])


def last_states(model: WholeModel, batch: Batch) -> tuple[Tensor, Tensor | None]:
    """The last states of a batch, and what its rows leave to those that go on with their texts."""
    if model.spec.remembers:
        states, left = model.segment(**batch.inputs)
        return states, left
    return model.states(**batch.inputs), None


def next_tokens(rows: Sequence[Packed]) -> Batch:
    """Each token but the last is seen, each but the first is to be predicted."""
    ids, keep = padded([each.ids for each in rows], 0, 2)  # a single token is read, though nothing follows
    labels = ids[:, 1:].flatten()
    targets = {"labels": labels}
    if keep is not None:  # what is predicted at padding, on the right, is never read
        targets["at"] = keep[:, 1:].flatten().nonzero()[:, 0]
        targets["labels"] = labels[targets["at"]]
    seen = ids[:, :-1].contiguous()
    return Batch({"input_ids": seen}, targets, {"lm": len(targets["labels"])}, seen.numel())


def first_guesses(task: Task[Any, Any], ready: Ready, sample: Sample) -> tuple[list[int], list[int]]:
    """The likeliest token at each position that has a label, and the labels."""
    guesses, labels, memory = [], [], Memory()
    for batch in task.batches(ready, sample):
        states, left = last_states(ready.model, memory.given(batch))
        memory.keep(batch, left)
        states = states.flatten(0, 1)
        at: Tensor | slice = batch.targets.get("at", slice(None))
        guesses += ready.model.heads["lm"](states[at], ready.model.inputs, {}).argmax(-1).tolist()
        labels += batch.targets["labels"].tolist()
    return guesses, labels


# ---------------------------------------------------------------- entropies


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


def _after(ids: Ids, firsts: Ids, mark: int) -> NDArray[np.int64]:
    previous = np.concatenate([[mark], ids[:-1]])
    previous[firsts] = mark
    return previous
