"""How well a trained model does its own work on held-out data, beside the trivial answer."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import Any, Protocol

import torch
from torch import Tensor

from clados import spec as s
from clados.apply.act import act
from clados.apply.chrf import chrf
from clados.apply.fill import restored, spans
from clados.apply.ready import Ready
from clados.apply.translate import translate
from clados.data.packing import generator
from clados.objectives import Batch, Setting, Words, prepare


@dataclass(frozen=True)
class Measure:
    """What was measured.

    Attributes:
        name: of the measure.
        value: what the model reaches; trivial: what the trivial answer, named in ``beside``, does.
        asked: what the value has to reach to count as better.
        number: how many answers it is the mean of.
    """

    name: str
    value: float
    trivial: float
    beside: str
    asked: float
    number: int

    @property
    def better(self) -> bool:
        """Whether the model beats the trivial answer by the margin asked for."""
        return self.value > self.trivial and self.value >= self.asked

    def __str__(self) -> str:
        return f"{self.name} {self.value:.3g} ({self.beside} {self.trivial:.3g}; {self.number} answers)"


class Examples(Protocol):
    """Held-out examples by number, as the trainer's sources have them."""

    def __len__(self) -> int: ...

    def at(self, index: int, epoch: int = 0) -> Any:
        """The example of that number in that epoch."""
        ...


@torch.inference_mode()
def measure(ready: Ready, held_out: Examples, *, examples: int = 128, batch: int = 16, seed: int = 0) -> Measure:
    """A model's own measure, by its objective.

    Next token and masked tokens: the share of tokens that its first guess hits, beside the most frequent one. Spans:
    the share of removed spans whose first token it restores, beside the most frequent of these. Translation: chrF
    beside copying the source. Image classes: the share that is right, beside the most frequent class, to be bettered
    by 20 points. Images and texts: the share of images whose text comes first among all, beside chance, to be
    tripled. Trajectories: the mean return of 50 episodes of CartPole, beside random actions, to be doubled.

    Args:
        ready: with its objective; a model that was trained by ``clados pretrain`` has it.
        held_out: examples of this objective.
        examples: how many of them are measured at most.
        seed: of what the objective draws: masks, spans, episodes.

    Raises:
        SpecError: when the objective is not known, or nothing measures it.
    """
    if ready.objective is None:
        raise s.SpecError(f"{ready.name}: its objective is not known, and so neither is what to measure")
    return measured(ready.objective, ready, Asked(held_out, min(examples, len(held_out)), batch, seed))


@dataclass(frozen=True)
class Asked:
    """The examples to measure on."""

    held_out: Examples
    examples: int
    batch: int
    seed: int

    def rows(self) -> list[Any]:
        """As many examples as are asked for, spread evenly over all."""
        step = len(self.held_out) / self.examples
        return [self.held_out.at(int(i * step)) for i in range(self.examples)]

    def batches(self, objective: s.Objective, ready: Ready) -> Iterator[Batch]:
        """The batches that the objective makes of them."""
        words = Words.of(ready.tokenizer) if ready.tokenizer else None
        setting = Setting(ready.spec, ready.length, words)
        rows = self.rows()
        size = len(rows) if isinstance(objective, s.Contrastive) else self.batch
        for at in range(0, len(rows), size):
            some = rows[at : at + size]
            draws = [generator(self.seed, 4, at + i) for i in range(len(some))]
            yield prepare(objective, some, draws, setting).to(ready.device)


@singledispatch
def measured(objective: s.Objective, ready: Ready, asked: Asked) -> Measure:
    """The measure of one objective.

    Raises:
        SpecError: when nothing measures this type of objective.
    """
    raise s.SpecError(f"nothing measures {type(objective).__name__}")


def _share(name: str, beside: str, guesses: Sequence[int], labels: Sequence[int], margin: float = 0.0) -> Measure:
    """The share of guesses that are right, beside the label that is the most frequent."""
    if not labels:
        raise s.SpecError(f"{name}: the held-out examples have nothing to predict")
    right = sum(a == b for a, b in zip(guesses, labels, strict=True)) / len(labels)
    usual = Counter(labels).most_common(1)[0][1] / len(labels)
    return Measure(name, right, usual, beside, usual + margin, len(labels))


