"""Masked n-grams of whole words, and whether two segments were swapped (Lan et al. 2020, §3.1 and §4.1)."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import torch

from clados import spec as s
from clados.apply.ready import Ready
from clados.data import packing
from clados.data.packing import Couple
from clados.data.stream import sentences
from clados.errors import InputError
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Ids, Loss, Random, Setting, VocabIds
from clados.objectives.hiding import (
    Hidden,
    mask_or_replace,
    masked_batch,
    pair_loss,
    with_pair_label,
    with_special_tokens,
)
from clados.objectives.measures import Measure, Sample, share
from clados.objectives.tasks import NATS, Small, Source, SourceConfig
from clados.objectives.text import TextTask, first_guesses, lm_loss, stream

COUNTED = 8000  # rows, at most, in which the baseline counts what is hidden


class MaskedNgramsTask(TextTask[s.MaskedNgrams, Couple], objective=s.MaskedNgrams):
    """Pairs of segments with some n-grams hidden, some pairs in the wrong order."""

    writes = (None,)
    length = 64
    batch = 16
    small = Small(params="200K", vocab=160, steps=900, length=16, batch=64, lr=1e-2, dropout=0.0)

    @property
    def heads(self) -> tuple[str, ...]:
        return ("lm", "pooler", "sop")

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        texts = stream(examples, config, sentences=True)
        return packing.NeighbouringPairs(texts, config.length - 3, config.seed, self.objective.short)

    def texts(self, text: str) -> list[str]:
        return list(sentences(text))

    def row(self, texts: Sequence[Ids]) -> Couple:
        """The first half of the texts and the second, which follows it; one text is cut in two."""
        parts = list(texts) if len(texts) > 1 else np.array_split(texts[0], 2)
        half = (len(parts) + 1) // 2
        return Couple(np.concatenate(parts[:half]), np.concatenate(parts[half:]), follows=True)

    def prepare(self, rows: Sequence[Couple], random: Sequence[Random], setting: Setting) -> Batch:
        if refusal := self.refusal(setting.model):
            raise InputError(refusal)
        hidden, swapped, vocab_ids = [], [], setting.required_vocab_ids
        for row, draw in zip(rows, random):
            swapped.append(bool(draw.random() < self.objective.swapped))
            pair = Couple(row.second, row.first, follows=False) if swapped[-1] else row
            ids, types = with_special_tokens(pair, vocab_ids)
            chosen = choose(self.objective, ids, vocab_ids, draw)
            hidden.append(Hidden(ids, types, mask_or_replace(self.objective, ids, chosen, vocab_ids, draw), chosen))
        batch = masked_batch(hidden, vocab_ids, segments=True)
        return with_pair_label(batch, "sop", "sentence_order_label", torch.tensor(swapped).long())

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        states = model.states(**batch.inputs)
        order, right = pair_loss(model, states, "sop", batch.targets["sentence_order_label"])
        return Loss({"lm": lm_loss(model, states, batch), "sop": order}, {"sop_accuracy": right})

    @property
    def held_out(self) -> Self:
        """Every chosen token hidden: one that stays in its place is read off, and tells nothing of what was learned."""
        return type(self)(self.objective.but(masked=1.0, replaced=0.0))

    def baseline(self, trained: Any, held_out: Any, config: SourceConfig, batch: int) -> Mapping[str, float]:
        """The one to beat knows which tokens are hidden, ``hidden``: of whole words, the first of a run begins one.

        In short rows no long word is hidden either. It is the frequency of a token among those that are hidden, apart
        where the token before or after it is hidden too.
        """
        found, size = super().baseline(trained, held_out, config, batch), config.required_tokenizer.size
        (places, ids), (others, labels) = (self._hidden(each, config) for each in (trained, held_out))
        every = np.bincount(ids, minlength=size) + 1.0
        apart = np.bincount(places * size + ids, minlength=4 * size).reshape(4, size) + size * every / every.sum()
        p = apart / apart.sum(1, keepdims=True)
        hidden = float(-np.log(p[others, labels]).mean())
        return {**found, "loss": min(hidden, found["unigram"]), "hidden": hidden}

    def _hidden(self, source: Any, config: SourceConfig) -> tuple[Ids, Ids]:
        """Of the tokens that are hidden in a source's rows: whether each begins or ends a run, as a number; and ids."""
        vocab_ids, places, labels = VocabIds.of(config.required_tokenizer), list[Ids](), list[Ids]()
        for row in range(0, len(source), max(1, -(-len(source) // COUNTED))):
            ids, _ = with_special_tokens(source.at(row), vocab_ids)
            chosen = choose(self.objective, ids, vocab_ids, packing.generator(config.seed, 7, row))
            before, after = np.isin(chosen - 1, chosen), np.isin(chosen + 1, chosen)
            places.append(before + 2 * after)
            labels.append(ids[chosen])
        return np.concatenate(places).astype(np.int64), np.concatenate(labels)

    def compared(self, ends: Sequence[float], baseline: Mapping[str, float]) -> str:
        every = ", ".join(f"{each:.2f}" for each in ends)
        return (
            f"{every} nats against {baseline['loss']:.2f} of frequency among hidden words (goal: {NATS} below), "
            f"{baseline['unigram']:.2f} of unigram"
        )

    def measure(self, ready: Ready, sample: Sample) -> Measure:
        """The share of hidden tokens that the first guess hits, against the most frequent token."""
        return share("fill@1", "the most frequent token", *first_guesses(self.held_out, ready, sample))


def choose(objective: s.MaskedNgrams, ids: Ids, vocab_ids: VocabIds, random: Random) -> Ids:
    """The places of the tokens that are to be predicted, in order: whole words, one to ``longest`` on end.

    The words are gone through in random order; at each, n is drawn with p(n) ~ 1/n (§4.1), and n words from there on
    are taken unless one of them is already. Where they are more tokens than are still wanted, n is lowered, and a word
    that is too long is passed over; so at most ``rate`` of the sequence is chosen
    (google-research/albert create_pretraining_data.py). There n-grams may reach over the mark between two segments, and
    no more than 20 tokens are chosen, of which the paper says nothing: here they stay in a segment, and are as many as
    the rate gives. As there each token has its own lot, where SpanBERT disguises whole spans alike.
    """
    text = vocab_ids.is_text[ids]
    starts, ends = word_bounds(ids, vocab_ids)
    wanted = min(int(text.sum()), max(1, round(objective.rate * len(ids))))
    # How many words there are from each on, itself the first, before something that is no text.
    last = np.concatenate([starts[1:] != ends[:-1], [True]]) if len(starts) else np.zeros(0, bool)
    room = np.flatnonzero(last)[np.cumsum(last) - last] - np.arange(len(starts)) + 1
    sizes = np.arange(1, objective.longest + 1)
    drawn = np.minimum(random.choice(sizes, len(starts), p=1 / sizes / (1 / sizes).sum()), room).tolist()
    first, stop = starts.tolist(), ends.tolist()
    free = [True] * len(ids)
    for word in random.permutation(len(starts)).tolist():
        if not wanted:
            break
        begin, n = first[word], drawn[word]
        while n and stop[word + n - 1] - begin > wanted:
            n -= 1
        if n and all(free[begin : (end := stop[word + n - 1])]):
            free[begin:end] = [False] * (end - begin)
            wanted -= end - begin
    return np.flatnonzero(~np.array(free, bool))


def word_bounds(ids: Ids, vocab_ids: VocabIds) -> tuple[Ids, Ids]:
    """The first token of each word and the one after its last, [words] each; special tokens are of none.

    A piece that goes on with a word begins one where no text stands before it.
    """
    text = vocab_ids.is_text[ids]
    before = np.concatenate([[False], text[:-1]])
    starts = text & (vocab_ids.begins_word[ids] | ~before)
    ends = before & (starts | ~text)
    closes = np.concatenate([np.flatnonzero(ends), [len(ids)] if len(ids) and text[-1] else []]).astype(np.int64)
    return np.flatnonzero(starts), closes
