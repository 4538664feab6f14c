"""A damaged text restored: spans behind masks, sentences in random order (Lewis et al. 2020, §2.2)."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from clados import spec as s
from clados.apply.ready import Ready
from clados.data.packing import SentenceBlocks, Sentences
from clados.data.stream import spaced
from clados.names import marked_languages, meant_language
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Ids, Loss, Random, Setting, VocabIds
from clados.objectives.measures import Measure, Sample, share
from clados.objectives.sides import SourceTarget, sides
from clados.objectives.tasks import Objective, Row, Small, Source, SourceConfig
from clados.objectives.text import TextTask, first_guesses, lm_loss, stream

NO_LANGUAGE = "und"  # the language that the data do not name (ISO 639-2)


class RestoringTask(TextTask[Objective, Row]):
    """A text written whole from what is left of it.

    A loss is compared with others over the tokens alone that the encoder does not see: the rest can be copied, also
    from a text without any order. ``targets["hidden"]`` says which of the labels these are.
    """

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        return Loss({"lm": lm_loss(model, model.states(**batch.inputs), batch)})

    def text_only(self, batch: Batch, setting: Setting) -> Batch:
        return super().text_only(only_hidden(batch), setting)

    def batches(self, ready: Ready, sample: Sample) -> Iterator[Batch]:
        """The batches of a sample's rows; to be predicted is what the encoder does not see."""
        return map(only_hidden, super().batches(ready, sample))

    def measure(self, ready: Ready, sample: Sample) -> Measure:
        """The share of hidden tokens that the first guess restores, given the text before them."""
        return share("restored@1", "the most frequent token", *first_guesses(self, ready, sample))


class DenoisedTask(RestoringTask[s.Denoised, Sentences], objective=s.Denoised):
    """Sentences of one document, damaged, and as they were."""

    writes = ("answers",)
    length = 64
    small = Small(params="600K", vocab=512, steps=150, length=64, batch=16, lr=4e-3, dropout=0.0)
    longer = Small(params="1M", vocab=512, steps=300, length=64, batch=16, lr=2e-3, dropout=0.0)

    def marks(self, examples: Sequence[Any]) -> tuple[str, ...]:
        if not self.objective.marked:
            return ()
        return tuple(sorted({language_mark(getattr(each, "language", "")) for each in examples}))

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        languages = [each.language for each in examples]
        made, marked = stream(examples, config, sentences=True), self.objective.marked
        return SentenceBlocks(made, config.length - (1 if marked else 2), languages, 1 if marked else 0)

    def texts(self, text: str) -> list[str]:
        return spaced(text)

    def row(self, texts: Sequence[Ids]) -> Sentences:
        return Sentences.of(texts, "en")

    def prepare(self, rows: Sequence[Sentences], random: Sequence[Random], setting: Setting) -> Batch:
        """Sources and targets, each between its marks; what inserted masks and hints make longer is cut.

        The authors' code has the start token before the sentences of a marked text too, where the paper has none.
        """
        vocab_ids, room = setting.required_vocab_ids, setting.length
        made = [self._damaged(row, vocab_ids, draw) for row, draw in zip(rows, random)]
        cut = [SourceTarget(cut_short(each.source, room), each.target) for each in made]
        starts = [language_id(row.language, vocab_ids) for row in rows] if self.objective.marked else None
        batch = sides(cut, setting, starts)
        hidden = np.concatenate([each.hidden for each in made])
        return replace(batch, targets={**batch.targets, "hidden": torch.from_numpy(hidden)})

    def _damaged(self, row: Sentences, vocab_ids: VocabIds, random: Random) -> "Damaged":
        if self.objective.marked:  # every sentence closed, the language last (Liu et al. 2020, §2.2)
            row = with_ends(row, vocab_ids.id("eos"))
            before, after = np.zeros(0, np.int64), np.array([language_id(row.language, vocab_ids)])
        else:
            before, after = np.array([vocab_ids.id("bos", "cls")]), np.array([vocab_ids.id("eos", "sep")])
        number = len(row.bounds) - 1
        order = random.permutation(number) if self.objective.permuted else np.arange(number)
        places = in_order(row.bounds, order)
        found = infill(row.ids[places], self.objective, vocab_ids, random)
        source = self.described(found.source, found.hides, vocab_ids, random)
        source, target = (np.concatenate([before, ids, after]) for ids in (source, row.ids))
        hidden = np.zeros(len(target), bool)
        hidden[places[found.hidden] + len(before)] = True
        return Damaged(source, target, hidden)

    def described(self, source: Ids, hides: Ids, vocab_ids: VocabIds, random: Random) -> Ids:
        """The source with what is said of its masks.

        Args:
            hides: how many tokens stand behind each token of the source, which is a mask; -1 where it is none.
        """
        return source


class Damaged(NamedTuple):
    """What the encoder reads, what the decoder has to write, and which tokens of that the encoder does not see."""

    source: Ids
    target: Ids
    hidden: NDArray[np.bool_]


def language_mark(language: str) -> str:
    """The mark of a language, as fairseq writes it (github:facebookresearch/fairseq multilingual_denoising.py)."""
    return f"[{language or NO_LANGUAGE}]"


def language_id(language: str, vocab_ids: VocabIds) -> int:
    """The id of a language's mark: ours, or one of a published vocabulary (``de_DE``).

    Raises:
        InputError: when the vocabulary has none.
    """
    known = marked_languages(vocab_ids.marks)
    code = meant_language(language or NO_LANGUAGE, known)
    return vocab_ids.mark(language_mark(language)) if code is None else known[code]


