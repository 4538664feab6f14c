"""A trained model and what belongs to it, from a directory or put together in memory."""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from clados import spec as s
from clados.apply import verbs
from clados.apply.generate import config_of
from clados.checkpoints import from_pretrained
from clados.checkpoints.errors import CheckpointError
from clados.checkpoints.formats.sentence_transformers import EmbeddingSettings
from clados.checkpoints.metadata import preprocessing, read_metadata
from clados.checkpoints.save import positions
from clados.data.examples import DataError
from clados.data.pictures import Preprocessing
from clados.data.scaling import Scales
from clados.data.tokenizer import ReadText, Tokenizer
from clados.data.unknown import unknown_texts
from clados.errors import CladosWarning, InputError
from clados.files import holds_model, model_below
from clados.models.declared import declared, package_models
from clados.names import quotation
from clados.nn.kinds.model import WholeModel
from clados.nn.weight_layout import prepare_for_decoding
from clados.small import model_folder

_T = TypeVar("_T")
SPEED = 1e11  # operations a second of a CPU, about
_SLOW = 60  # seconds after which a user is told


@dataclass(frozen=True, kw_only=True)
class Ready:
    """A model, loaded and ready for use, with its tokenizer and preprocessing.

    Attributes:
        model: a module in evaluation mode; ``model.spec`` is its declaration.
        name: the card, or what the directory is called; folder: where it was read.
        images: how images are prepared; labels: the names of the classes; problem: what their scores mean, in the
            words of transformers' ``problem_type``.
        scales: of the trajectories that it learned from.
        objective: what it learned; None when not known.
        length: tokens of the sequences that it learned from; 0 when not known.
        embedding: how texts are prepared before vectors are made of them.
    """

    model: WholeModel
    name: str
    folder: Path | None = None
    tokenizer: Tokenizer | None = None
    images: Preprocessing | None = None
    labels: tuple[str, ...] = ()
    problem: str = ""
    scales: Scales = field(default_factory=Scales)
    objective: s.Objective | None = None
    length: int = 0
    embedding: EmbeddingSettings = field(default_factory=EmbeddingSettings)

    @property
    def spec(self) -> s.Model:
        """The model's declaration."""
        found: s.Model = self.model.spec
        return found

    @property
    def device(self) -> torch.device:
        """Where the model is."""
        found: torch.device = next(self.model.parameters()).device
        return found

    @property
    def required_tokenizer(self) -> Tokenizer:
        """The tokenizer.

        Raises:
            DataError: when there is none.
        """
        if self.tokenizer is None:
            if error := getattr(self.model, "tokenizer_error", None):
                raise DataError(f"{self.name} reads text, and its tokenizer cannot be read: {error}")
            where = f"{self.folder}: " if self.folder else ""
            raise DataError(f"{where}there is no tokenizer, and {self.name} reads text")
        return self.tokenizer

    @property
    def positions(self) -> int | None:
        """Tokens that the model has positions for; None when for any number."""
        return positions(self.spec)

    def texts(self, texts: str | Sequence[str], to: str = "", *, refuse: bool = True) -> list[str]:
        """One text or several, as a list; each says something to the model, or is empty where it may be.

        Args:
            to: as ``listed`` has it; refuse: as ``check_words`` has it.

        Raises:
            DataError: for none, and for one of which the vocabulary knows nothing.
            InputError: for an empty one, where something is to be done with it.
        """
        found = listed(texts, to)
        self.check_words(found, refuse=refuse)
        return found

    def check_words(
        self, texts: Sequence[str], what: str = "text", said: Sequence[str] | None = None, *, refuse: bool = True
    ) -> None:
        """Refuse a text of which the vocabulary knows nothing: a model reads all such texts alike.

        Args:
            what: such a text is called. said: each as the user gave it, where it is read otherwise. refuse: else it is
                told in a warning, where one of many texts is not to stop the others.

        Raises:
            DataError: for the first of them.
        """
        for number in unknown_texts(self.required_tokenizer, texts):
            which = what if len(texts) == 1 else f"{what} {number + 1} of {len(texts)}"
            given = quotation((texts if said is None else said)[number])
            told = f"{which} is {given}: {self.name} knows none of its tokens; the vocabulary has no word for them"
            if refuse:
                raise DataError(told)
            warnings.warn(UnknownText(f"{told}, and all such texts are read alike"), stacklevel=3)
            return

    def tokens(
        self, texts: Sequence[str], limit: int | None = None, on_note: Callable[[str], object] | None = None
    ) -> list[list[int]]:
        """The ids of each text with its special tokens, cut to the limit and to what the model has positions for.

        Args:
            on_note: told of texts that are cut; by default a warning.

        Raises:
            InputError: when the tokenizer has ids beyond the model's vocabulary.
        """
        limit, read = min(filter(None, (limit, self.positions)), default=None), self.required_tokenizer
        rows = read.encode_batch(texts, limit=limit)
        full = {number: len(read.encode(texts[number])) for number, row in enumerate(rows) if len(row) == limit}
        self.say_cut(full, len(rows), limit, on_note)
        return self.known(rows)

    def read(self, texts: Sequence[str | tuple[str, str]]) -> list[ReadText]:
        """Texts, or pairs of texts, as they are read whole, cut to what the model has positions for; a warning of that.

        Raises:
            DataError: no position is left for a text.
        """
        limit, tokenizer = self.positions, self.required_tokenizer
        rows = [row for (row,) in tokenizer.read(texts, limit)]
        full = [number for number, row in enumerate(rows) if len(row.ids) == limit]
        whole = tokenizer.read([texts[number] for number in full])
        self.say_cut({number: len(row.ids) for number, (row,) in zip(full, whole)}, len(rows), limit)
        return rows

    def say_cut(
        self, lengths: Mapping[int, int], of: int, limit: int | None, on_note: Callable[[str], object] | None = None
    ) -> None:
        """Say in one line which texts are cut, if any.

        Args:
            lengths: of some texts by their numbers, from 0; of: how many texts there are.
            on_note: as for ``tokens``.
        """
        long = {number: length for number, length in lengths.items() if limit is not None and length > limit}
        if not long:
            return
        longest = max(long, key=lambda number: long[number])
        said = f"text {longest + 1} of {of} has {long[longest]:,} tokens"
        said += f" ({len(long)} are too long)" if len(long) > 1 else ""
        said += f"; {self.name} reads the first {limit:,}"
        if on_note is None:
            warnings.warn(CutText(said), stacklevel=3)
        else:
            on_note(said)

    def check_fit(self, rows: Sequence[Sequence[int]]) -> None:
        """Refuse texts that the model has no positions for, where a part would be no answer.

        Raises:
            InputError: for the first of them.
        """
        for number, row in enumerate(rows, 1):
            if self.positions is not None and len(row) > self.positions:
                which = f"text {number} of {len(rows)} has {len(row):,} tokens"
                raise InputError(f"{which}; {self.name} has positions for {self.positions:,}")

    def marked_for(self, verb: str, rows: list[list[int]]) -> list[list[int]]:
        """The ids of texts with the marks that the objective had around such texts, the first for what stands there.

        A text that begins with a mark of its own keeps it; so does one with a span to restore.
        """
        before, behind = self.objective.marks_for(verb) if self.objective else ("", "")
        if not before:
            return rows
        tokenizer = self.required_tokenizer
        marks = {*tokenizer.special.values()} - {*tokenizer.ids.values(), *tokenizer.sentinels}
        first, last = map(len, tokenizer.frame)

        def marked(row: list[int]) -> list[int]:
            text, end = row[first : len(row) - last], row[len(row) - last :]
            front = [] if marks.intersection(text[:1]) else self._spelt(before)
            back = [] if set(tokenizer.sentinels).intersection(text) else self._spelt(behind)
            return [*front, *text, *back, *end]

        return [marked(row) for row in rows]

    def _spelt(self, mark: str) -> list[int]:
        """The id of a mark, or of the pieces that spell it where the vocabulary lacks it."""
        own = self.required_tokenizer.special.get(mark)
        return self.required_tokenizer.encode(mark, add_special_tokens=False) if own is None else [own]

    def known(self, rows: list[list[int]]) -> list[list[int]]:
        """The ids of texts, all of them in the model's vocabulary; a warning where attention over one takes minutes.

        Raises:
            InputError: when the tokenizer has ids beyond the model's vocabulary.
        """
        most = max((max(ids) for ids in rows if ids), default=0)
        if most >= self.spec.vocab.size:
            raise InputError(f"{self.name}: token {most} of the tokenizer; the model has {self.spec.vocab.size} tokens")
        longest = (
            max(map(len, rows), default=0) if self.positions is None else 0
        )  # of others, the rest is refused or cut
        if seconds := _slow(self.model, longest):
            named = f"{seconds / 60:,.0f} minutes" if seconds < 5400 else f"{seconds / 3600:,.0f} hours"
            text = f"{self.name}: a text has {longest:,} tokens, each of which attends to all others: that takes"
            warnings.warn(LongText(f"{text} about {named} on a CPU; a shorter text takes less"), stacklevel=2)
        return rows