def _first_guesses(objective: s.Objective, ready: Ready, asked: Asked) -> tuple[list[int], list[int]]:
    """The likeliest word at each position that has a label, and the labels."""
    guesses, labels = [], []
    for batch in asked.batches(objective, ready):
        states = ready.model.states(**batch.inputs).flatten(0, 1)
        at: Tensor | slice = batch.targets.get("at", slice(None))
        guesses += ready.model.heads["lm"](states[at], ready.model.inputs, {}).argmax(-1).tolist()
        labels += batch.targets["labels"].tolist()
    return guesses, labels


@measured.register
def _(objective: s.NextToken, ready: Ready, asked: Asked) -> Measure:
    return _share("next token@1", "the most frequent token", *_first_guesses(objective, ready, asked))


@measured.register
def _(objective: s.MaskedTokens, ready: Ready, asked: Asked) -> Measure:
    hidden = objective.but(masked=1.0, replaced=0.0)
    return _share("fill@1", "the most frequent token", *_first_guesses(hidden, ready, asked))


@measured.register
def _(objective: s.CorruptedSpans, ready: Ready, asked: Asked) -> Measure:
    words = ready.words
    guesses, labels = [], []
    for batch in asked.batches(objective, ready):
        ids = batch.inputs["input_ids"]
        keep = batch.inputs.get("attention_mask", torch.ones_like(ids).bool())
        rows = [row[kept].tolist() for row, kept in zip(ids, keep)]
        for row, target, found in zip(rows, _by_row(batch), restored(ready, rows)):
            places = spans(words, target)
            for token, (guess, _) in zip((token for token in row if token in words.sentinels), found):
                labels.append(target[places[token][0]])
                guesses.append(guess[0])
    return _share("fill@1", "the most frequent first token", guesses, labels)


def _by_row(batch: Batch) -> list[list[int]]:
    """What the decoder has to write, a row an example; what is padding is left at -1."""
    shape = batch.inputs["decoder_input_ids"].shape
    flat = torch.full((shape.numel(),), -1, device=batch.targets["labels"].device)
    flat[batch.targets.get("at", slice(None))] = batch.targets["labels"]
    return [[token for token in row if token >= 0] for row in flat.view(shape).tolist()]


@measured.register
def _(objective: s.Translation, ready: Ready, asked: Asked) -> Measure:
    rows = asked.rows()
    sources = [ready.words.decode(row.source) for row in rows]
    targets = [ready.words.decode(row.target) for row in rows]
    copied = chrf(sources, targets)
    found = chrf(translate(ready, sources, batch=asked.batch), targets)
    return Measure("chrF", found, copied, "copying the source", copied, len(rows))


@measured.register
def _(objective: s.ImageClasses, ready: Ready, asked: Asked) -> Measure:
    guesses, labels = [], []
    for batch in asked.batches(objective, ready):
        guesses += ready.model(**batch.inputs).logits.argmax(-1).tolist()
        labels += batch.targets["labels"].tolist()
    return _share("accuracy", "the most frequent class", guesses, labels, margin=0.2)


@measured.register
def _(objective: s.Contrastive, ready: Ready, asked: Asked) -> Measure:
    (batch,) = asked.batches(objective, ready)
    scores = ready.model(**batch.inputs).logits_per_image
    number = len(scores)
    right = (scores.argmax(-1) == torch.arange(number, device=scores.device)).float().mean().item()
    return Measure("R@1", right, 1 / number, "chance", 3 / number, number)


@measured.register
def _(objective: s.ReturnConditioned, ready: Ready, asked: Asked) -> Measure:
    acted = act(ready, seed=asked.seed)
    return Measure("mean return", acted.mean, acted.random_mean, "random actions", 2 * acted.random_mean, 50)
