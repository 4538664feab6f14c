"""The kinds of example that data come in, and how some are held out.

An example names its `document`: what must be kept or held out together. Several examples may share one
(the translations of one message, the sentences of one article).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import accumulate
from pathlib import Path
from typing import Any, ClassVar, TypeVar, cast
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from clados.data.decoding import decode_image
from clados.data.errors import DataError as DataError

_HeldOut = bool | None  # whether the data themselves hold an example out; None when they do not say


@dataclass(frozen=True, slots=True)
class Text:
    """A document in one language."""

    document: str
    text: str
    language: str = ""
    held_out: _HeldOut = None


@dataclass(frozen=True, slots=True)
class ClassifiedText(Text):
    """A document and its class; several where the classes do not exclude each other; empty where none is said."""

    columns: ClassVar[str] = "text and label"
    label: str | tuple[str, ...] = ""


@dataclass(frozen=True, slots=True)
class ComparedTexts:
    """Two texts and what the second is to the first: a class, or a number."""

    columns: ClassVar[str] = "sentence1, sentence2 and label"
    document: str
    first: str
    second: str
    label: str | tuple[str, ...]
    language: str = ""
    held_out: _HeldOut = None


@dataclass(frozen=True, slots=True)
class TaggedWords:
    """The words of a text and the tag of each."""

    columns: ClassVar[str] = "tokens and tags"
    document: str
    words: tuple[str, ...]
    tags: tuple[str, ...]
    language: str = ""
    held_out: _HeldOut = None


@dataclass(frozen=True, slots=True)
class AskedText:
    """A question on a text, and its answers: (where in the text it begins, the words); none where it has no answer."""

    columns: ClassVar[str] = "question, context and answers"
    document: str
    question: str
    text: str
    answers: tuple[tuple[int, str], ...]
    language: str = ""
    held_out: _HeldOut = None


@dataclass(frozen=True, slots=True)
class Pair:
    """A source and the target to be made from it: a translation, or a prompt and its completion.

    ``fields`` are texts by name that a template may ask for: the source's and target's parts, and what belongs to them.
    """

    document: str
    source: str
    target: str
    source_language: str = ""
    language: str = ""
    held_out: _HeldOut = None
    fields: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class RankedAnswers:
    """A prompt and answers to it, each with a score: the higher the better, equal ones tie.

    ``good`` says of each whether it is good by itself, ``chances`` how likely it is the best; empty where nobody says.
    """

    columns: ClassVar[str] = "prompt, chosen and rejected; or prompt, answers and scores, ranks or probabilities"
    document: str
    prompt: str
    answers: tuple[str, ...]
    scores: tuple[float, ...]
    good: tuple[bool, ...] = ()
    language: str = ""
    held_out: _HeldOut = None
    chances: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class RuledAnswer:
    """A rule, an answer to a prompt, and whether the answer breaks the rule."""

    columns: ClassVar[str] = "rule, prompt, answer and broken"
    document: str
    rule: str
    prompt: str
    answer: str
    broken: bool
    language: str = ""
    held_out: _HeldOut = None


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A conversation: (role, text), in turn."""

    document: str
    messages: tuple[tuple[str, str], ...]
    language: str = ""
    held_out: _HeldOut = None


@dataclass(frozen=True, slots=True)
class Encoded:
    """An image still in its file: the file, or `size` bytes of it from `offset`, those of a tar's `member`."""

    path: Path
    offset: int = 0
    size: int = -1
    member: str = ""

    def pixels(self) -> NDArray[np.uint8]:
        """The decoded image, uint8 [height, width, 3].

        Raises:
            DataError: the file cannot be read, or the bytes are not an image.
        """
        where = f"{self.path}: {self.member}" if self.member else str(self.path)
        try:
            with self.path.open("rb") as file:
                file.seek(self.offset)
                data = file.read(self.size)
        except (OSError, ValueError) as error:
            raise DataError(f"{where}: not a readable image ({error})") from error
        return decode_image(data, where)


Picture = NDArray[np.uint8] | Encoded


def pixels(picture: Picture) -> NDArray[np.uint8]:
    """uint8 [height, width, channels], decoded when it is still in its file."""
    return picture.pixels() if isinstance(picture, Encoded) else picture


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """An image and its class."""

    document: str
    picture: Picture
    label: int
    name: str
    held_out: _HeldOut = None

    @property
    def image(self) -> NDArray[np.uint8]:
        """uint8 [height, width, channels]."""
        return pixels(self.picture)


@dataclass(frozen=True, slots=True, eq=False)
class Captioned:
    """An image and its captions, the best first; `category` may be empty."""

    document: str
    picture: Picture
    captions: tuple[str, ...]
    category: str = ""
    held_out: _HeldOut = None

    @property
    def image(self) -> NDArray[np.uint8]:
        """uint8 [height, width, channels]."""
        return pixels(self.picture)


@dataclass(frozen=True, slots=True, eq=False)
class Episode:
    """One episode: observations [steps, ...], actions [steps] (choices) or [steps, d_action], rewards [steps].

    Observations are float32, or integers [steps] where states are discrete.
    """

    document: str
    observations: NDArray[Any]
    actions: NDArray[Any]
    rewards: NDArray[np.float32]
    held_out: _HeldOut = None

    def __len__(self) -> int:
        return len(self.rewards)

    @property
    def returns_to_go(self) -> NDArray[np.float32]:
        """The sum of the rewards from each step on, [steps] (Decision Transformer §3)."""
        return np.cumsum(self.rewards[::-1], dtype=np.float32)[::-1]