class CutText(CladosWarning):
    """A text is longer than what is read of it."""


class UnknownText(CladosWarning):
    """A text of which the vocabulary knows nothing."""


class EmptyText(CladosWarning):
    """A text is empty where one may be."""


class LongText(CladosWarning):
    """A text is so long that attention over it takes minutes."""


def _slow(model: WholeModel, length: int) -> float:
    """Seconds that attention over a text takes, where they are many and more than those of all else; otherwise 0.

    Scores and sums over values are 4 d_model operations for each two tokens in each layer.
    """
    size = model.spec.size
    one = size.encoder if isinstance(size, s.Sides) else size
    if not isinstance(one, s.Size):
        return 0.0
    dims = one.dims
    attention = 4 * dims.layers * dims.heads * dims.head_dim * length**2
    if attention < _SLOW * SPEED:  # so that parameters are counted of long texts alone
        return 0.0
    rest = 2 * length * sum(each.numel() for each in model.parameters())
    return attention / SPEED if attention > rest else 0.0


ModelSource = Ready | str | Path
BEAMS = {"translate": 4, "summarize": 4}  # by verb (Vaswani et al. 2017, §6.1; Raffel et al. 2020, §3.7)
WRITING = "generate", "translate", "summarize"  # verbs that go on word by word


def load(
    source: ModelSource,
    verb: str | None = None,
    *,
    texts: int = 1,
    beams: int | None = None,
    device: str | torch.device = "cpu",
) -> Ready:
    """A directory that ``clados pretrain`` wrote or ``from_pretrained`` reads, or ``small/gpt-2``, ready to use.

    Args:
        source: the directory, or the id of a small model; what is ready already stays as it is.
        verb: what it is to do; what is read to write word by word is prepared for it.
        texts: batch size of generation. beams: number of beams; None: the directory's.

    Raises:
        CheckpointError: for files that are absent or damaged, and for a run that has not ended.
        InputError: when the model cannot do it, with what it can.
    """
    ready = source if isinstance(source, Ready) else _read(model_folder(source), device)
    if verb is not None:
        if ready.objective is None and verb not in verbs.verbs(ready.spec):
            ready = replace(ready, objective=_pretrained(ready.name, verb))
        verbs.check_verb(verb, ready.name, ready.spec, ready.objective)
    if verb in WRITING and not isinstance(source, Ready):
        prepare_for_decoding(ready.model, texts * (beams or usual_beams(verb, ready.model)))
    return ready


