"""Answers to one prompt, ranked (Ouyang et al. 2022, eq. 1; Menick et al. 2022, §2.5)."""

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, logsigmoid

from clados import spec as s
from clados.apply.ready import Ready
from clados.apply.score import judged_rows, refuse_empty, rewards
from clados.data.examples import DataError, RankedAnswers
from clados.data.packing import generator
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Ids, Judge, Loss, LossTerm, Random, Setting, padded, with_mask
from clados.objectives.measures import Measure, Sample
from clados.objectives.tasks import Fitting, Small, Source, SourceConfig, Task, of_kind

NATS_BELOW = 0.15  # below log 2 ends a model that tells better answers from worse
ABOVE_CHANCE = 0.05  # above chance, of pairs that are ordered rightly


class RankedRow(NamedTuple):
    """A prompt's answers, each with its prompt as tokens, their scores, and whether each is good by itself."""

    texts: tuple[Ids, ...]
    scores: tuple[float, ...]
    good: tuple[bool, ...]


class FittingAnswers(NamedTuple):
    """Ranked answers that have room: each with its prompt as tokens, and where they begin.

    Attributes:
        order: of each text the number of the answer whose score it has; as a control, that of any.
    """

    row: RankedAnswers
    texts: tuple[Ids, ...]
    asked: int
    order: Sequence[int]


def fitting_answers(rows: Sequence[RankedAnswers], template: s.Template, config: SourceConfig) -> list[FittingAnswers]:
    """Prompts whose answers all have room.

    Raises:
        DataError: for an empty answer, and where no prompt leaves room.
    """
    flat = [(each.prompt, answer) for each in rows for answer in each.answers]
    prompts, answers = [each for each, _ in flat], [each for _, each in flat]
    refuse_empty(prompts, answers)
    ids, found = iter(judged_rows(config.required_tokenizer, template, prompts, answers)), list[FittingAnswers]()
    for number, each in enumerate(rows):
        own = [next(ids) for _ in each.answers]
        cut = [row.cut(config.length or None) for row in own]
        texts = tuple(np.array(row, np.int64) for row in cut if row is not None)
        if len(texts) < len(own):
            continue
        order: Sequence[int] = range(len(texts))
        if config.shuffled:
            order = generator(config.seed, 2, number).permutation(len(texts)).tolist()
        found.append(FittingAnswers(each, texts, min(row.asked for row in own), order))
    if not found:
        raise DataError(f"none of {len(rows)} prompts leaves room for an answer in {config.length} tokens")
    return found


