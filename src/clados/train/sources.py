"""From examples as they are read to what an objective prepares: one source for each objective."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import singledispatch
from typing import Any

import numpy as np

from clados import spec as s
from clados.data import packing
from clados.data.examples import AnyExample, Captioned, DataError, Labelled, Pair, Text, Trajectory
from clados.data.packing import generator
from clados.data.scaling import Scales
from clados.data.stream import Stream, encode_documents
from clados.data.tokenizer import Tokenizer
from clados.objectives.actions import Window
from clados.objectives.images import Caption
from clados.objectives.pairs import Sides, uncorrupted_length
from clados.train.loop import Source

SAID = 3  # captions of an image that are said in a row, at most


@dataclass(frozen=True)
class Making:
    """What a source is told besides its examples.

    Attributes:
        length: tokens of a sequence, steps of a window.
        shuffled: destroy what there is to learn, as a control: tokens, labels and actions in an order of chance.
    """

    length: int
    seed: int = 0
    tokenizer: Tokenizer | None = None
    scales: Scales = field(default_factory=Scales)
    shuffled: bool = False

    @property
    def words(self) -> Tokenizer:
        """The tokenizer.

        Raises:
            DataError: when there is none.
        """
        if self.tokenizer is None:
            raise DataError("this objective reads text, and no tokenizer was given")
        return self.tokenizer

    def separator(self, *roles: str) -> int | None:
        """The id of the first of these roles that a token plays; texts are joined without one where none does."""
        return next((self.words.ids[role] for role in roles if role in self.words.ids), None)


@dataclass(frozen=True)
class Listed:
    """A source of as many examples as are listed, each made when it is asked for."""

    rows: Sequence[Any]
    make: Callable[[Any, int, int], Any]  # row, epoch, index

    def __len__(self) -> int:
        return len(self.rows)

    def at(self, index: int, epoch: int = 0) -> Any:
        """The example of that number in that epoch."""
        return self.make(self.rows[index], epoch, index)


@singledispatch
def source(objective: s.Objective, examples: Sequence[Any], making: Making) -> Source:
    """The source of an objective's examples.

    Raises:
        DataError: for examples of a kind that the objective cannot use, or without content.
        SpecError: when nothing makes examples for this type of objective.
    """
    raise s.SpecError(f"nothing makes examples for {type(objective).__name__}")


def of_kind(examples: Sequence[Any], kind: type[AnyExample]) -> list[AnyExample]:
    """The examples, which all have to be of one kind.

    Raises:
        DataError: when they are not.
    """
    wrong = next((each for each in examples if not isinstance(each, kind)), None)
    if wrong is not None:
        raise DataError(f"the data hold {type(wrong).__name__} examples; this objective learns from {kind.__name__}")
    return list(examples)


KINDS: dict[type[s.Objective], type[Any]] = {
    s.Translation: Pair,
    s.ImageClasses: Labelled,
    s.Contrastive: Captioned,
    s.ReturnConditioned: Trajectory,
}


def learnable(objective: s.Objective, examples: Sequence[AnyExample]) -> Sequence[AnyExample]:
    """The examples, when they are of the kind that an objective learns from: texts unless it says otherwise.

    Raises:
        DataError: when they are not.
    """
    of_kind(examples, KINDS.get(type(objective), Text))
    return examples


def least_documents(objective: s.Objective) -> int:
    """How many documents an objective needs on either side: two where segments of different ones are paired."""
    return 2 if isinstance(getattr(objective, "packing", None), s.SentencePairs) else 1


def _stream(examples: Sequence[Any], making: Making, *, sentences: bool = False) -> Stream:
    by = "sentence" if sentences else "document"
    stream = encode_documents(of_kind(examples, Text), making.words, by=by)  # type: ignore[arg-type]
    if making.shuffled:
        return replace(stream, ids=generator(making.seed, 2).permutation(stream.ids))
    return stream


@source.register
def _(objective: s.NextToken, examples: Sequence[Any], making: Making) -> Source:
    """One token more than the length: each is seen or predicted, all but two of them both."""
    return packing.Blocks(_stream(examples, making), making.length + 1, making.separator("eos", "bos", "sep"))


@source.register
def _(objective: s.MaskedTokens, examples: Sequence[Any], making: Making) -> Source:
    stream = _stream(examples, making, sentences=True)
    if isinstance(objective.packing, s.SentencePairs):
        pairs = objective.packing
        return packing.SentencePairs(stream, making.length - 3, making.seed, pairs.follows, pairs.short)
    return packing.FullSentences(stream, making.length - 2, making.separator("sep", "eos"))


@source.register
def _(objective: s.CorruptedSpans, examples: Sequence[Any], making: Making) -> Source:
    return packing.Blocks(_stream(examples, making), uncorrupted_length(objective, making.length))


@source.register
def _(objective: s.Translation, examples: Sequence[Any], making: Making) -> Source:
    pairs = of_kind(examples, Pair)
    texts = [pair.source for pair in pairs], [pair.target for pair in pairs]
    ids = (making.words.encode_batch(side, add_special_tokens=False) for side in texts)
    rows = [Sides(np.array(a, np.int64), np.array(b, np.int64)) for a, b in zip(*ids)]
    if making.shuffled:
        random = generator(making.seed, 2)
        words = random.permutation(np.concatenate([row.target for row in rows]))
        cuts = np.cumsum([len(row.target) for row in rows])[:-1]
        rows = [Sides(row.source, target) for row, target in zip(rows, np.split(words, cuts))]
    return Listed(rows, lambda row, epoch, index: row)


@source.register
def _(objective: s.ImageClasses, examples: Sequence[Any], making: Making) -> Source:
    rows = of_kind(examples, Labelled)
    if making.shuffled:
        order = generator(making.seed, 2).permutation(len(rows))
        rows = [replace(row, label=rows[i].label) for row, i in zip(rows, order)]
    return Listed(rows, lambda row, epoch, index: row)


@source.register
def _(objective: s.Contrastive, examples: Sequence[Any], making: Making) -> Source:
    """The best caption first; in later epochs some of them in a row, drawn by lot: a tag alone says little."""
    rows = of_kind(examples, Captioned)
    pictures = [row.picture for row in rows]
    if making.shuffled:
        pictures = [pictures[i] for i in generator(making.seed, 2).permutation(len(rows))]
    encode = making.words.encode

    def make(row: tuple[Any, Sequence[str]], epoch: int, index: int) -> Caption:
        picture, captions = row
        text = captions[0]
        if epoch:
            random = generator(making.seed, 3, epoch, index)
            some = random.permutation(len(captions))[: random.integers(1, SAID, endpoint=True)]
            text = ", ".join(captions[i] for i in some)
        return Caption(picture, np.array(encode(text), np.int64))

    return Listed([(picture, row.captions) for picture, row in zip(pictures, rows)], make)


@source.register
def _(objective: s.ReturnConditioned, examples: Sequence[Any], making: Making) -> Source:
    """One window for each step of each episode: those that begin there."""
    rows, scales = of_kind(examples, Trajectory), making.scales
    if making.shuffled:
        random = generator(making.seed, 2)
        rows = [replace(row, actions=random.permutation(row.actions)) for row in rows]
    places = [(row, start) for row in rows for start in range(len(row))]

    def make(place: tuple[Trajectory, int], epoch: int, index: int) -> Window:
        row, start = place
        steps = slice(start, min(start + making.length, len(row)))
        seen, actions = row.observations[steps], row.actions[steps]
        if seen.ndim > 2:  # frames from 0 to 255, and choices
            states = (seen / 255).astype(np.float32)
        else:
            states, actions = scales.states(seen), scales.taken(actions)
        return Window(states, actions, row.returns_to_go[steps] / np.float32(scales.most), start)

    return Listed(places, make)