@dataclass(frozen=True, slots=True, eq=False)
class Protein:
    """A chain of residues: letters, their numbers from 0 [length], atoms in ångström [length, 37, 3], which are known.

    Atoms stand in the order of ``ATOM_NAMES``; ``there`` is [length, 37].
    """

    document: str
    letters: str
    index: NDArray[np.int64]
    atoms: NDArray[np.float32]
    there: NDArray[np.bool_]
    held_out: _HeldOut = None

    def __len__(self) -> int:
        return len(self.letters)


@dataclass(frozen=True, slots=True, eq=False)
class PointSample:
    """Points in space, what is known of each and of pairs, and what is measured of them, all float32.

    Positions are [points, 3], scalars [points, numbers], vectors [points, vectors, 3], edges [points, points, numbers];
    None: there are none. Targets are vectors of each point, [points, vectors, 3], or numbers of them all, [numbers].
    """

    document: str
    positions: NDArray[np.float32]
    targets: NDArray[np.float32]
    scalars: NDArray[np.float32] | None = None
    vectors: NDArray[np.float32] | None = None
    edges: NDArray[np.float32] | None = None
    held_out: _HeldOut = None

    def __len__(self) -> int:
        return len(self.positions)


Example = (
    Text
    | ComparedTexts
    | TaggedWords
    | AskedText
    | Pair
    | RankedAnswers
    | RuledAnswer
    | Dialogue
    | Labelled
    | Captioned
    | Episode
    | Protein
    | PointSample
)
AnyExample = TypeVar("AnyExample", bound=Example)


def checksum(examples: Sequence[Example]) -> str:
    """A fingerprint of the examples: all their contents, or the sizes of image files that are not yet read."""
    found = 0
    for each in examples:
        for value in (getattr(each, part.name) for part in fields(each)):
            if isinstance(value, np.ndarray):
                found = crc32(f"{value.dtype}{value.shape}".encode() + value.tobytes(), found)
            elif isinstance(value, Encoded):
                size = value.path.stat().st_size if value.path.exists() else -1
                found = crc32(repr((value.path.name, size, value.offset, value.size)).encode(), found)
            else:
                found = crc32(repr(value).encode(errors="surrogatepass"), found)
    return f"{found:08x}"


def split(
    examples: Sequence[AnyExample], held_out: float = 0.1, least: int = 1
) -> tuple[list[AnyExample], list[AnyExample]]:
    """Examples to train on and examples held out, by whole documents, each in the order given.

    Where the data say themselves what is held out, that is kept. Otherwise a document's side depends on its name
    alone, so it stays when documents are added. A single text is cut between two of its paragraphs instead, its end
    being held out.

    Args:
        held_out: the share of documents, about.
        least: documents that each side has at least.

    Raises:
        DataError: `held_out` is not between 0 and 1, there are too few documents, or one that cannot be cut.
    """
    if not 0 < held_out < 1:
        raise DataError(f"held_out is {held_out}; a share between 0 and 1 is allowed")
    if any(example.held_out is not None for example in examples):
        return _as_said(examples, least)
    ranks = {name: name_rank(name) for name in dict.fromkeys(example.document for example in examples)}
    if least == len(ranks) == len(examples) == 1 and isinstance(examples[0], Text):
        return cast(tuple[list[AnyExample], list[AnyExample]], _cut(examples[0], held_out))
    limit = held_out_below(sorted(ranks.values()), held_out, least)
    train = [example for example in examples if ranks[example.document] > limit]
    return train, [example for example in examples if ranks[example.document] <= limit]


def _as_said(examples: Sequence[AnyExample], least: int) -> tuple[list[AnyExample], list[AnyExample]]:
    train = [example for example in examples if not example.held_out]
    held = [example for example in examples if example.held_out]
    trained, others = (len({example.document for example in side}) for side in (train, held))
    check_sides(trained, others, least)
    return train, held


def check_sides(trained: int, held_out: int, least: int) -> None:
    """Refuse data of which a side has fewer documents than are needed.

    Raises:
        DataError: one has.
    """
    for name, count in (("to train on", trained), ("held out", held_out)):
        if count < least:
            raise DataError(f"the data have {count} document(s) {name}; {least} or more are needed")


def held_out_below(ranks: Sequence[float] | NDArray[np.float64], held_out: float, least: int) -> float:
    """The highest rank that is held out, of documents by their ranks in order.

    With few documents a side could come out empty: the lowest are always held out, the highest never.

    Raises:
        DataError: there are too few.
    """
    if len(ranks) < 2 * least:
        raise DataError(f"{len(ranks)} document(s); {2 * least} or more are needed to hold {least} of them out")
    return float(min(max(held_out, ranks[least - 1]), ranks[-1 - least]))


def name_rank(document: str) -> float:
    """Where a document stands from 0 to 1 among all that there could be, by its name alone."""
    return int.from_bytes(hashlib.sha256(document.encode("utf-8", "surrogatepass")).digest()[:7]) / 2**56


def _cut(example: Text, held_out: float) -> tuple[list[Text], list[Text]]:
    parts = example.text.split("\n\n")
    ends = list(accumulate(len(part) + 2 for part in parts))
    at = next((i for i, end in enumerate(ends) if end >= (1 - held_out) * ends[-1]), 0)
    at = min(max(at, 1), len(parts) - 1)
    if at < 1:
        raise DataError(f"{example.document}: one document of one paragraph; more are needed to hold some out")
    first, last = "\n\n".join(parts[:at]), "\n\n".join(parts[at:])
    return (
        [Text(f"{example.document}#train", first, example.language)],
        [Text(f"{example.document}#held-out", last, example.language)],
    )
