"""Tokens predicted in a permuted order, by two streams, with a memory (Yang et al. 2019, §2 and §A.5)."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from clados import spec as s
from clados.apply.ready import Ready
from clados.data.examples import DataError
from clados.data.packing import generator
from clados.data.stream import Stream, sentences
from clados.errors import InputError
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Ids, Loss, Random, Setting, VocabIds, padded, with_mask
from clados.objectives.measures import Measure, Sample, share
from clados.objectives.tasks import Small, Source, SourceConfig
from clados.objectives.text import TextTask, first_guesses, last_states, lm_loss, stream

MARKS = 3  # tokens of a sequence that are no text: two separators and the mark of the sequence


class Stretch(NamedTuple):
    """What a sequence is made of: the text that the next one goes on with, and two segments after it."""

    reused: Ids
    first: Ids
    second: Ids
    backwards: bool = False


class PermutedTokensTask(TextTask[s.PermutedTokens, Stretch], objective=s.PermutedTokens):
    """Sequences that go on with a text, of which some tokens are predicted, each from those before it in an order."""

    remembers = True
    writes = (None,)
    length = 64
    batch = 16
    small = Small(params="200K", vocab=160, steps=200, length=32, batch=32, lr=3e-3, dropout=0.0)

    def suited(self, model: s.Model, paper: s.Model) -> s.PermutedTokens:
        """What is reused is brought to what the model keeps, and with it what orders are drawn within."""
        kept, before = model.kept, paper.kept
        if kept is None or before is None or kept == before:
            return self.objective
        numbers = self.objective.reused, self.objective.within
        reused, within = (each and max(1, each * kept // before) for each in numbers)
        return self.objective.but(reused=reused, within=within)

    def refusal(self, model: s.Model) -> str:
        kept, reused = model.kept, self.objective.reused
        if kept is not None and kept != reused:  # more, and a sequence would remember what it is asked for
            return (
                f"PermutedTokens.reused is {reused}, and this {type(model).__name__} keeps {kept} positions of a text"
            )
        return super().refusal(model)

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        text = stream(examples, config, sentences=True)
        return Stretches(self.objective, text, config.length, config.seed, config.separator("eos"))

    def texts(self, text: str) -> list[str]:
        return list(sentences(text))

    def row(self, texts: Sequence[Ids]) -> Stretch:
        """The first half of the tokens, and the two halves of the rest."""
        ids = np.concatenate(list(texts))
        half = (len(ids) + 1) // 2
        first, second = np.array_split(ids[half:], 2)
        return Stretch(ids[:half], first, second)

    def prepare(self, rows: Sequence[Stretch], random: Sequence[Random], setting: Setting) -> Batch:
        if refusal := self.refusal(setting.model):
            raise InputError(refusal)
        made = [permuted(self.objective, row, setting.required_vocab_ids, draw) for row, draw in zip(rows, random)]
        ids, keep = padded([each.ids for each in made], setting.required_vocab_ids.ids.get("pad", 0))
        types, _ = padded([each.types for each in made], 0)
        asked = max(1, *(len(each.asked) for each in made))
        hidden = torch.ones(*ids.shape, ids.size(1), dtype=torch.bool)
        mapping = torch.zeros(len(made), asked, ids.size(1))
        for number, each in enumerate(made):
            length = len(each.ids)
            hidden[number, :length, :length] = torch.from_numpy(each.hidden)
            mapping[number, np.arange(len(each.asked)), each.asked] = 1
        at = np.concatenate([number * asked + np.arange(len(each.asked)) for number, each in enumerate(made)])
        labels = np.concatenate([each.ids[each.asked] for each in made])
        inputs = {"input_ids": ids, "token_type_ids": types, "perm_mask": hidden, "target_mapping": mapping}
        inputs["backwards"] = torch.tensor([row.backwards for row in rows])
        targets = {"labels": torch.from_numpy(labels), "at": torch.from_numpy(at)}
        tokens = sum(len(each.ids) for each in made)
        return Batch({**inputs, **with_mask(keep)}, targets, {"lm": len(at)}, tokens, in_place=True)

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        states, left = last_states(model, batch)
        return Loss({"lm": lm_loss(model, states, batch)}, memory=left)

    def measure(self, ready: Ready, sample: Sample) -> Measure:
        """The share of tokens asked for that the first guess hits, against the most frequent token."""
        return share("fill@1", "the most frequent token", *first_guesses(self, ready, sample))


class Stretches:
    """A text gone through in steps of ``reused`` tokens; then some of it backwards.

    After each document stands a separator, which is of its last sentence (``_create_data`` of data_utils.py).

    After what is reused stands a segment of whole sentences, and one that follows it or, by lot, one from elsewhere in
    the text, where a segment of one sentence always has one from elsewhere; both are cut at their ends to fit
    (``_split_a_and_b`` of zihangdai/xlnet data_utils.py). Half of the rows, or the share ``backwards``, read the text
    from its end to its start, sentences and what follows them alike. They begin in the middle: where an odd batch has a
    row that changes its direction, it does not remember in clear what it is asked next.
    """

    def __init__(
        self, objective: s.PermutedTokens, stream: Stream, length: int, seed: int, separator: int | None
    ) -> None:
        self.stream, self.seed, self.reused = stream, seed, objective.reused
        self.room = length - self.reused - MARKS  # tokens of the two segments
        if self.room < 2:
            raise DataError(
                f"length is {length}, of which {self.reused} are reused and {MARKS} are marks: two segments need 2 more"
            )
        pieces = np.repeat(np.arange(len(stream.pieces) - 1), np.diff(stream.pieces))
        ids = stream.ids.astype(np.int64)
        if separator is not None:
            ends = stream.pieces[stream.documents[1:][np.diff(stream.documents) > 0]]
            ids, pieces = np.insert(ids, ends, separator), np.insert(pieces, ends, pieces[ends - 1])
        self.ids = ids, ids[::-1].copy()
        borders = np.flatnonzero(np.diff(pieces)) + 1  # where a sentence begins
        self.borders = borders, len(ids) - borders[::-1]
        steps = (len(ids) - self.room - 1) // self.reused
        if steps < 1:
            raise DataError(
                f"the text has {len(ids)} tokens; a sequence of {length} needs {self.reused + self.room + 1}"
            )
        rows = steps / max(objective.backwards, 1 - objective.backwards)
        self.forward, self.backward = round(rows * (1 - objective.backwards)), round(rows * objective.backwards)

    def __len__(self) -> int:
        return self.forward + self.backward

    def at(self, index: int, epoch: int = 0) -> Stretch:
        """The sequence of that number in that epoch."""
        backwards = index >= self.forward
        step = (index - self.forward + self.backward // 2) % self.backward if backwards else index
        ids, borders = self.ids[backwards], self.borders[backwards]
        begin = (step + 1) * self.reused
        first, second = self._segments(ids, borders, begin, generator(self.seed, epoch, index))
        return Stretch(ids[begin - self.reused : begin], ids[first], ids[second], backwards)

    def _segments(self, ids: Ids, borders: Ids, begin: int, random: Random) -> tuple[slice, slice]:
        low, high = np.searchsorted(borders, [begin + 1, begin + self.room])
        cuts = borders[low:high]
        stop = int(borders[high]) if high < len(borders) else len(ids)
        if not len(cuts) or random.random() < 0.5:
            middle = int(random.choice(cuts)) if len(cuts) else stop
            wanted = max(1, self.room - (middle - begin))
            start = int(random.integers(len(ids) - wanted))
            end = int(np.searchsorted(borders, start + wanted))
            end = int(borders[end]) if end < len(borders) else len(ids) - 1
            at = int(np.searchsorted(borders, start, side="right"))
            start = int(borders[at - 1]) if at else 0
        else:
            middle = int(random.choice(cuts))
            start, end = middle, stop
        a, b = fitted_lengths(middle - begin, end - start, self.room)
        return slice(begin, begin + a), slice(start, start + b)


def fitted_lengths(a: int, b: int, room: int) -> tuple[int, int]:
    """Lengths of two segments that fit: token after token off the longer, off the second where they are even."""
    over = max(0, a + b - room)
    even = min(over, abs(a - b))
    a, b, over = a - even * (a > b), b - even * (a < b), over - even
    return a - over // 2, b - (over + 1) // 2


class Permutation(NamedTuple):
    """A sequence, the segment of each token, who does not see whom, and the places that are asked for."""

    ids: Ids
    types: Ids
    hidden: NDArray[np.bool_]  # [length, length]: the row's place does not see the column's
    asked: Ids


def permuted(objective: s.PermutedTokens, row: Stretch, vocab_ids: VocabIds, random: Random) -> Permutation:
    """A sequence with its order: what is reused, one segment, separator, the other, separator, mark of the sequence.

    What is reused and what comes after it are permuted by themselves, and the former sees nothing of the latter, since
    it is what the next sequence remembers. All see what is not asked for; a place asked for, and a mark, is seen by
    those that are asked for after it (``_local_perm`` of zihangdai/xlnet data_utils.py; eq. 3 and 5, figure 1).
    """
    sep, mark, reused = vocab_ids.id("sep"), vocab_ids.id("cls"), len(row.reused)
    ids = np.concatenate([row.reused, row.first, [sep], row.second, [sep, mark]])
    types = np.repeat([0, 1, 2], [reused + len(row.first) + 1, len(row.second) + 1, 1])
    number = max(1, len(ids) // objective.share)
    ahead = min(number - number // 2, max(0, reused - 1))  # a place that saw nothing at all would see all evenly
    parts = [(slice(0, reused), ahead), (slice(reused, len(ids)), number - ahead)]
    wanted = np.zeros(len(ids), bool)
    order = np.full(len(ids), -1, np.int16 if len(ids) < 2**15 else np.int64)
    for part, goal in parts:
        flip = -1 if row.backwards else 1
        wanted[part] = chosen_spans(objective, ids[part][::flip], vocab_ids, goal, random)[::flip]
        within = objective.within or len(ids)
        for low in range(part.start, part.stop, within):
            high = min(low + within, part.stop)
            order[low:high] = low + random.permutation(high - low)
    marks = (ids == sep) | (ids == mark)
    late = wanted | marks
    rank = np.where(late, order, -1)
    own = np.where(wanted, rank, rank + 1)
    hidden = (own[:, None] <= rank) & late
    hidden[:reused, reused:] = True
    hidden[reused:, :reused] = False
    return Permutation(ids, types, hidden, np.flatnonzero(wanted))


def chosen_spans(
    objective: s.PermutedTokens, ids: Ids, vocab_ids: VocabIds, goal: int, random: Random
) -> NDArray[np.bool_]:
    """Which tokens of a text are asked for, [length]: ``goal`` of them, none of them special.

    A length n up to ``longest`` is drawn, and n tokens on end are taken out of a context of ``share`` n (§A.5); then
    the next context begins. p(n) ~ 1/n, a span begins with a word, and what is missing at the end is made up by single
    tokens, as in ``_sample_mask`` of zihangdai/xlnet data_utils.py; the paper says nothing of these.
    """
    chosen, text = np.zeros(len(ids), bool), vocab_ids.is_text[ids]
    starts = np.flatnonzero(vocab_ids.begins_word[ids] & text).tolist()
    before_each = np.concatenate([[0], np.cumsum(text)]).tolist()  # how many are text before each place
    sizes = np.arange(1, objective.longest + 1)
    goal = min(goal, int(text.sum()))
    drawn = random.choice(sizes, goal, p=1 / sizes / (1 / sizes).sum()).tolist()
    shifts = random.random(goal).tolist()
    at, left = 0, goal
    for size, shift in zip(drawn, shifts):
        if not left:
            break
        n = min(size, left)
        before = int(shift * n * objective.share)
        found = bisect_left(starts, at + before)
        if found == len(starts) or starts[found] + n >= len(ids):
            break
        begin = starts[found]
        chosen[begin : begin + n] = True
        left -= before_each[begin + n] - before_each[begin]
        at = begin + n * (1 + objective.share) - before
    chosen &= text
    if left:
        chosen[random.choice(np.flatnonzero(text & ~chosen), left, replace=False)] = True
    return chosen