def _pretrained(card: str, verb: str) -> s.Objective | None:
    """What published weights have learned, where the card knows one pretraining, and the verb shows it."""
    if card not in package_models():
        return None
    found = declared(card)
    stages = [each for recipe in (found.recipe, *found.recipes.values()) for each in recipe.stages]
    known = {type(each.objective) for each in stages if not isinstance(each, s.Tuning)}
    learned = found.recipe.stages[0].objective
    return learned if known == {type(learned)} and learned.verb == verb else None


def usual_beams(verb: str | None, model: WholeModel) -> int:
    """Default number of beams: the config's, else that of the papers."""
    return config_of(model).num_beams or BEAMS.get(verb or "", 1)


def _read(path: Path, device: str | torch.device) -> Ready:
    if (path / "run.json").exists() and not holds_model(path):
        goes_on = "clados pretrain --resume goes on with it"
        raise CheckpointError(f"{path}: this run has not ended; {goes_on}{model_below(path)}")
    model: Any = from_pretrained(path, device=device)
    if not path.is_dir():
        return Ready(model=model, name=path.name, tokenizer=model.tokenizer)
    found = read_metadata(path)
    return Ready(
        model=model,
        name=found.card.partition(":")[0] or model.report.model.partition(" as ")[0],
        folder=path,
        tokenizer=model.tokenizer,
        images=found.images or preprocessing(model.spec),
        labels=found.labels or _in_order(model.class_names.get("id2label", {})),
        problem=found.problem or model.class_names.get("problem_type", ""),
        scales=found.scales,
        objective=found.objective,
        length=found.length,
        embedding=model.embedding_settings,
    )


def _in_order(names: Mapping[str, str]) -> tuple[str, ...]:
    """Names of classes by the config of the model that an adapter was learned on."""
    return tuple(str(names[number]) for number in sorted(names, key=int)) if all(map(str.isdecimal, names)) else ()


def listed(texts: str | Sequence[str], to: str = "") -> list[str]:
    """One text or several, as a list.

    Args:
        to: what is done with each, where that takes a text that is not empty: "translate".

    Raises:
        DataError: for none.
        InputError: for an empty one, where something is to be done with it.
    """
    found = [texts] if isinstance(texts, str) else list(texts)
    if not found:
        raise DataError("no text was given; at least one is needed")
    if to and (empty := [number for number, text in enumerate(found, 1) if not text.strip()]):
        raise InputError(f"text {empty[0]} of {len(found)} is empty; there is nothing to {to}")
    return found


def pad_ids(rows: Sequence[Sequence[int]], pad: int, device: torch.device) -> tuple[Tensor, Tensor | None]:
    """[rows, longest] ids and their mask, [rows, longest] bool; None when nothing is padding."""
    longest = max(map(len, rows))
    ids = torch.full((len(rows), longest), pad)
    for row, each in zip(ids, rows):
        row[: len(each)] = torch.tensor(each, dtype=torch.long)
    lengths = torch.tensor([len(row) for row in rows])
    keep = torch.arange(longest) < lengths[:, None]
    return ids.to(device), None if bool(keep.all()) else keep.to(device)


def batched(rows: Sequence[_T], batch: int, length: Callable[[_T], int]) -> Iterator[list[int]]:
    """Row numbers in batches of similar length, the longest first.

    Raises:
        InputError: for a batch of none.
    """
    if batch < 1:
        raise InputError(f"batch is {batch}; it must be at least 1")
    order = np.argsort([-length(row) for row in rows], kind="stable").tolist()
    for at in range(0, len(order), batch):
        yield order[at : at + batch]
