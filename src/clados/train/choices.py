"""What a user chooses of a run."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal, Self, get_args, get_type_hints

from clados import spec as s
from clados.catalog.counts import canonical
from clados.data.examples import Text
from clados.errors import InputError, check_seed
from clados.models.declared import declared
from clados.objectives import task
from clados.spec.core.scale import budget
from clados.train.chain import stages_to
from clados.train.swapped import learning, named_stage

# What is above these is a slip of the finger: no run of this package is meant to be so long or so large.
MOST = {"steps": 10**9, "minutes": 10**6, "least": 10**9}
MOST |= dict.fromkeys(("batch", "micro", "length", "vocab"), 2**20)


def check_most(name: str, value: float | None) -> None:
    """Refuse a number of a run that is none, or a slip of the finger.

    Args:
        name: one of ``MOST``.

    Raises:
        InputError: when it is.
    """
    most = MOST[name]
    if value is None or 0 < value <= most:
        return
    allowed = " and finite" if value == math.inf else f" and at most {most:,}" if value > most else ""
    raise InputError(f"{name} is {value}; it must be above 0{allowed}")


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What a user chooses; the rest follows from card and data, or is chosen for a small machine.

    Attributes:
        model: a card's id or name, perhaps with a size ("gpt-2", "gpt-2:small"); kept as its id.
        params: the budget; by default 5M, or the paper's own largest size where that is smaller. A size that is named
            is built as published, or with a budget in its own proportions.
        data: a path, or the name of an embedded set; earlier stages read it too where they learn from the same kind.
        mix: instead, a file that lists several with their weights. skip_bad: leave out lines that cannot be used.
        cache: a folder for the tokens of documents; large data have one of their own without it.
        steps, minutes: the length of the run; at most one of them.
        least: so many steps, should fewer fit into the minutes.
        batch: examples of a step; micro: of them computed at once.
        length: tokens of a sequence.
        lr: the peak rate, instead of the paper's brought to this width.
        dropout: every rate of the model, instead of the paper's: runs that see no text twice need none.
        vocab: tokens of the tokenizer that is trained.
        shuffled: train and measure on shuffled data, as a control.
        reward: who judges answers, for an objective that learns from judgements: ``module:function``, the folder of a
            model that scores answers, or several, parted by commas, whose scores are added up.
        sharded: each of torchrun's processes holds a part of every tensor only.
        objective: another one than the recipe's: a card's id, or its own name ("masked-tokens:rate=0.3").
        teacher: the directory of a model that teaches, for an objective that has one; the student has its width,
            vocabulary and positions; of one that compares images and texts, its vocabulary alone.
        start: a directory whose weights, tokenizer and scales are trained further, instead of a new model; of a tuned
            model, instead of the one that its recipe names.
        stage: of a recipe of several; by default the last that can be trained. Those that it starts from come first.
    """

    model: str
    params: str | None = None
    data: str | None = None
    mix: str | None = None
    skip_bad: bool = False
    cache: str | None = None
    steps: int | None = None
    minutes: float | None = None
    least: int = 1
    batch: int | None = None
    micro: int | None = None
    length: int | None = None
    lr: float | None = None
    dropout: float | None = None
    seed: int = 0
    dtype: Literal["float32", "bfloat16"] = "float32"
    vocab: int = 2048
    shuffled: bool = False
    start: str | None = None
    objective: str | None = None
    teacher: str | None = None
    stage: str | None = None
    reward: str | None = None
    sharded: bool = False

    def __post_init__(self) -> None:
        if self.start is not None and (self.params is not None or self.vocab != Choices.vocab):
            raise InputError(f"params and vocab are of a new model; the one in {self.start} has its own")
        if self.data is not None and self.mix is not None:
            raise InputError("data and mix both say what to train on: give one of them")
        if self.steps is not None and self.minutes is not None:
            raise InputError("steps and minutes both say how long to train: give one of them")
        object.__setattr__(self, "model", canonical(self.model))
        if self.teacher is not None and self.taught_by(self.teacher) is not self:
            raise InputError(f"params and vocab are of a new model; a student has those of {self.teacher}")
        for name in MOST:
            check_most(name, getattr(self, name))
        if self.params is not None:
            budget(self.params)
        check_seed(self.seed)
        if self.dropout is not None and not 0 <= self.dropout < 1:
            raise InputError(f"dropout is {self.dropout}; it must be at least 0 and below 1")

    @property
    def card_id(self) -> str:
        """The model's, without a size."""
        return self.model.partition(":")[0]

    @property
    def size(self) -> str | None:
        """The published size that is named."""
        return self.model.partition(":")[2] or None

    @cached_property
    def declaration(self) -> s.Declaration:
        """What the card declares, or learning the objective that is chosen instead."""
        found = declared(self.card_id)
        return found if self.objective is None else learning(found, self.objective)

    @property
    def objective_of(self) -> str:
        """The stage whose objective was chosen by a card's name; empty for the recipe's own, and a name of its own."""
        return named_stage(self.objective) if self.objective else ""

    def refuse_unread(self) -> None:
        """Refuse what is of tokens, of sequences or of documents, where there are none to learn from.

        What learns from images alone but reads captions later (the coders of DALL-E and Stable Diffusion) has its
        vocabulary and its positions from these options. A run that was begun before this was refused goes on as it was.

        Raises:
            InputError: for these.
        """
        model, learned = self.declaration.model, self.chain[-1].objective
        one, kind, read = task(learned), type(learned).__name__, model.kinds_read
        if self.vocab != Choices.vocab and not model.reads(s.Tokens):
            raise InputError(f"vocab is {self.vocab}; {self.card_id} reads no tokens ({read}): leave it out")
        if self.cache is not None and one.reads is not Text and not getattr(learned, "pretraining", 0):
            raise InputError(f"cache is {self.cache}; {kind} learns from no documents: leave it out")
        if self.length is not None and not one.length:
            raise InputError(f"length is {self.length}; {kind} learns from no sequences: leave it out")

    def taught_by(self, teacher: str) -> Self:
        """The choices with a teacher, whose vocabulary, and size where it is of the same kind, the student has.

        They themselves where they are such.
        """
        params = self.params if task(self.chain[-1].objective).teacher_differs else None
        if (self.teacher, self.params, self.vocab) == (teacher, params, Choices.vocab):
            return self
        return replace(self, teacher=teacher, params=params, vocab=Choices.vocab)

    @cached_property
    def chain(self) -> Sequence[s.Stage]:
        """The stage to train, after those that it starts from."""
        return stages_to(self.card_id, self.declaration.recipe_at(self.size), self.stage)


def _kind(hint: Any) -> type:
    """The type of an annotation's values, None apart."""
    first = (*get_args(hint), hint)[0]
    return first if isinstance(first, type) else type(first)


# What run.json keeps of the choices, by type; of the run's length it keeps the steps.
CHOICE_TYPES = {
    name: _kind(hint)
    for name, hint in get_type_hints(Choices).items()
    if name not in ("model", "cache", "minutes", "least", "sharded")
}
