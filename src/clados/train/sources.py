"""The data of a run: one source, or a mixture of several by weight; what is trained on, and what is held out."""

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tomli

from clados.data.corpus import SAMPLE, Corpus
from clados.data.errors import BadLines, DataError
from clados.data.examples import Text, checksum, split
from clados.data.readers import read
from clados.data.sampler import Sampler
from clados.data.sets import SETS
from clados.errors import CladosWarning
from clados.files import JsonObject
from clados.objectives import Source, SourceConfig, Task

NEAR = 1e-6  # how far the sum of a mixture's weights may be from 1


@dataclass(frozen=True)
class Weighted:
    """A source of a mixture: its name, its path or set, and the share of rows that come from it."""

    name: str
    path: str
    weight: float = 1.0


@dataclass(frozen=True)
class Sides:
    """A source's examples to train on and held out."""

    source: Weighted
    kept: Sequence[Any]
    held: Sequence[Any]


@dataclass(frozen=True)
class RunData:
    """The examples of a run. Of several sources, those of a ``Corpus`` are only a sample of it."""

    parts: tuple[Sides, ...]
    bad: BadLines

    @property
    def kept(self) -> Sequence[Any]:
        """What is trained on, of all sources."""
        return _joined([part.kept for part in self.parts])

    @property
    def held(self) -> Sequence[Any]:
        """What is held out, of all sources."""
        return _joined([part.held for part in self.parts])

    @property
    def documents(self) -> tuple[int, int]:
        """How many examples are trained on, and held out."""
        return sum(len(part.kept) for part in self.parts), sum(len(part.held) for part in self.parts)

    @property
    def path(self) -> str:
        """Of the one source, or the name of an embedded set; empty of several."""
        return self.parts[0].source.path if len(self.parts) == 1 else ""

    @property
    def without_language(self) -> int:
        """How many texts do not say which language they are of."""
        every = [by_name for part in self.parts for by_name in (_by_language(part.kept), _by_language(part.held))]
        return sum(len(each.get("", ())) for each in every)

    def say_unmarked(self, task: Task[Any, Any]) -> None:
        """A note, where a task marks each text with its language, on those that name none."""
        if getattr(task.objective, "marked", False) and (number := self.without_language):
            (mark,) = task.marks([Text("", "")])
            raised = (
                f"{number:,} of {sum(self.documents):,} texts name no language and are marked {mark}, as of one that "
                'nobody knows; rows that name it are {"text": "...", "language": "de"}'
            )
            warnings.warn(CladosWarning(raised), stacklevel=3)

    @property
    def checksum(self) -> str:
        """A fingerprint of what is trained on, and of how it is mixed."""
        sums = [
            each.digest[:16] if isinstance(each, Corpus) else checksum(each)
            for each in (part.kept for part in self.parts)
        ]
        weights = [f"*{part.source.weight:g}" for part in self.parts] if len(sums) > 1 else [""]
        return "+".join(map("".join, zip(sums, weights)))

    def sources(
        self, task: Task[Any, Any], config: SourceConfig, exponent: float | None = None
    ) -> tuple[Source, Source]:
        """Rows to train on, and rows held out.

        Args:
            exponent: what is trained on is drawn by language, each by its share of the rows to this power (Conneau et
                al. 2020, §3.1, there alpha); None: as it stands in the data.

        Raises:
            DataError: as ``task.source``.
        """
        train, held = list[tuple[Source, float]](), list[tuple[Source, float]]()
        for part in self.parts:
            with _of_source(part.source):
                held.append((task.source(part.held, config), part.source.weight))
                some = by_language(part.kept, task, config, exponent)
            train += [(source, part.source.weight * weight) for source, weight in some]
        return mix_sources(train, config.seed), mix_sources(held, config.seed)

    def json(self) -> dict[str, Any]:
        """What run.json says of it."""
        found: dict[str, Any] = {"data": self.path} if self.path else {}
        if len(self.parts) > 1:
            shares = [(part.source, len(part.kept), len(part.held)) for part in self.parts]
            found["mixture"] = [
                {"name": each.name, "path": each.path, "weight": each.weight, "trained on": kept, "held out": held}
                for each, kept, held in shares
            ]
        if self.bad.skip:
            found["skipped lines"] = {"number": self.bad.number, "first": self.bad.first}
        return found


def mix_sources(sources: Sequence[tuple[Source, float]], seed: int) -> Source:
    """The rows of several sources, drawn in proportion to their weights."""
    first, weights = [each for each, _ in sources], [weight for _, weight in sources]
    return first[0] if len(first) == 1 else Mixed(first, weights, seed)


def by_language(
    examples: Sequence[Any], task: Task[Any, Any], config: SourceConfig, exponent: float | None
) -> list[tuple[Source, float]]:
    """Rows and their weights, one lot a language where they are drawn by language.

    Tokens in random order, the control, are those of all languages: apart, each would still say which its row is of.
    """
    groups = {} if exponent is None or config.shuffled else _by_language(examples)
    if exponent is None or len(groups) < 2:
        return [(task.source(examples, config), 1.0)]
    sources = [task.source(groups[language], config) for language in sorted(groups)]
    weights = np.array([len(source) for source in sources], float) ** exponent
    return [*zip(sources, (weights / weights.sum()).tolist())]


