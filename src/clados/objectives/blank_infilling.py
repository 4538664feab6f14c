"""Spans of a text cut out, and written after it in random order (Du et al. 2022, §2.1)."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from clados import spec as s
from clados.apply.ready import Ready
from clados.data import packing
from clados.data.packing import Sentences
from clados.data.stream import sentences
from clados.errors import InputError
from clados.names import LONG_BLANK, SENTENCES_BLANK
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Ids, Loss, Random, Setting, padded, with_mask
from clados.objectives.measures import Measure, Sample, share
from clados.objectives.tasks import Small, Source, SourceConfig
from clados.objectives.text import TextTask, first_guesses, lm_loss, stream
from clados.spec.positions.blanks import goes_on

LONGEST_SPAN = 39  # tokens of a short span (THUDM/GLM blocklm_utils.py, max_block_length)


class Blanked(NamedTuple):
    """A text with blanks and its spans after it: ids, pairs of positions, the places that predict, and their labels."""

    ids: Ids
    positions: Ids  # [length, 2]
    at: Ids
    labels: Ids


class BlankInfillingTask(TextTask[s.BlankInfilling, Sentences], objective=s.BlankInfilling):
    """Sentences of one document with blanks; the words of each blank are written from left to right."""

    writes = ("infills",)
    small = Small(params="600K", vocab=512, steps=400, length=64, batch=16, lr=3e-3, dropout=0.0)
    mixture = Small(params="1050K", vocab=512, steps=500, length=64, batch=16, lr=1e-2, dropout=0.0)

    def marks(self, examples: Sequence[Any]) -> tuple[str, ...]:
        """What stands for sentences and for a long span, where any are taken out (``--task-mask`` of THUDM/GLM)."""
        taken = {SENTENCES_BLANK: self.objective.sentences, LONG_BLANK: self.objective.long}
        return tuple(name for name, share_ in taken.items() if share_)

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        """Two tokens less than there are positions for: the first, and the start of what is written."""
        return packing.SentenceBlocks(stream(examples, config, sentences=True), config.length - 2)

    def texts(self, text: str) -> list[str]:
        return list(sentences(text))

    def row(self, texts: Sequence[Ids]) -> Sentences:
        return Sentences.of(texts)

    def prepare(self, rows: Sequence[Sentences], random: Sequence[Random], setting: Setting) -> Batch:
        if refusal := self.refusal(setting.model):
            raise InputError(refusal)
        made = [blanked(self.objective, row, setting, draw) for row, draw in zip(rows, random)]
        ids, keep = padded([each.ids for each in made], setting.required_vocab_ids.ids.get("pad", 0))
        positions = np.zeros((*ids.shape, 2), np.int64)
        for number, each in enumerate(made):
            positions[number, : len(each.ids)] = each.positions
        at = np.concatenate([number * ids.size(1) + each.at for number, each in enumerate(made)])
        targets = {"labels": torch.from_numpy(np.concatenate([each.labels for each in made]))}
        targets["at"] = torch.from_numpy(at)
        inputs = {"input_ids": ids, "position_ids": torch.from_numpy(positions), **with_mask(keep)}
        return Batch(inputs, targets, {"lm": len(at)}, sum(len(each.ids) for each in made))

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        return Loss({"lm": lm_loss(model, model.states(**batch.inputs), batch)})

    def measure(self, ready: Ready, sample: Sample) -> Measure:
        """The share of words in blanks that the first guess hits, against the most frequent; their ends aside."""
        answers = zip(*first_guesses(self, ready, sample))
        end = ready.required_tokenizer.ids.get("eos")
        tokens = [(guess, label) for guess, label in answers if label != end]
        return share(
            "fill@1", "the most frequent token", [guess for guess, _ in tokens], [label for _, label in tokens]
        )


def blanked(objective: s.BlankInfilling, row: Sentences, setting: Setting, random: Random) -> Blanked:
    """A text with its spans taken out.

    A blank and all words of its span have the place of the blank in the text; the second number of a position is 0
    where the text is read, and counts from 1 in each span (§2.2). Where places are single numbers, those of a long span
    go on behind its blank (Zeng et al. 2022). Every span ends with the same token (§2.1), also one that is the text's
    end, which the authors' code closes with the token of a document's.
    """
    vocab_ids, start = setting.required_vocab_ids, setting.model.written_vocab.start
    begin = vocab_ids.id("pad", "bos") if start is None else start
    mask, chosen = draw_spans(objective, row, random)
    blank = vocab_ids.marks.get(mask, vocab_ids.id("mask")) if len(chosen) else 0
    behind = mask == LONG_BLANK and goes_on(setting.model.reads(s.Tokens))
    first = [vocab_ids.ids["cls"]] if "cls" in vocab_ids.ids else []
    order = random.permutation(len(chosen)).tolist()
    ids = np.concatenate([np.array(first, np.int64), row.ids])
    kept = np.ones(len(ids), bool)
    for low, high in chosen + len(first):
        kept[low + 1 : high] = False
        ids[low] = blank
    place = np.cumsum(kept) - 1
    read = np.stack([place[kept], np.zeros_like(place[kept])], 1)
    seen, positions, labels = [ids[kept]], [read], []
    for low, high in chosen[order]:
        span = row.ids[low:high]
        seen += [np.array([begin]), span]
        labels += [span, np.array([vocab_ids.id("eos")])]
        count = np.arange(1, len(span) + 2)
        positions.append(np.stack([place[low + len(first)] + count * behind, count], 1))
    whole = np.concatenate(seen)
    return Blanked(
        whole, np.concatenate(positions), np.arange(len(read), len(whole)), np.concatenate([ids[:0], *labels])
    )


def draw_spans(objective: s.BlankInfilling, row: Sentences, random: Random) -> tuple[str, Ids]:
    """What stands in the blanks of a text, and which spans they are of, [spans, 2], in the order of the text.

    ``short``: lengths from Poisson(``mean``), none of them 0, until at least ``rate`` of the tokens are taken (§2.1);
    between two spans at least one token stays, and every way to place the rest is drawn as in THUDM/GLM's
    ``sample_spans``. ``sentences``: whole ones in random order, until as many tokens are taken (§2.1.1). ``long``: one
    span of a length drawn evenly from ``least`` of the text to all of it (§2.1.1), a share ``ending`` of which are the
    text's end.
    """
    lot, number = random.random(), len(row.ids)
    if lot < objective.long and number:
        length = int(random.integers(max(1, int(objective.least * number)), number + 1))
        left = number - length
        first = left if random.random() < objective.ending else int(random.integers(left + 1))
        return LONG_BLANK, np.array([[first, first + length]])
    if lot < objective.long + objective.sentences:
        bounds = np.stack([row.bounds[:-1], row.bounds[1:]], 1)
        bounds = bounds[bounds[:, 0] < bounds[:, 1]]
        order = random.permutation(len(bounds))
        taken = np.cumsum((bounds[:, 1] - bounds[:, 0])[order])
        enough = int(np.searchsorted(taken, objective.rate * number)) + 1
        return SENTENCES_BLANK, bounds[np.sort(order[:enough])]
    lengths = list[int]()
    while sum(lengths) < objective.rate * number:
        length = int(random.poisson(objective.mean))
        if 0 < length <= LONGEST_SPAN:
            lengths.append(min(length, number))
    while sum(lengths) + len(lengths) - 1 > number:
        lengths.pop()
    room = number - sum(lengths) - len(lengths) + 1
    places = np.sort(random.integers(0, room + 1, len(lengths)))
    sizes = np.array(lengths, np.int64)
    starts = places + np.cumsum(sizes + 1) - sizes - 1
    return "", np.stack([starts, starts + sizes], 1)
