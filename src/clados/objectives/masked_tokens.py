"""Masked tokens, and whether a second segment follows the first (Devlin et al. 2019, §3.1)."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from clados import spec as s
from clados.apply.ready import Ready
from clados.data import packing
from clados.data.packing import Couple, Packed
from clados.data.stream import sentences
from clados.errors import InputError
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Ids, Loss, LossTerm, Random, Setting, VocabIds
from clados.objectives.hiding import (
    Hidden,
    mask_or_replace,
    masked_batch,
    pair_loss,
    random_places,
    with_pair_label,
    with_special_tokens,
)
from clados.objectives.measures import Measure, Sample, share
from clados.objectives.tasks import Small, Source, SourceConfig
from clados.objectives.text import TextTask, first_guesses, lm_loss, packed_texts, stream


class MaskedTokensTask(TextTask[s.MaskedTokens, Packed | Couple], objective=s.MaskedTokens):
    """Sequences with some tokens hidden; for pairs also whether the second segment follows the first."""

    length = 64  # few tokens are predicted: positions, learned one by one, are met more often in short sequences
    batch = 16
    writes = (None,)
    # Few targets a text, and neighbours that are told by learned positions alone: pieces of words, in short texts.
    small = Small(params="200K", vocab=160, steps=2000, length=16, batch=64, lr=1.5e-3, dropout=0.0)

    @property
    def pairs(self) -> s.SentencePairs | None:
        """How segments are paired; None where they are not."""
        packing = self.objective.packing
        return packing if isinstance(packing, s.SentencePairs) else None

    @property
    def heads(self) -> tuple[str, ...]:
        return ("lm", "pooler", "nsp") if self.pairs else ("lm",)

    @property
    def documents(self) -> int:
        return 2 if self.pairs else 1  # segments of different ones are paired

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        texts, pairs = stream(examples, config, sentences=True), self.pairs
        if pairs:
            return packing.PackedPairs(texts, config.length - 3, config.seed, pairs.follows, pairs.short)
        return packing.PackedSentences(texts, config.length - 2, config.separator("sep", "eos"))

    def epoch(self, epoch: int) -> int:
        """Where masks are drawn a number of times, they repeat after as many epochs."""
        return epoch % self.objective.draws if self.objective.draws else epoch

    def texts(self, text: str) -> list[str]:
        return list(sentences(text)) if self.pairs else [text]

    def row(self, texts: Sequence[Ids]) -> Packed | Couple:
        """For pairs the first half of the texts and the second, which follows it; one text is cut in two."""
        if not self.pairs:
            return packed_texts(texts)
        parts = list(texts) if len(texts) > 1 else np.array_split(texts[0], 2)
        half = (len(parts) + 1) // 2
        return Couple(np.concatenate(parts[:half]), np.concatenate(parts[half:]), follows=True)

    def prepare(self, rows: Sequence[Packed | Couple], random: Sequence[Random], setting: Setting) -> Batch:
        vocab_ids = setting.required_vocab_ids
        paired = isinstance(rows[0], Couple)
        if paired and not any(isinstance(each, s.NextSentence) for each in s.parts(setting.model)):
            raise InputError(
                "SentencePairs() needs a head that says whether they follow, and the model has no NextSentence()"
            )
        hidden = []
        for row, draw in zip(rows, random):
            ids, types = with_special_tokens(row, vocab_ids)
            hidden.append(Hidden(ids, types, *hide(self.objective, ids, vocab_ids, draw)))
        batch = masked_batch(hidden, vocab_ids, segments=paired)
        if not paired:
            return batch
        label = torch.tensor([int(not each.follows) for each in rows])  # type: ignore[union-attr]
        return with_pair_label(batch, "nsp", "next_sentence_label", label)

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        return self.loss_of(model, model.states(**batch.inputs), batch)

    def loss_of(self, model: WholeModel, states: Tensor, batch: Batch) -> Loss:
        """The loss by the last states of a model, [batch, length, d_model]."""
        terms, measures = {"lm": lm_loss(model, states, batch)}, {}
        if "nsp" in batch.weights:
            label = batch.targets["next_sentence_label"]
            terms["nsp"], measures["nsp_accuracy"] = pair_loss(model, states, "nsp", label)
            measures["nsp_follows"] = LossTerm((label == 0).sum(), len(label))  # what a constant answer would get
        return Loss(terms, measures)

    @property
    def held_out(self) -> Self:
        """Every chosen token hidden: one that stays in its place is read off, and tells nothing of what was learned."""
        return type(self)(self.objective.but(masked=1.0, replaced=0.0))

    def measure(self, ready: Ready, sample: Sample) -> Measure:
        """The share of hidden tokens that the first guess hits, against the most frequent token."""
        return share("fill@1", "the most frequent token", *first_guesses(self.held_out, ready, sample))


def hide(objective: s.MaskedTokens, ids: Ids, vocab_ids: VocabIds, random: Random) -> tuple[Ids, Ids]:
    """A sequence with some of its tokens hidden, and the places of the chosen ones, in order.

    Of the chosen ones most become the mask, some another word drawn evenly from those that are not special, and the
    rest stays (Devlin et al. 2019, A.1).
    """
    chosen = random_places(objective.rate, ids, vocab_ids, random)
    return mask_or_replace(objective, ids, chosen, vocab_ids, random), chosen
