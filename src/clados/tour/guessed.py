"""What a trained model guesses: where its objective hides something of a text, and of texts that it goes on with."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from clados import spec as s
from clados.apply.fill import fill
from clados.apply.ready import Ready
from clados.data.packing import generator
from clados.errors import InputError
from clados.objectives import task
from clados.objectives.base import Batch, Setting, VocabIds
from clados.objectives.own_text import row_of
from clados.objectives.tasks import SourceConfig
from clados.objectives.view import LONGEST_SHOWN, View, view
from clados.playground.writing import try_writing

TOP, WRITTEN = 4, 24  # candidates for a blank, and tokens that are written
Likely = tuple[tuple[str, float], ...]  # tokens or words with their probabilities


@dataclass(frozen=True)
class Guess:
    """At a place, from 0: what was hidden and its probability, and what is likeliest there with its own."""

    place: int
    hidden: str
    probability: float
    likeliest: str
    surest: float


@dataclass(frozen=True)
class GuessedExample:
    """A text as an example of an objective, and what the model guesses at each place that is to be predicted."""

    view: View
    guesses: tuple[Guess, ...]


@torch.inference_mode()
def guessed_example(ready: Ready, *texts: str) -> GuessedExample:
    """What a model guesses of what its objective, which it was trained by, hides of a text: the first that fits it.

    Raises:
        InputError: when none does.
    """
    batch = next((each for each in _batches(ready, texts) if _length(each) <= (ready.positions or _length(each))), None)
    if batch is None:
        raise InputError(f"{ready.name} has room for {ready.positions} tokens, and every text has more")
    tokenizer = ready.required_tokenizer
    scores = ready.model(**batch.inputs).logits.flatten(0, 1).float()
    labels = batch.targets["labels"]
    places = batch.targets.get("at", torch.arange(len(labels)))
    chances = scores[places].softmax(-1)
    surest = chances.max(-1)
    right = chances.gather(-1, labels[:, None])[:, 0]
    names = zip(tokenizer.tokens(labels.tolist()), tokenizer.tokens(surest.indices.tolist()))
    numbers = zip(places.tolist(), right.tolist(), surest.values.tolist())
    found = (Guess(place, hidden, p, best, top) for (hidden, best), (place, p, top) in zip(names, numbers))
    seen = view(batch, tokenizer, model=ready.spec, of=task(_learned(ready)))
    return GuessedExample(seen, tuple(sorted(found, key=lambda each: each.place)))


def _learned(ready: Ready) -> s.Objective:
    assert ready.objective is not None
    return ready.objective


def _batches(ready: Ready, texts: Sequence[str]) -> Iterator[Batch]:
    """Each text as the one row of a batch."""
    one, tokenizer, model = task(_learned(ready)), ready.required_tokenizer, ready.spec
    for text in texts:
        row = row_of(one, text, SourceConfig(LONGEST_SHOWN, 0, tokenizer, writes=model.writes))
        yield one.prepare([row], [generator(0)], Setting(model, 0, VocabIds.of(tokenizer)))


def _length(batch: Batch) -> int:
    return int(batch.inputs["input_ids"].size(1))


@dataclass(frozen=True)
class TourSample:
    """What a model made of a text that it was given.

    Attributes:
        made: as a text.
        written: the tokens that it wrote behind it; candidates: for its blank, the likeliest first. One is empty.
    """

    given: str
    made: str
    written: Likely = ()
    candidates: Likely = ()


def sample_filled(ready: Ready, text: str) -> TourSample:
    """A blank with its candidates: words, or of a model that restores spans the tokens that one may begin with."""
    (found,) = fill(ready, [text], top=TOP)
    if ready.required_tokenizer.sentinels:
        return TourSample(text, found.text, candidates=_first(ready, text))
    candidates = tuple((each.text, each.probability) for each in found.blanks[0])
    return TourSample(text, ", ".join(f"{word} {share:.0%}" for word, share in candidates), candidates=candidates)


@torch.inference_mode()
def _first(ready: Ready, text: str) -> Likely:
    tokenizer = ready.required_tokenizer
    begun = torch.tensor([[ready.spec.vocab.start, tokenizer.sentinels[0]]])
    scores = ready.model(torch.tensor([tokenizer.encode(text)]), decoder_input_ids=begun).logits[0, -1].float()
    best = scores.softmax(-1).topk(TOP)
    return tuple(zip(tokenizer.tokens(best.indices.tolist()), best.values.tolist()))


def sample_continued(ready: Ready, text: str, seed: int) -> TourSample:
    """A text that is gone on with, each token with its probability."""
    found = try_writing(ready, text, tokens=WRITTEN, temperature=0.8, seed=seed)
    return TourSample(text, text + found.text, written=tuple((each.token, each.probability) for each in found.steps))
