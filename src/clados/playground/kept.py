"""What is kept of a trained model with its run: its guesses of examples, and what it makes of a few usual questions."""

import base64
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from clados.apply.ready import Ready
from clados.names import shown_token
from clados.objectives import Batch, Task
from clados.objectives.replaced_tokens import ReplacedTokensTask, discriminated
from clados.objectives.view import Piece, view
from clados.playground.samples import usual_samples
from clados.playground.trying import Tried
from clados.reports.samples import (
    JUDGEMENTS,
    SIDES,
    ContinuedText,
    FilledText,
    FoldedProtein,
    GuessedText,
    JudgedText,
    KeptGuess,
    KeptSample,
    NearTexts,
    PaintedText,
    PlayedGame,
    ReadPlace,
    ToldClass,
)

_LONGEST = 96  # tokens of a side that are shown
_TOP, _NEAR, _STATES = 4, 3, 200  # classes, neighbours, and steps of an episode that are shown


def kept_samples(ready: Ready, source: str) -> Iterator[KeptSample]:
    """What a model makes of a few usual questions; nothing of one that can be asked none."""
    for each in usual_samples(ready, source):
        yield from _KEPT[each.name](each)


# ---------------------------------------------------------------- what it guesses of examples


@torch.inference_mode()
def guess_of(ready: Ready, one: Task[Any, Any], batch: Batch, image: Any = None) -> KeptSample | None:
    """What a model guesses of the one example of a batch, by what it has learned; None where that is nothing to see.

    Args:
        one: whose batch it is.
        image: of the example, where it has one, [height, width, channels].
    """
    if isinstance(one, ReplacedTokensTask):
        return _judged(ready, batch)
    labels = batch.targets.get("labels")
    if labels is None or labels.dim() != 1 or labels.is_floating_point():
        return None
    scores = getattr(ready.model(**batch.inputs), "logits", None)
    if not isinstance(scores, Tensor):
        return None
    if scores.dim() == 2 and scores.size(1) == len(ready.labels) and len(labels) == 1:
        return _told_class(ready, batch, scores[0].float().softmax(-1), int(labels), image)
    if scores.dim() != 3 or "input_ids" not in batch.inputs:
        return None
    return _read(ready, one, batch, scores.flatten(0, 1).float())


def _told_class(ready: Ready, batch: Batch, chances: Tensor, label: int, image: Any) -> ToldClass:
    best = chances.topk(min(_TOP, len(chances)))
    likely = [(ready.labels[i], p) for i, p in zip(best.indices.tolist(), best.values.tolist())]
    ids = batch.inputs.get("input_ids")
    text = ready.required_tokenizer.decode(ids[0].tolist()) if ids is not None else ""
    return ToldClass(text, _png(image) if image is not None else "", ready.labels[label], likely)


def _png(image: Any) -> str:
    file = io.BytesIO()
    Image.fromarray(image.squeeze(-1) if image.shape[-1] == 1 else image).save(file, format="PNG")
    return base64.b64encode(file.getvalue()).decode()


def _read(ready: Ready, one: Task[Any, Any], batch: Batch, scores: Tensor) -> GuessedText | None:
    """A text with a guess at each place that is asked for, the token that was to be guessed above it."""
    labels, tokenizer = batch.targets["labels"], ready.required_tokenizer
    at = batch.targets.get("at", torch.arange(len(labels), device=labels.device))
    if not 0 < len(labels) == len(at) or int(at.max()) >= len(scores) or int(labels.max()) >= scores.size(1):
        return None
    chances = scores[at].softmax(-1)
    surest = chances.max(-1)
    right = chances.gather(-1, labels[:, None])[:, 0]
    names = [map(shown_token, tokenizer.tokens(each.tolist())) for each in (labels, surest.indices)]
    asked = batch.inputs.get("target_mapping")
    places = at.tolist() if asked is None else [int(asked[0, i].argmax()) for i in at.tolist()]
    found = zip(*names, right.tolist(), surest.values.tolist(), (surest.indices == labels).tolist())
    guesses: dict[int, KeptGuess] = {
        place: (hidden, round(p, 4), best, round(top, 4), same)
        for place, (hidden, best, p, top, same) in zip(places, found)
    }
    seen = view(batch, tokenizer, of=one)
    notes = [f"Beside it, {what}: {_said(answer)}." for what, answer in seen.also.items()]
    if seen.writes:
        sides = [(SIDES[0], _plain(seen.sees)), (SIDES[1], _own(seen.writes, guesses))]
    else:
        own = batch.in_place or asked is not None
        sides = [
            ("", _own(seen.sees, guesses) if own else _next(seen.sees, guesses, dict(zip(places, labels.tolist()))))
        ]
    return GuessedText([(name, _shortened(row)) for name, row in sides], notes)