def with_ends(row: Sentences, end: int) -> Sentences:
    """The sentences, each with an end token."""
    number = len(row.bounds) - 1
    return replace(row, ids=np.insert(row.ids, row.bounds[1:], end), bounds=row.bounds + np.arange(number + 1))


def cut_short(ids: Ids, room: int) -> Ids:
    """A text of ``room`` tokens at most, where that is not 0; the last one stays, which closes it."""
    return np.concatenate([ids[: room - 1], ids[-1:]]) if 0 < room < len(ids) else ids


def in_order(bounds: Ids, order: Ids) -> Ids:
    """The places of all tokens when the sentences stand in this order."""
    return np.concatenate([np.zeros(0, np.int64), *(np.arange(bounds[i], bounds[i + 1]) for i in order)])


def only_hidden(batch: Batch) -> Batch:
    """The batch without the targets that the encoder sees."""
    labels, kept = batch.targets["labels"], batch.targets["hidden"]
    at = batch.targets.get("at", torch.arange(len(labels), device=labels.device))
    targets = {**batch.targets, "labels": labels[kept], "at": at[kept], "hidden": kept[kept]}
    return replace(batch, targets=targets, weights={**batch.weights, "lm": int(kept.sum())})


# ---------------------------------------------------------------- spans


class Spans(NamedTuple):
    """Where random spans begin, how long they are, and how many more have no tokens."""

    starts: Ids
    lengths: Ids
    empty: int


def random_spans(length: int, rate: float, mean: float, random: Random) -> Spans:
    """Spans, their lengths drawn from Poisson(mean), that have together ``rate`` of the tokens.

    The last is cut to fit. Each begins at a token of its own; they may overlap, and are cut at the end
    (``add_whole_word_mask`` of github:facebookresearch/fairseq denoising_dataset.py; the paper does not say).
    """
    budget = math.ceil(round(length * rate, 6))
    drawn = np.zeros(0, np.int64)
    while drawn.sum() < budget:
        drawn = np.concatenate([drawn, random.poisson(mean, budget)])
    sums = np.cumsum(drawn)
    number = int(np.searchsorted(sums, budget)) + 1 if budget else 0
    lengths = np.diff(np.minimum(sums[:number], budget), prepend=0)
    whole = lengths[lengths > 0]
    return Spans(random.permutation(length)[: len(whole)], whole, number - len(whole))


def covered(length: int, spans: Spans) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which of the tokens are the first of a span, and which follow another in one, each [length]."""
    first = np.zeros(length, bool)
    first[spans.starts] = True
    steps = np.zeros(length + 1, np.int64)
    np.add.at(steps, spans.starts + 1, 1)
    np.add.at(steps, np.minimum(spans.starts + spans.lengths, length), -1)
    return first, np.cumsum(steps[:-1]) > 0


class Infilled(NamedTuple):
    """A text with masks, how many tokens each of them hides (-1: no mask), and the places of what is hidden."""

    source: Ids
    hides: Ids
    hidden: Ids


def infill(ids: Ids, objective: s.Denoised, vocab_ids: VocabIds, random: Random) -> Infilled:
    """Each span becomes one mask; one of no tokens is a mask between two others (Lewis et al. 2020, §2.2).

    Special tokens stay, and are not counted: a span goes on behind them.
    """
    text = np.flatnonzero(vocab_ids.is_text[ids])
    unit = words_of(ids, text, vocab_ids) if objective.whole_words else np.arange(len(text))
    drawn = random_spans(int(unit[-1]) + 1 if len(unit) else 0, objective.rate, objective.mean, random)
    masked = with_masks(ids, text, unit, drawn, vocab_ids.id("mask"))
    at = random.permutation(len(masked.source) + drawn.empty)[: drawn.empty]
    return with_empty(masked, at, vocab_ids.id("mask"))


def words_of(ids: Ids, text: Ids, vocab_ids: VocabIds) -> Ids:
    """The number of the word that each token of these places is of; nothing goes on over a special token."""
    begins = vocab_ids.begins_word[ids[text]] | (np.diff(text, prepend=-2) > 1)
    return np.cumsum(begins) - 1


def with_masks(ids: Ids, text: Ids, unit: Ids, drawn: Spans, mask: int) -> Infilled:
    """A text whose spans are masks.

    Args:
        text: the places of what may be masked; unit: for each the number of what spans are counted in, token or word.
    """
    opens, inside = (each[unit] for each in covered(int(unit[-1]) + 1 if len(unit) else 0, drawn))
    begins = np.diff(unit, prepend=-1) > 0
    first, following = opens & begins, inside | (opens & ~begins)
    kept = np.flatnonzero(~following)  # in a span that overlaps another nothing stands but the first one's mask
    size = np.diff(kept, append=len(text))
    seen, hides, stays = ids.copy(), np.full(len(ids), -1), np.ones(len(ids), bool)
    masks = first[kept]
    seen[text[kept[masks]]] = mask
    hides[text[kept[masks]]] = size[masks]
    stays[text[following]] = False
    return Infilled(seen[stays], hides[stays], text[first | following])


def with_empty(found: Infilled, at: Ids, mask: int) -> Infilled:
    """The same with more masks, which hide nothing, at these places of the result."""
    old = np.ones(len(found.source) + len(at), bool)
    old[at] = False
    source, hides = np.full(len(old), mask), np.zeros(len(old), np.int64)
    source[old], hides[old] = found.source, found.hides
    return found._replace(source=source, hides=hides)
