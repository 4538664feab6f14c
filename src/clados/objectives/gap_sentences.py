"""The main sentences of a document, written from the rest of it (Zhang et al. 2020, §3.1)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, zip_longest
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from clados import spec as s
from clados.apply.ready import Ready
from clados.data.packing import SentenceBlocks, Sentences
from clados.data.stream import Stream, spaced
from clados.data.tokenizer import Tokenizer
from clados.errors import InputError
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Ids, Loss, Random, Setting, VocabIds
from clados.objectives.measures import Measure, Sample, share
from clados.objectives.sides import SourceTarget, by_row, sides
from clados.objectives.tasks import Small, Source, SourceConfig
from clados.objectives.text import TextTask, first_guesses, lm_loss, stream

MASK = "<mask_1>"  # of sentences, in published vocabularies, whose mask is that of words ("[MASK1]" of the paper, §3.1)
ROUGE_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, eq=False)
class Scored:
    """Sentences, and how well each stands for all others, [number]."""

    sentences: Sentences
    scores: NDArray[np.float32]


@dataclass(frozen=True)
class ScoredBlocks:
    """The sentences of documents with their scores."""

    blocks: SentenceBlocks
    tokenizer: Tokenizer

    def __len__(self) -> int:
        return len(self.blocks)

    @property
    def stream(self) -> Stream:
        """The tokens that they are cut from."""
        return self.blocks.stream

    def at(self, index: int, epoch: int = 0) -> Scored:
        """The sentences of that number; the same in every epoch."""
        row = self.blocks.at(index)
        return Scored(row, scores([self.tokenizer.decode(ids.tolist()) for ids in sentence_ids(row)]))


class GapSentencesTask(TextTask[s.GapSentences, Scored], objective=s.GapSentences):
    """Sentences of one document without the main ones, and these."""

    writes = ("answers",)
    length = 64
    small = Small(params="600K", vocab=512, steps=250, length=64, batch=16, lr=3e-2, dropout=0.0)
    longer = Small(params="1M", vocab=512, steps=600, length=64, batch=16, lr=3e-2, dropout=0.0)

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        """Rows of whole sentences, each a document of its own; the authors score all of a long one, and cut then."""
        return ScoredBlocks(
            SentenceBlocks(stream(examples, config, sentences=True), config.length - 1), config.required_tokenizer
        )

    def example(self, text: str, config: SourceConfig) -> Scored:
        texts = spaced(text)
        rows = [np.array(config.required_tokenizer.encode(each, add_special_tokens=False), np.int64) for each in texts]
        if sum(map(len, rows)) < 2:
            raise InputError(f"the text '{text.strip()}' is too short; it takes two tokens or more")
        return Scored(Sentences.of(rows), scores(texts))

    def row(self, texts: Sequence[Ids]) -> Scored:
        """Without their words, sentences are compared by their tokens."""
        return Scored(Sentences.of(texts), scores([" ".join(map(str, each)) for each in texts]))

    def prepare(self, rows: Sequence[Scored], random: Sequence[Random], setting: Setting) -> Batch:
        """Sources without the gaps, and the gaps; a target has half of the run's length at most (§5.1: 512 and 256)."""
        made = [self._gapped(row, setting.required_vocab_ids, draw) for row, draw in zip(rows, random)]
        room = setting.length // 2 or None
        return sides([SourceTarget(each.source, each.target[:room]) for each in made], setting)

    def _gapped(self, row: Scored, vocab_ids: VocabIds, random: Random) -> SourceTarget:
        taken = principal(row.scores, self.objective.rate)
        hidden = taken[random.random(len(taken)) >= self.objective.kept]
        every, end = sentence_ids(row.sentences), np.array([vocab_ids.id("eos", "sep")])
        mask = np.array([vocab_ids.marks[MASK] if MASK in vocab_ids.marks else vocab_ids.id("mask")])
        gone = set(hidden.tolist())
        source = [mask if number in gone else ids for number, ids in enumerate(every)]
        return SourceTarget(np.concatenate([*source, end]), np.concatenate([*(every[i] for i in taken), end]))

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        return Loss({"lm": lm_loss(model, model.states(**batch.inputs), batch)})

    def measure(self, ready: Ready, sample: Sample) -> Measure:
        """The share of the gaps' tokens that the first guess hits, against the best answer that needs no model.

        These are the most frequent token, the tokens of the source as they stand there (its lead), and what follows
        the token before in the source (copying).

        Each guess is given the gaps so far, so that this says nothing of summaries as they are written: a model of 1M
        parameters, trained for two minutes, has less of the gaps' words in its own (ROUGE-1 F 0.09) than the lead of
        as many tokens has (0.14).
        """
        one, vocab_ids = self.held_out, VocabIds.of(ready.required_tokenizer)
        found = share("gap word@1", "the most frequent token", *first_guesses(one, ready, sample))
        lead, copied = [], []
        for batch in one.batches(ready, sample):
            for source, target in zip(batch.inputs["input_ids"].tolist(), by_row(batch)):
                seen = [token for token in source if vocab_ids.is_text[token]]
                after = dict(pairwise(seen))
                lead += [a == b for a, b in zip_longest(seen[: len(target)], target)]
                copied += [after.get(a) == b for a, b in zip([None, *target], target)]
        others = {"the lead of the rest": np.mean(lead), "copying from the rest": np.mean(copied)}
        best = max(others, key=lambda name: others[name])
        if others[best] <= found.trivial:
            return found
        return replace(found, trivial=float(others[best]), beside=best, asked=float(others[best]))

    @property
    def held_out(self) -> Self:
        """Every gap masked: one that is left in the source can be copied."""
        return type(self)(self.objective.but(kept=0.0))


def sentence_ids(row: Sentences) -> list[Ids]:
    """The tokens of each sentence."""
    return [row.ids[a:b] for a, b in zip(row.bounds, row.bounds[1:])]


def principal(scores: NDArray[np.float32], rate: float) -> Ids:
    """The sentences that are taken, in order: ``rate`` of them, at least one, those of the highest scores.

    Of equal ones the later (``GetSentenceIndicesByRouge`` of github:google-research/pegasus sentence_selection.cc).
    """
    number = min(max(int(len(scores) * rate + 1e-6), 1), len(scores))
    return np.sort(np.lexsort((np.arange(len(scores)), scores))[len(scores) - number :])


def scores(texts: Sequence[str]) -> NDArray[np.float32]:
    """ROUGE1-F of each sentence with all others, a word counted as often as it occurs ("Ind-Orig"), [number].

    Words are runs of letters and digits, in lower case (rouge.cc there; it also leaves out stop words, of which the
    paper says nothing).
    """
    found = [ROUGE_WORD.findall(text.lower()) for text in texts]
    known = {word: number for number, word in enumerate(dict.fromkeys(word for each in found for word in each))}
    counts = np.zeros((len(texts), len(known)))
    for row, each in zip(counts, found):
        np.add.at(row, [known[word] for word in each], 1)
    others = counts.sum(0) - counts
    both, size = np.minimum(counts, others).sum(1), counts.sum(1) + others.sum(1)
    f1: NDArray[np.float32] = (2 * both / np.maximum(size, 1)).astype(np.float32)
    return f1
