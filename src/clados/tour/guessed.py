"""What a trained model guesses: where its objective hides something of a text, and of texts that it goes on with."""

from collections.abc import Iterator, Sequence

import torch

from clados import spec as s
from clados.apply.fill import fill
from clados.apply.ready import Ready
from clados.data.packing import generator
from clados.errors import InputError
from clados.names import shown_token
from clados.objectives import Task, task
from clados.objectives.base import Batch, Setting, VocabIds
from clados.objectives.own_text import row_of
from clados.objectives.tasks import SourceConfig
from clados.objectives.view import LONGEST_SHOWN
from clados.playground.kept import guess_of
from clados.playground.writing import try_writing
from clados.reports.samples import ContinuedText, FilledText, GuessedText, KeptLikely

TOP, WRITTEN = 4, 24  # candidates for a blank, and tokens that are written


def guessed_example(ready: Ready, *texts: str) -> GuessedText:
    """What a model guesses of what its objective, which it was trained by, hides of a text: the first that fits it.

    Raises:
        InputError: when none does, or nothing is to be guessed of those that do.
    """
    one = task(_learned(ready))
    fit = [each for each in _batches(ready, one, texts) if _length(each) <= (ready.positions or _length(each))]
    if not fit:
        raise InputError(f"{ready.name} has room for {ready.positions} tokens, and every text has more")
    for batch in fit:
        found = guess_of(ready, one, batch)
        if isinstance(found, GuessedText):
            return found
    raise InputError(f"{ready.name} is asked nothing of {' or '.join(map(repr, texts))}: a text has to be longer")


def _learned(ready: Ready) -> s.Objective:
    assert ready.objective is not None
    return ready.objective


def _batches(ready: Ready, one: Task[s.Objective, object], texts: Sequence[str]) -> Iterator[Batch]:
    """Each text as the one row of a batch."""
    tokenizer, model = ready.required_tokenizer, ready.spec
    for text in texts:
        row = row_of(one, text, SourceConfig(LONGEST_SHOWN, 0, tokenizer, writes=model.writes))
        yield one.prepare([row], [generator(0)], Setting(model, 0, VocabIds.of(tokenizer)))


def _length(batch: Batch) -> int:
    return int(batch.inputs["input_ids"].size(1))


def sample_filled(ready: Ready, text: str) -> FilledText:
    """A blank with its candidates: words, or of a model that restores spans the tokens that one may begin with."""
    (found,) = fill(ready, [text], top=TOP)
    if ready.required_tokenizer.sentinels:
        return FilledText(text, found.text, _first(ready, text))
    return FilledText(text, "", [(each.text, each.probability) for each in found.blanks[0]])


@torch.inference_mode()
def _first(ready: Ready, text: str) -> KeptLikely:
    tokenizer = ready.required_tokenizer
    begun = torch.tensor([[ready.spec.vocab.start, tokenizer.sentinels[0]]])
    scores = ready.model(torch.tensor([tokenizer.encode(text)]), decoder_input_ids=begun).logits[0, -1].float()
    best = scores.softmax(-1).topk(TOP)
    return [*zip(map(shown_token, tokenizer.tokens(best.indices.tolist())), best.values.tolist())]


def sample_continued(ready: Ready, text: str, seed: int) -> ContinuedText:
    """A text that is gone on with, each token with its probability."""
    found = try_writing(ready, text, tokens=WRITTEN, temperature=0.8, seed=seed)
    return ContinuedText(text, [(each.token, each.probability) for each in found.steps])