def _by_language(examples: Sequence[Any]) -> Mapping[str, Sequence[Any]]:
    if isinstance(examples, Corpus):
        return examples.by_language()
    groups: dict[str, list[Any]] = {}
    for each in examples:
        groups.setdefault(getattr(each, "language", ""), []).append(each)
    return groups


class Mixed:
    """Rows of several sources, each by its weight; an epoch has as many rows as the sources have together.

    Each source is gone through in an order of its own, once before any of its rows comes again: one that gives less
    than its rows in an epoch goes on in the next, one that gives more is begun anew. (In fairseq some of its rows come
    twice before others have come: ``ResamplingDataset`` draws them one by one.)

    Args:
        weights: they add up to 1.
    """

    def __init__(self, sources: Sequence[Source], weights: Sequence[float], seed: int = 0) -> None:
        self.sources = sources
        number = sum(map(len, sources))
        self.bounds = np.rint(np.cumsum([0.0, *weights]) * number).astype(np.int64)
        self.orders = [Sampler(len(each), seed + 1 + i, 1) for i, each in enumerate(sources)]

    def __len__(self) -> int:
        return int(self.bounds[-1])

    def at(self, index: int, epoch: int = 0) -> Any:
        """The row of that number in that epoch."""
        which = int(np.searchsorted(self.bounds, index, side="right")) - 1
        first, last = (int(bound) for bound in self.bounds[which : which + 2])
        ((turn, row),) = self.orders[which].step(epoch * (last - first) + index - first)
        return self.sources[which].at(row, turn)


@contextmanager
def _of_source(source: Weighted) -> Iterator[None]:
    """What is wrong with the examples of a mixture's source is said with its name."""
    try:
        yield
    except DataError as error:
        if not source.name:
            raise
        raise DataError(f"source '{source.name}' of the mixture: {error}") from error


def run_data(task: Task[Any, Any], data: str | None, mix: str | None = None, *, skip_bad: bool = False) -> RunData:
    """The examples of a run, some of each source held out.

    Args:
        data: a path or an embedded set, the task's own where it is None; mix: the file of a mixture instead.

    Raises:
        DataError: they cannot be read, are of another kind, or too few; a mixture that is none.
    """
    bad = BadLines(skip_bad)
    sources = mixture(Path(mix)) if mix is not None else [Weighted("", data or task.data)]
    parts = []
    for each in sources:
        found, least = read(each.path, bad), task.documents
        with _of_source(each):
            examples = task.learnable(found)
            kept, held = examples.split(least=least) if isinstance(examples, Corpus) else split(examples, least=least)
        parts.append(Sides(each, kept, held))
    if bad.number:
        lines = "line was" if bad.number == 1 else "lines were"
        warnings.warn(CladosWarning(f"{bad.number:,} bad {lines} skipped, first {bad.first[0]}"), stacklevel=2)
    return RunData(tuple(parts), bad)


def mixture(file: Path) -> list[Weighted]:
    """The sources that a TOML file lists, each a table ``[[source]]`` with a path and a weight, and perhaps a name.

    Paths are meant from the file's folder; the name of an embedded set is a path too.

    Raises:
        DataError: it is no such file; a weight is not above 0, or they do not add up to 1.
    """
    try:
        content = tomli.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise DataError(f"{file}: there is no such file") from error
    except (OSError, ValueError) as error:
        raise DataError(f"{file}: not TOML ({error})") from error
    whole = JsonObject(file, content, DataError)
    rows = whole.take("source", list, [])
    found = [_weighted(JsonObject(file, row, DataError, inside=f"source {i}")) for i, row in enumerate(rows, 1)]
    if whole.unread or not found:
        has = f"has {', '.join(whole.unread)}" if whole.unread else "lists no source"
        raise DataError(f"{file}: {has}; tables [[source]] are allowed, with path, weight and name")
    names = [each.name for each in found]
    if twice := [name for name in names if names.count(name) > 1]:
        raise DataError(f"{file}: two sources are called '{twice[0]}'; give each a name of its own")
    total = math.fsum(each.weight for each in found)
    if abs(total - 1) > NEAR:
        each_ = ", ".join(f"{each.name} {each.weight:g}" for each in found)
        raise DataError(f"{file}: the weights add up to {total:g} ({each_}); they must add up to 1")
    return found


def _weighted(row: JsonObject) -> Weighted:
    path, weight = row.take("path", str, ""), row.take("weight", float, 0.0)
    name = row.take("name", str, path)
    if row.unread:
        raise DataError(f"{row.file}: {row.unread[0]} is not known; path, weight and name are allowed")
    if not path:
        raise row.refuse("path", "the path of a file or folder, or a set's name, is needed")
    if not weight > 0:
        raise row.refuse("weight", "a number above 0 is needed")
    named = path.partition("/")[0] in SETS
    return Weighted(name, path if named else str(row.file.parent / path), float(weight))


def _joined(parts: Sequence[Sequence[Any]]) -> Sequence[Any]:
    if len(parts) == 1:
        return parts[0]
    return [each for part in parts for each in (part.sample(SAMPLE) if isinstance(part, Corpus) else part)]
