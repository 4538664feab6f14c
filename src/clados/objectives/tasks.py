"""A task: all that training by one objective takes, in one class.

The task of an objective ``MaskedTokens`` is the class in ``clados/objectives/masked_tokens.py`` that names it
(``class MaskedTokensTask(Task, objective=MaskedTokens)``); a user's own may stand in any imported module.
"""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar

import numpy as np
import torch

from clados import spec as s
from clados.apply.codes import learned_codes, parted_code
from clados.apply.ready import Ready
from clados.data.corpus import Corpus
from clados.data.examples import AnyExample, DataError, Text
from clados.data.packing import generator
from clados.data.sampler import Lanes
from clados.data.scaling import Scales
from clados.data.stream import between, sentences, spaced
from clados.data.tokenizer import Tokenizer
from clados.errors import InputError
from clados.names import snake_case, with_article
from clados.nn.kinds.model import WholeModel
from clados.objectives.base import Batch, Ids, Judge, Loss, Random, Setting, VocabIds
from clados.objectives.measures import Measure, Sample
from clados.objectives.owned import Owned
from clados.spec.core.registry import GROUP, import_parts
from clados.spec.kinds.model import Writes

Objective = TypeVar("Objective", bound=s.Objective)
Row = TypeVar("Row")

WAYS: dict[Writes | None, str] = {
    "continues": "goes on from left to right",
    "infills": "goes on after a part that it sees from both sides",
    "answers": "writes one text in answer to another",
    None: "sees every word from both sides",
}
NATS = 0.3  # below the loss of guessing ends a model that has learned


class Source(Protocol):
    """Examples by number; what depends on chance in them is a function of epoch and number."""

    def __len__(self) -> int: ...

    def at(self, index: int, epoch: int = 0) -> Any:
        """The example of that number in that epoch."""
        ...


@dataclass(frozen=True)
class SourceConfig:
    """What a source is made with besides its examples.

    Attributes:
        length: tokens of a sequence, steps of a window.
        cache: the folder in which tokens are kept, see ``encode_documents``.
        shuffled: destroy what there is to learn, as a control: tokens, labels and actions in random order. Where an
            encoder reads and a decoder writes, each example is also given another's target, by the training unit.
        writes: how the model does, which says whether one text is read on, or one answers another.
        classes: the names of classes or tags, in the order of the head's scores.
        model: what is trained, where rows or a baseline depend on it; start: what it starts from, with its weights;
            teacher: what teaches it.
    """

    length: int
    seed: int = 0
    tokenizer: Tokenizer | None = None
    scales: Scales = field(default_factory=Scales)
    shuffled: bool = False
    writes: Writes | None = None
    cache: Path | None = None
    classes: tuple[str, ...] = ()
    model: s.Model | None = None
    start: WholeModel | None = field(default=None, repr=False, compare=False)
    teacher: WholeModel | None = field(default=None, repr=False, compare=False)

    @property
    def required_tokenizer(self) -> Tokenizer:
        """The tokenizer.

        Raises:
            DataError: when there is none.
        """
        if self.tokenizer is None:
            raise DataError("this objective reads text, and no tokenizer was given")
        return self.tokenizer

    def separator(self, *roles: str) -> int | None:
        """The id of the first of these roles that a token plays; None where none does."""
        return next((self.required_tokenizer.ids[role] for role in roles if role in self.required_tokenizer.ids), None)


@dataclass(frozen=True)
class Listed:
    """A source of as many examples as are listed, each made when it is asked for."""

    rows: Sequence[Any]
    make: Callable[[Any, int, int], Any] = lambda row, epoch, index: row

    def __len__(self) -> int:
        return len(self.rows)

    def at(self, index: int, epoch: int = 0) -> Any:
        """The example of that number in that epoch."""
        return self.make(self.rows[index], epoch, index)


@dataclass(frozen=True)
class Fitting(Listed):
    """A source of the examples that fit into a sequence; ``dropped`` counts the others, which are left out."""

    dropped: int = 0


