"""Texts too many for memory: they stay in their files, and are read again whenever they are gone through."""

import hashlib
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress, islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clados.data.errors import BadLines, DataError
from clados.data.examples import Example, Text, check_sides, held_out_below, name_rank
from clados.data.formats import examples_in
from clados.progress import progress

SAMPLE = 2**24  # characters that a tokenizer is trained on, of texts that stay in their files


@dataclass(frozen=True)
class File:
    """A file of texts, how its documents are named, and whether it is held out."""

    path: Path
    name: str
    held_out: bool | None = None

    def examples(self, bad: BadLines) -> Iterator[Example]:
        """What it holds."""
        for example in examples_in(self.path, self.name, bad):
            yield example if self.held_out is None else replace(example, held_out=self.held_out)


@dataclass(frozen=True, eq=False)
class Corpus(Sequence[Text]):
    """Texts of some files; of those, the ones that ``kept`` marks.

    Attributes:
        skip: whether bad lines are skipped.
        hashed: of all texts, with their names.
        ranks: ``name_rank`` of each text; lengths: its characters; held_out: -1 where nothing says it;
            languages: a number each, by ``named``.
    """

    files: tuple[File, ...]
    skip: bool
    hashed: str
    ranks: NDArray[np.float64]
    lengths: NDArray[np.uint32]
    held_out: NDArray[np.int8]
    languages: NDArray[np.uint16]
    named: Mapping[str, int]
    kept: NDArray[np.bool_]

    @classmethod
    def read(cls, files: Sequence[File], bad: BadLines) -> "Corpus":
        """Go through the files once.

        Raises:
            DataError: for what cannot be read, or is no text.
        """
        digest, ranks, lengths, sides, languages = hashlib.sha256(), array("d"), array("I"), array("b"), array("H")
        named: dict[str, int] = {}
        with progress("reading", sum(file.path.stat().st_size for file in files)) as advance:
            for file in files:
                for each in file.examples(bad):
                    if not isinstance(each, Text):
                        raise DataError(f"{file.path}: holds {type(each).__name__} and other files Text")
                    content = f"{each.document}\0{each.language}\0{each.held_out}\0{len(each.text)}\0{each.text}"
                    digest.update(content.encode(errors="surrogatepass"))
                    ranks.append(name_rank(each.document))
                    lengths.append(min(len(each.text), 2**32 - 1))
                    sides.append(-1 if each.held_out is None else each.held_out)
                    languages.append(named.setdefault(each.language, len(named)))
                    advance(len(each.text))
        return cls(
            files=tuple(files),
            skip=bad.skip,
            hashed=digest.hexdigest(),
            ranks=np.frombuffer(ranks, np.float64),
            lengths=np.frombuffer(lengths, np.uint32),
            held_out=np.frombuffer(sides, np.int8),
            languages=np.frombuffer(languages, np.uint16),
            named=named,
            kept=np.ones(len(ranks), np.bool_),
        )

    def __len__(self) -> int:
        return int(self.kept.sum())

    def __iter__(self) -> Iterator[Text]:
        bad = BadLines(self.skip)
        every = (each for file in self.files for each in file.examples(bad))
        for each in compress(every, self.kept):
            assert isinstance(each, Text)
            yield each

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return list(islice(self, *index.indices(len(self))))
        return next(islice(self, range(len(self))[index], None))

    @property
    def digest(self) -> str:
        """A hash of all texts, with their names."""
        return hashlib.sha256(self.hashed.encode() + self.kept.tobytes()).hexdigest()

    @property
    def characters(self) -> int:
        """How long they are together."""
        return int(self.lengths[self.kept].sum(dtype=np.int64))

    def split(self, held_out: float = 0.1, least: int = 1) -> tuple["Corpus", "Corpus"]:
        """What is to be trained on and what is held out, as ``split`` does it."""
        if (self.held_out >= 0).any():
            held = self.held_out > 0
            trained, others = (len(np.unique(self.ranks[self.kept & side])) for side in (~held, held))
            check_sides(trained, others, least)
        else:
            held = self.ranks <= held_out_below(np.unique(self.ranks[self.kept]), held_out, least)
        return replace(self, kept=self.kept & ~held), replace(self, kept=self.kept & held)

    def by_language(self) -> dict[str, "Corpus"]:
        """The texts of each language."""
        parts = {name: self.kept & (self.languages == number) for name, number in self.named.items()}
        return {name: replace(self, kept=kept) for name, kept in parts.items() if kept.any()}

    def sample(self, characters: int) -> list[Text]:
        """Some of them, drawn by the names of their documents, about so long together."""
        share = characters / max(1, self.characters)
        if share >= 1:
            return list(self)
        lowest = np.quantile(self.ranks[self.kept], 1 - share)
        return list(replace(self, kept=self.kept & (self.ranks >= lowest)))