def _judged(ready: Ready, batch: Batch) -> JudgedText | None:
    """A text with some of its tokens exchanged among each other, and for each whether the model takes it for replaced.

    The generator that replaced tokens while the model learned is gone. None where there are no two that differ.
    """
    labels, at, tokenizer = batch.targets["labels"], batch.targets["at"], ready.required_tokenizer
    put_in = labels.roll(1)
    if torch.equal(put_in, labels):
        return None
    odds, replaced = discriminated(ready.model, batch, put_in)
    keep = batch.inputs.get("attention_mask", torch.ones_like(batch.inputs["input_ids"]))[0].bool()
    ids = batch.inputs["input_ids"][0].scatter(0, at, put_in)[keep]
    told = zip(odds.sigmoid().tolist(), replaced.tolist(), batch.targets["text"][0][keep].tolist())
    row: list[ReadPlace] = []
    for token, (chance, there, text) in zip(map(shown_token, tokenizer.tokens(ids.tolist())), told):
        row.append((token, "text", _judgement(chance, replaced=there)) if text else (token, "special", None))
    other = labels != put_in  # by id: two tokens may be shown alike
    pairs = zip(*(map(shown_token, tokenizer.tokens(each[other].tolist())) for each in (labels, put_in)))
    return JudgedText([("", _shortened(row))], [f"Replaced are {', '.join(f'{was} by {now}' for was, now in pairs)}."])


def _judgement(chance: float, *, replaced: bool) -> KeptGuess:
    """Of the probability that a token was put in."""
    chances = (1 - chance, chance)
    taken = chance > 0.5
    return (
        JUDGEMENTS[replaced],
        round(chances[replaced], 4),
        JUDGEMENTS[taken],
        round(chances[taken], 4),
        taken == replaced,
    )


def _said(answer: Any) -> str:
    return ("no", "yes")[answer] if isinstance(answer, bool) else str(answer)


def _plain(pieces: Iterable[Piece]) -> list[ReadPlace]:
    return [(shown_token(each.token), each.mark, None) for each in pieces]


def _own(pieces: Sequence[Piece], guesses: dict[int, KeptGuess]) -> list[ReadPlace]:
    """Guesses at their own places: what is above them is what was hidden there."""
    return [
        (guesses[i][0] if i in guesses else shown_token(each.token), each.mark, guesses.get(i))
        for i, each in enumerate(pieces)
    ]


def _next(pieces: Sequence[Piece], guesses: dict[int, KeptGuess], wanted: Mapping[int, int]) -> list[ReadPlace]:
    """Guesses of what follows, each below that; what follows and is not read itself is put in.

    Args:
        wanted: the id that follows a place.
    """
    found: list[ReadPlace] = []
    waiting: KeptGuess | None = None
    for i, each in enumerate(pieces):
        if waiting and wanted[i - 1] != each.id:
            found.append((waiting[0], "text", waiting))
            waiting = None
        found.append((shown_token(each.token), each.mark, waiting))
        waiting = guesses.get(i)
    return [*found, (waiting[0], "text", waiting)] if waiting else found


def _shortened(row: list[ReadPlace]) -> list[ReadPlace]:
    return row if len(row) <= _LONGEST else [*row[:_LONGEST], ("…", "special", None)]


# ---------------------------------------------------------------- what it makes


def _written(tried: Tried) -> Iterator[KeptSample]:
    yield ContinuedText(tried.said["prompt"], [(each.token, round(each.probability, 4)) for each in tried.result.steps])


def _filled(tried: Tried) -> Iterator[KeptSample]:
    likely = [(each.text, round(each.probability, 4)) for each in tried.result.blanks[0][:_TOP]]
    yield FilledText(tried.said["text"], tried.result.text, likely)


def _painted(tried: Tried) -> Iterator[KeptSample]:
    yield PaintedText(tried.result.text, base64.b64encode(tried.result.frames[-1].png).decode())


def _played(tried: Tried) -> Iterator[KeptSample]:
    result = tried.result
    states = [[*each.state] for each in result.steps[:_STATES]]
    yield PlayedGame(result.environment, states, result.total, result.random)


def _folded(tried: Tried) -> Iterator[KeptSample]:
    yield FoldedProtein(tried.result.letters, [*tried.result.plddt])


def _near(tried: Tried) -> Iterator[KeptSample]:
    result = tried.result
    for i in range(0, len(result.texts), _NEAR):
        order = sorted(range(len(result.texts)), key=lambda j: -result.alike[i][j])
        near = [(result.texts[j], round(max(0.0, result.alike[i][j]), 4)) for j in order if j != i]
        yield NearTexts(result.texts[i], near[:_NEAR])


_KEPT: dict[str, Callable[[Tried], Iterator[KeptSample]]] = {
    "write": _written,
    "fill": _filled,
    "paint": _painted,
    "act": _played,
    "fold": _folded,
    "embed": _near,
}