class ComparisonsTask(Task[s.Comparisons, RankedRow], objective=s.Comparisons):
    """Ranked answers: a prompt is a row, and its pairs weigh as much as those of any other.

    Where data say of answers whether they are good by themselves, the reward is also the logit of that, and the loss
    (1 - auxiliary) of the pairs' and auxiliary of this.
    """

    reads = RankedAnswers
    data = "true-answers"
    length = 128
    batch = 16
    writes = ("continues",)
    usual = False
    judging = True
    term = "pairs"
    small = Small(steps=600, batch=16, lr=1e-3, dropout=0.0)
    before = Small(params="640K", vocab=1024, steps=300)

    @property
    def heads(self) -> tuple[str, ...]:
        return (s.Scalar.slot,)

    def learnable(self, examples: Sequence[Any]) -> Sequence[Any]:
        rows = of_kind(examples, RankedAnswers)
        for each in rows:
            if not self.objective.ties and len({*each.scores}) < 2:
                raise DataError(f"{each.document}: its answers are equally good, so there is no pair to compare")
        return rows

    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        rows, made = self.learnable(examples), list[RankedRow]()
        for row, texts, _, order in fitting_answers(rows, self.objective.template, config):
            good = tuple(row.good[i] for i in order) if row.good else ()
            made.append(RankedRow(texts, tuple(row.scores[i] for i in order), good))
        return Fitting(made, dropped=len(rows) - len(made))

    # ------------------------------------------------------------ batch and loss

    def prepare(self, rows: Sequence[RankedRow], random: Sequence[Random], setting: Setting) -> Batch:
        texts = [text for row in rows for text in row.texts]
        ids, keep = padded(texts, setting.required_vocab_ids.ids.get("pad", 0))
        pairs, shares = list[tuple[int, int]](), list[tuple[float, float]]()
        judged, ordered, first = 0, 0, 0
        for row in rows:
            found = [*self._pairs(row.scores, first)]
            strict = sum(not tie for *_, tie in found)
            pairs += [(better, worse) for better, worse, _ in found]
            shares += [(1 / len(found), 0.0 if tie else 1 / strict) for *_, tie in found]
            judged, ordered, first = judged + bool(found), ordered + bool(strict), first + len(row.texts)
        targets = {"pairs": torch.tensor(pairs).view(-1, 2), "shares": torch.tensor(shares).view(-1, 2)}
        targets["ordered"] = torch.tensor(ordered)
        weights = {"pairs": judged}
        if self.objective.auxiliary:
            told = [(good, row.good != ()) for row in rows for good in row.good or (False,) * len(row.texts)]
            targets["good"] = torch.tensor(told, dtype=torch.float32)
            weights["good"] = int(targets["good"][:, 1].sum())
        return Batch({"input_ids": ids, **with_mask(keep)}, targets, weights, sum(map(len, texts)))

    def _pairs(self, scores: Sequence[float], first: int) -> Iterator[tuple[int, int, bool]]:
        """Better and worse of each pair that counts, and whether they tie."""
        for i, j in combinations(range(len(scores)), 2):
            if scores[i] != scores[j]:
                better, worse = (i, j) if scores[i] > scores[j] else (j, i)
                yield first + better, first + worse, False
            elif self.objective.ties:
                yield first + i, first + j, True

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        rewards = model(**batch.inputs).rewards.float()
        better, worse = batch.targets["pairs"].unbind(1)
        share, ordered = batch.targets["shares"].unbind(1)
        ahead, tied = rewards[better] - rewards[worse], ordered == 0
        nll = torch.where(tied, -0.5 * (logsigmoid(ahead) + logsigmoid(-ahead)), -logsigmoid(ahead))
        part = 1 - self.objective.auxiliary
        parts = {"pairs": LossTerm(part * (share * nll).sum(), batch.weights["pairs"])}
        if self.objective.auxiliary:
            good, told = batch.targets["good"].unbind(1)
            found = binary_cross_entropy_with_logits(rewards, good, reduction="none")
            parts["good"] = LossTerm(self.objective.auxiliary * (told * found).sum(), batch.weights["good"])
        right = (ordered * ((ahead > 0) + 0.5 * (ahead == 0))).sum()
        return Loss(parts, {"accuracy": LossTerm(right, int(batch.targets["ordered"]))})

    # ------------------------------------------------------------ how it is judged

    def baseline(self, trained: Any, held_out: Any, config: SourceConfig, batch: int) -> Mapping[str, float]:
        """Of the same reward for all: log 2 a pair, and half of the pairs."""
        return {"loss": (1 - self.objective.auxiliary) * math.log(2), "accuracy": 0.5}

    def goal(self, baseline: float) -> float:
        return baseline - (1 - self.objective.auxiliary) * NATS_BELOW

    def compared(self, ends: Sequence[float], baseline: Mapping[str, float]) -> str:
        every = ", ".join(f"{each:.2f}" for each in ends)
        return f"{every} nats a pair against {baseline['loss']:.2f} of equal rewards (goal: {NATS_BELOW} below)"

    def judge(self, ready: Ready) -> Judge:
        return partial(rewards, ready)

    def measure(self, ready: Ready, sample: Sample) -> Measure:
        """The share of pairs that are ordered rightly, each prompt counted alike, beside chance."""
        found = [self.loss(ready.model, batch).measures["accuracy"] for batch in self.batches(ready, sample)]
        number = sum(each.weight for each in found)
        right = sum(float(each.sum) for each in found) / max(1, number)
        return Measure("pairs in order", right, 0.5, "chance", 0.5 + ABOVE_CHANCE, number)
