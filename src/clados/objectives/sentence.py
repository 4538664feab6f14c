"""A user's own sentence as an example of an objective."""

from functools import singledispatch

import numpy as np

from clados import spec as s
from clados.data.packing import Couple, Packed, generator
from clados.data.stream import sentences
from clados.data.tokenizer import Tokenizer
from clados.objectives.base import Batch, Setting, Words, prepare
from clados.objectives.pairs import Sides


@singledispatch
def example(objective: s.Objective, text: str, tokenizer: Tokenizer) -> object:
    """A text as the one example of a batch.

    Raises:
        SpecError: for an objective that does not learn from one text.
    """
    raise s.SpecError(f"{type(objective).__name__} does not learn from a text alone: there is nothing to show")


@example.register(s.NextToken)
@example.register(s.CorruptedSpans)
def _(objective: s.Objective, text: str, tokenizer: Tokenizer) -> object:
    return _packed(_ids(text, tokenizer))


@example.register
def _(objective: s.MaskedTokens, text: str, tokenizer: Tokenizer) -> object:
    """For pairs the sentences' first half and the second that follows it; one sentence is cut in two."""
    if not isinstance(objective.packing, s.SentencePairs):
        return _packed(_ids(text, tokenizer))
    parts = [_ids(each, tokenizer) for each in sentences(text)]
    if len(parts) < 2:
        parts = np.array_split(_ids(text, tokenizer), 2)
    half = (len(parts) + 1) // 2
    return Couple(np.concatenate(parts[:half]), np.concatenate(parts[half:]), follows=True)


@example.register
def _(objective: s.Translation, text: str, tokenizer: Tokenizer) -> object:
    """Source and target, parted by a bar: "a house | ein Haus"."""
    source, bar, target = text.partition("|")
    if not bar:
        raise s.SpecError("a translation needs two texts: give --text 'source | target'")
    return Sides(_ids(source, tokenizer), _ids(target, tokenizer))


def shown(objective: s.Objective, model: s.Model, text: str, tokenizer: Tokenizer, seed: int = 0) -> Batch:
    """The batch that a text alone makes.

    Raises:
        SpecError: when the text has too few tokens, or the objective needs something else.
    """
    one = example(objective, text, tokenizer)
    return prepare(objective, [one], [generator(seed)], Setting(model, 0, Words.of(tokenizer)))


def _ids(text: str, tokenizer: Tokenizer) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    ids = np.array(tokenizer.encode(text.strip(), add_special_tokens=False), np.int64)
    if len(ids) < 2:
        raise s.SpecError(f"the text '{text.strip()}' is {len(ids)} token(s) long; it takes two or more")
    return ids


def _packed(ids: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Packed:
    return Packed(ids, np.zeros_like(ids))