@dataclass(frozen=True)
class Small:
    """How small a model is, and for how long it trains, where a proof asks whether it learns.

    Attributes:
        relative: the rate of optimisers whose steps are shares of the weights, where it is another than ``lr``.
    """

    params: str = "1M"
    vocab: int = 512
    steps: int = 400
    batch: int | None = None
    length: int | None = None
    lr: float | None = None
    relative: float | None = field(default=None, repr=False)
    dropout: float | None = None


TASKS: dict[type[s.Objective], "type[Task[Any, Any]]"] = {}


class Task(ABC, Generic[Objective, Row]):
    """Training by an objective: the examples it reads, what it makes of them, its loss, and how it is judged.

    Type parameters: the declared objective, and a row, which is what the source gives and ``prepare`` reads.

    Attributes:
        reads: the kind of example that it learns from.
        data: the embedded set that it learns from when nothing else is given.
        length: tokens of a sequence on a small machine, where the paper's are longer.
        batch: examples of a step on a small machine.
        whole_batch: whether an example is compared with all others of its batch, which then cannot be cut up.
        remembers: whether each row of a batch goes on with the text of the same row of the batch before, and sees what
            that has left to it.
        documents: how many documents it needs at least.
        usual: whether it is what a model of a recipe is meant to become, where no stage is named: judges of answers are
            not, nor what needs a judge, nor what is measured only beside the weights from which it starts.
        judging: whether its models say how good answers are, see ``judge``.
        judged: whether it cannot learn without a judge.
        teaches: the objective by which a teacher is tuned before it teaches; empty for that of its own recipe.
        untaught: the objective by which a student learns the same without its teacher; empty where it cannot.
        teacher_differs: whether the teacher is a model of another kind, of which a student has the vocabulary alone.
        writes: how a model that learns so writes; empty where that does not matter.
        term: the loss that is compared with the baseline, where there are several.
        untrained: whether an untrained model may do well, and has to be measured too.
        targets: how many predictions the held-out loss has to be the mean of.
        longer: the model that proves that it does its work, where that is not ``small``; ``mixture``: that a mixture of
            experts does both, of which a token meets a share alone.
    """

    reads: ClassVar[type[Any]] = Text
    data: ClassVar[str] = "english"
    length: ClassVar[int] = 128
    batch: ClassVar[int] = 8
    whole_batch: ClassVar[bool] = False
    remembers: ClassVar[bool] = False
    usual: ClassVar[bool] = True
    judging: ClassVar[bool] = False
    judged: ClassVar[bool] = False
    teaches: ClassVar[str] = ""
    untaught: ClassVar[str] = ""
    teacher_differs: ClassVar[bool] = False
    writes: ClassVar[tuple[Writes | None, ...]] = ()
    term: ClassVar[str] = "loss"
    untrained: ClassVar[bool] = False
    targets: ClassVar[int] = 0
    longer: ClassVar[Small | None] = None
    mixture: ClassVar[Small | None] = None

    def __init_subclass__(cls, objective: type[s.Objective] | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if objective is not None:
            TASKS[objective] = cls

    def __init__(self, objective: Objective) -> None:
        self.objective = objective

    @property
    def small(self) -> Small:
        """The model that proves that it learns."""
        return Small()

    @property
    def before(self) -> Small | None:
        """What one of these is tuned from, where no small model ships; its rate is that of its own objective."""
        return None

    # ------------------------------------------------------------ examples

    @property
    def end(self) -> str:
        """The token that ends what is written, where the objective has one of its own."""
        return ""

    def chat_template(self, tokenizer: Tokenizer, writes: Writes | None) -> str:
        """How transformers puts messages into a text for this model; empty where it learns no answers to them."""
        return ""

    def marks(self, examples: Sequence[Any]) -> tuple[str, ...]:
        """Tokens that the objective needs beside roles and sentinels: of modes, of the data's languages."""
        return ()

    def lacking(self, texts: Sequence[str]) -> tuple[str, ...]:
        """Of its marks those that stand nowhere in the data, so that nothing is learned of them."""
        return ()

    @property
    def documents(self) -> int:
        """How many documents the data needs at least, on either side of the split."""
        return 1

    def learnable(self, examples: Sequence[AnyExample]) -> Sequence[AnyExample]:
        """The examples, when they are of the kind that is read.

        Raises:
            DataError: when they are not.
        """
        return of_kind(examples, self.reads)

    def scaled(self, scales: Scales, examples: Sequence[Any], model: s.Model) -> Scales:
        """The scales of some trajectories, with what the objective fits on them for a model."""
        return scales

    def handed_on(self, model: s.Model, start: Any, source: Source) -> s.Model:
        """The model of a stage that starts from what this objective trained.

        Args:
            start: what came of this; source: what that stage learns from.
        """
        return model

    @abstractmethod
    def source(self, examples: Sequence[Any], config: SourceConfig) -> Source:
        """Rows by number.

        Raises:
            DataError: for examples of another kind, or without content.
        """

    def epoch(self, epoch: int) -> int:
        """The epoch whose randomness is used in this one."""
        return epoch

    def suited(self, model: s.Model, paper: s.Model) -> Objective:
        """The objective as it is trained for a model; its numbers are those for the paper's."""
        return self.objective

    def like(self, known: s.Objective | None, module: WholeModel) -> Objective:
        """The objective for a model that has learned another, or has settings of its own: their words are kept."""
        return self.objective

    def with_heads(self, model: s.Model) -> s.Model:
        """The model with the heads that it reads, where these are no class's of others."""
        return model

    def suggested(self, examples: Sequence[Any]) -> Objective:
        """The objective as the data suggest it, where nobody says."""
        return self.objective

    def classes(self, examples: Sequence[Any]) -> tuple[str, ...]:
        """The names of the classes or tags that the examples have, in order; empty where there are none."""
        return ()

    def weighted(
        self, examples: Sequence[Any], classes: Sequence[str], weights: Mapping[str, float] | None
    ) -> Objective:
        """The objective with these weights of classes; None: so that all classes count alike.

        Raises:
            InputError: for an objective without classes, and for a class that there is not.
        """
        raise InputError(f"{type(self.objective).__name__} tells no classes apart, so there is none to weight")

    # ------------------------------------------------------------ what it trains

    @property
    def heads(self) -> tuple[str, ...]:
        """The slots of the model's own heads that it reads."""
        return ()

    @property
    def learns_questions(self) -> bool:
        """Whether a model learns to write what is asked, too, and not the answers alone."""
        return getattr(self.objective, "learns", "answers") == "all"

    @property
    def teacher(self) -> str:
        """The card of the model that teaches; empty for an objective without a teacher."""
        return ""

    def teacher_refusal(self, teacher: s.Model, student: s.Model) -> str:
        """Why a model cannot teach another; empty where it can."""
        if type(teacher) is not type(student):
            return f"{with_article(type(teacher).__name__)} cannot teach {with_article(type(student).__name__)}"
        return self.refusal(teacher)

    def beside(self, model: s.Model, teacher: s.Model) -> s.Model:
        """The student as it reads what a teacher of another kind gives."""
        return model

    def refusal(self, model: s.Model) -> str:
        """Why a model cannot learn so; empty where it can."""
        name, kind = type(self.objective).__name__, type(model).__name__
        if self.reads is Text and not model.reads(s.Tokens):
            return f"{name} learns from texts; this {kind} reads {model.kinds_read}"
        if self.writes and (model.writes not in self.writes or model.compares):
            ours, theirs = (" or ".join(WAYS[each] for each in some) for some in (self.writes, (model.writes,)))
            return f"{name} needs a model that {ours}; this {kind} {theirs}"
        if self.remembers and not model.remembers:
            return f"{name} needs a model that remembers, such as transformer-xl and xlnet; this {kind} does not"
        missing = [slot for slot in self.heads if model.head(slot) is None]
        return f"{name} needs a head '{missing[0]}', which this {kind} lacks" if missing else ""

    def begin(self, model: WholeModel, setting: Setting) -> None:
        """Set where a new model starts, when that is not where it was drawn: at layers of its teacher."""

    def owned(self, model: WholeModel, setting: Setting, seed: int) -> Owned | None:
        """The modules that the objective owns beside a model, on its device; None where there are none.

        They are ``model.owned`` in ``loss`` and go when training ends. What is drawn is drawn from the seed.
        """
        return None

    # ------------------------------------------------------------ batch and loss

    @abstractmethod
    def prepare(self, rows: Sequence[Row], random: Sequence[Random], setting: Setting) -> Batch:
        """The batch of some rows. Pure: the same rows and randomness give the same batch.

        Args:
            random: one generator a row, seeded by run, epoch and the row's number, so that a row is the same in
                whatever batch, order and process it stands.

        Raises:
            InputError: when the vocabulary lacks a role, or the model cannot be trained so.
        """

    @abstractmethod
    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        """The loss of a model on a batch; the model is what ``clados.build`` gives."""

    # ------------------------------------------------------------ how it is judged

    @property
    def held_out(self) -> Self:
        """The task that is measured on held-out data: the same, but without what only helps to learn."""
        return self

    def text_only(self, batch: Batch, setting: Setting) -> Batch:
        """The batch without targets that are no text, so that its loss is comparable to the entropy of the text."""
        return batch

    @abstractmethod
    def baseline(self, trained: Any, held_out: Any, config: SourceConfig, batch: int) -> Mapping[str, float]:
        """The loss on held-out data of guesses without a model, ``loss``, and what it comes from.

        Args:
            trained, held_out: what ``source`` gives; batch: examples of a step.
        """

    def main_loss(self, losses: Mapping[str, float]) -> float:
        """Of the losses and measures of a run the one that is compared with the baseline."""
        return losses.get(self.term, losses.get("loss", math.nan))

    def goal(self, baseline: float) -> float:
        """The held-out loss at which a model has learned."""
        return baseline - NATS

    def compared(self, ends: Sequence[float], baseline: Mapping[str, float]) -> str:
        """The held-out losses of several runs against the baseline, as a sentence."""
        name = "guessing by frequency" if "accuracy" in baseline else "chance"
        return f"{_several(ends)} nats against {baseline['loss']:.2f} of {name} (goal: {NATS} below)"

    @abstractmethod
    def measure(self, ready: Ready, sample: Sample) -> Measure:
        """How well a trained model does its own work on held-out rows, against the trivial answer."""

    def judge(self, ready: Ready) -> Judge:
        """A trained model as a judge of answers.

        Raises:
            InputError: for an objective that learns no judgement.
        """
        raise InputError(
            f"{ready.name} learned {type(self.objective).__name__}, which does not say how good answers are"
        )

    @property
    def needs(self) -> tuple[str, ...]:
        """Packages that ``metrics`` needs."""
        return ()

    def metrics(self, ready: Ready, sample: Sample) -> dict[str, float]:
        """What papers report of a fine-tuned model, on held-out rows; empty where that is the losses alone."""
        return {}

    def batches(self, ready: Ready, sample: Sample) -> Iterator[Batch]:
        """The batches of a sample's rows."""
        setting = Setting(ready.spec, ready.length, VocabIds.of(ready.tokenizer) if ready.tokenizer else None)
        if self.remembers:
            yield from self._lanes(ready, sample, setting)
            return
        rows = sample.rows()
        size = len(rows) if self.whole_batch else sample.batch
        for at in range(0, len(rows), size):
            some = rows[at : at + size]
            random = [generator(sample.seed, 4, at + i) for i in range(len(some))]
            yield self.prepare(some, random, setting).to(ready.device)

    def _lanes(self, ready: Ready, sample: Sample, setting: Setting) -> Iterator[Batch]:
        """The first of a sample's rows, in the order of the text, in as many lanes as a batch has rows."""
        lanes = Lanes(sample.examples, min(sample.batch, sample.examples))
        for step in range(lanes.steps):
            numbers = [index for _, index in lanes.step(step)]
            random = [generator(sample.seed, 4, number) for number in numbers]
            batch = self.prepare([sample.held_out.at(number) for number in numbers], random, setting)
            yield replace(batch, lanes=tuple(lanes.numbers), begins=lanes.begins(step)).to(ready.device)

    # ------------------------------------------------------------ a text of the user's own

    def texts(self, text: str) -> list[str]:
        """The texts of which one row is made: sentences, or source and target.

        Raises:
            InputError: for an objective that does not learn from texts.
        """
        raise InputError(f"{type(self.objective).__name__} does not learn from a text alone: there is nothing to show")

    def example(self, text: str, config: SourceConfig) -> Row:
        """The row that is made of a text, behind its control code where the objective has these.

        Raises:
            InputError: when the text has too few tokens or no control code, or the objective does not learn from texts.
        """
        self.texts(text)  # refuses what learns from no text, which has no tokenizer either
        tokenizer, before = config.required_tokenizer, list[Ids]()
        if codes := learned_codes(self.objective, tokenizer):
            code, text = parted_code(text, codes, "text", type(self.objective).__name__)
            before = [np.array([code])]
        parts = self.texts(text.strip())
        if parts == sentences(text):  # of one text, whose sentences stand apart as they do where it is trained on
            parts = spaced(text, between(tokenizer))
        texts = [np.array(tokenizer.encode(each, add_special_tokens=False)) for each in parts]
        if (tokens := sum(map(len, texts))) < 2:
            raise InputError(f"the text '{text.strip()}' is {tokens} token(s) long; it takes two or more")
        return self.row([*before, *(each.astype(np.int64) for each in texts)])

    def also(self, batch: Batch, row: int) -> dict[str, Any]:
        """What is to be predicted from a row beside tokens, and how, for those who look at it."""
        return {}

    def row(self, texts: Sequence[Ids]) -> Row:
        """A row made of some tokenised texts.

        Raises:
            InputError: for an objective that does not learn from texts.
        """
        raise InputError(f"{type(self.objective).__name__} does not learn from a text alone: there is nothing to show")


def _several(numbers: Sequence[float]) -> str:
    return ", ".join(f"{each:.2f}" for each in numbers)


def of_kind(examples: Sequence[Any], kind: type[AnyExample]) -> Sequence[AnyExample]:
    """The examples, which all have to be of one kind.

    Raises:
        DataError: when they are not.
    """
    if isinstance(examples, Corpus) and kind is Text:
        return examples  # type: ignore[return-value]
    wrong = next((each for each in examples if not isinstance(each, kind)), None)
    if wrong is not None:
        columns = getattr(kind, "columns", "")
        rows = f", which rows of {columns} are" if columns else ""
        raise DataError(
            f"the data hold {type(wrong).__name__} examples; this objective learns from {kind.__name__}{rows}"
        )
    return list(examples)


def task(objective: s.Objective) -> Task[Any, Any]:
    """The task of an objective.

    Raises:
        InputError: when there is none: the objective is declared with its numbers, and nothing trains it yet.
    """
    kind = type(objective)
    found = _found(kind)
    if found is None:
        where = f"clados/objectives/{snake_case(kind.__name__)}.py" if _ours(kind) else f"a module of the group {GROUP}"
        raise InputError(f"nothing trains by {kind.__name__} yet: {where} has no Task with objective={kind.__name__}")
    return found(objective)


def runs(objective: s.Objective) -> bool:
    """Whether a model can be trained by an objective; one that only a recipe names cannot."""
    return _found(type(objective)) is not None


def _ours(kind: type[s.Objective]) -> bool:
    return kind.__module__.startswith("clados.spec.")


def _found(kind: type[s.Objective]) -> type[Task[Any, Any]] | None:
    """The task of this very type of objective: one that inherits from another says by a task how it is trained."""
    module = f"clados.objectives.{snake_case(kind.__name__)}"
    if kind not in TASKS and _ours(kind) and find_spec(module):
        import_module(module)
    if kind not in TASKS:
        import_parts()
    return TASKS.get(kind)


@torch.inference_mode()
def measure(ready: Ready, held_out: Source, *, examples: int = 128, batch: int = 16, seed: int = 0) -> Measure:
    """A model's own measure, by its objective; see ``measure`` of each task for which it is.

    Args:
        ready: with its objective; a model that was trained by ``clados pretrain`` has it.
        held_out: rows of this objective.
        examples: how many of them are measured at most.
        seed: of what the objective draws: masks, spans, episodes.

    Raises:
        InputError: when the objective is not known, or nothing trains by it.
    """
    if ready.objective is None:
        raise InputError(f"{ready.name}: its objective is not known, and so neither is what to measure")
    return task(ready.objective).measure(ready, Sample(held_out, min(examples, len(held_out)), batch, seed))
