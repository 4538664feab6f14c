"""From a card to a trained small model: data, tokenizer, model, run; what ``clados pretrain`` does."""

import hashlib
import math
import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors.torch import save_file

from clados import spec as s
from clados.catalog.counts import canonical
from clados.checkpoints import save_pretrained
from clados.checkpoints.atomic import directory
from clados.checkpoints.metadata import preprocessing, write_metadata
from clados.data.tokenizer import Tokenizer
from clados.errors import CladosError, InputError, check_seed
from clados.files import PART, JsonObject, locked, write_json
from clados.models.declared import declared
from clados.names import cache_folder
from clados.nn.kinds.model import WholeModel
from clados.nn.make import build
from clados.nn.memory import enough_memory
from clados.objectives import SMALL_FILE, Batch, Setting, Source, SourceConfig, VocabIds, task
from clados.spec.core.declaration import dropping
from clados.train import saved
from clados.train.chain import stages_to, why_not
from clados.train.devices import world
from clados.train.fitting import Facts, FitContext, facts_of, headed, sized, tokenizer_for
from clados.train.log import Show
from clados.train.loop import CHECKPOINTS, Result, Trainer
from clados.train.optimisers import peak_lr, published_lr
from clados.train.scaled import ScaledNumber, scaled_batch, scaled_length, scaled_stage, scaled_steps
from clados.train.sources import RunData, run_data
from clados.train.start import Start, grown, start, take_weights, tuned
from clados.train.swapped import learning
from clados.train.teacher import student, teacher_of
from clados.train.unit import Run, SupervisedUnit

RUN, LOG, TENSORBOARD, LOCK = "run.json", "log.jsonl", "tensorboard", ".clados-run.lock"
CARRIED_CHOICES = (
    "steps",
    "minutes",
    "batch",
    "micro",
    "start",
    "sharded",
    "skip_bad",
)  # to earlier stages
STAGES = "stages"  # the folder of those that came before the last
LEFTOVERS = re.compile(rf"\.({RUN}|{LOG})\.[0-9a-f]+{PART}")  # files that a killed process was writing
# What run.json keeps of the choices, by type; of the run's length it keeps the steps.
CHOICE_TYPES: dict[str, type] = {
    "params": str,
    "data": str,
    "mix": str,
    "skip_bad": bool,
    "steps": int,
    "batch": int,
    "micro": int,
    "length": int,
    "lr": float,
    "dropout": float,
    "seed": int,
    "dtype": str,
    "vocab": int,
    "shuffled": bool,
    "start": str,
    "objective": str,
    "teacher": str,
    "stage": str,
}
# What is above these is a slip of the finger: no run of this package is meant to be so long or so large.
MOST = {
    "steps": 10**9,
    "minutes": 10**6,
    "least": 10**9,
    "batch": 2**20,
    "micro": 2**20,
    "length": 2**20,
    "vocab": 2**20,
}
MANY_LANGUAGES = "languages"  # the embedded set of models that draw languages
TRIED = 3  # steps that are timed to know how many fit into some minutes


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What a user chooses; the rest follows from card and data, or is chosen for a small machine.

    Attributes:
        model: a card's id or name, perhaps with a size ("gpt-2", "gpt-2:small"); kept as its id.
        params: the budget; by default 5M, or the paper's own largest size where that is smaller. A size that is named
            is built as published.
        data: a path, or the name of an embedded set; earlier stages read it too where they learn from the same kind.
        mix: instead, a file that lists several with their weights. skip_bad: leave out lines that cannot be used.
        cache: a folder for the texts' tokens; large data have one of their own without it.
        steps, minutes: the length of the run; at most one of them.
        least: so many steps, should fewer fit into the minutes.
        batch: examples of a step; micro: of them computed at once.
        length: tokens of a sequence.
        lr: the peak rate, instead of the paper's brought to this width.
        dropout: every rate of the model, instead of the paper's: runs that see no text twice need none.
        vocab: tokens of the tokenizer that is trained.
        shuffled: train and measure on shuffled data, as a control.
        sharded: each of torchrun's processes holds a part of every tensor only.
        objective: another one than the recipe's: a card's id, or its own name ("masked-tokens:rate=0.3").
        teacher: the directory of a model that teaches, for an objective that has one; the student has its width,
            vocabulary and positions.
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
    sharded: bool = False

    def __post_init__(self) -> None:
        if self.start is not None and (self.params is not None or self.vocab != Choices.vocab):
            raise CladosError(f"params and vocab are of a new model; the one in {self.start} has its own")
        if self.teacher is not None and (self.params is not None or self.vocab != Choices.vocab):
            raise CladosError(f"params and vocab are of a new model; a student has those of {self.teacher}")
        if self.data is not None and self.mix is not None:
            raise CladosError("data and mix both say what to train on: give one of them")
        if self.steps is not None and self.minutes is not None:
            raise CladosError("steps and minutes both say how long to train: give one of them")
        object.__setattr__(self, "model", canonical(self.model))
        for name, most in MOST.items():
            value = getattr(self, name)
            if value is None or 0 < value <= most:
                continue
            allowed = " and finite" if value == math.inf else f" and at most {most:,}" if value > most else ""
            raise CladosError(f"{name} is {value}; it must be above 0{allowed}")
        check_seed(self.seed)
        if self.dropout is not None and not 0 <= self.dropout < 1:
            raise CladosError(f"dropout is {self.dropout}; it must be at least 0 and below 1")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything that a run needs, decided: nothing has been trained or written yet."""

    choices: Choices
    card: str
    published: s.Stage  # the paper's
    published_lr: float
    stage: s.Stage  # the same, brought to the model
    model: s.Model
    run: Run
    setting: Setting
    tokenizer: Tokenizer | None
    facts: Facts
    train: Source
    held_out: Source
    data: RunData
    start: Start | None = None
    taught: Start | None = None  # the teacher
    before: "Plan | None" = None  # of what it starts from, where that is not trained yet
    not_run: tuple[str, ...] = ()  # stages of the recipe that nothing trains, and why
    stages: int = 1  # of the chain that leads to this one, itself counted

    def trainer(self, initial_model: WholeModel, folder: Path | None = None, show: Show | None = None) -> Trainer:
        """The trainer of a model made from this plan; with a folder, its checkpoints are marked as this model's."""
        notes = {"model": self.card, "shuffled": self.choices.shuffled, **self.origin}
        return Trainer(self.unit(initial_model), self.run, folder, show or Show(), notes)

    def unit(self, initial_model: WholeModel) -> SupervisedUnit:
        """What trains a model made from this plan."""
        return SupervisedUnit(initial_model, self.stage, self.setting, self.train, self.run, self.held_out)

    @property
    def origin(self) -> dict[str, str]:
        """The version that plans the run, and checksums of what it is made from."""
        from clados import __version__

        tokenizer = self.tokenizer.key if self.tokenizer else ""
        sums = {"clados": __version__, "data checksum": self.data.checksum, "tokenizer checksum": tokenizer}
        sums |= {"start checksum": self.start.checksum} if self.start and self.start.checksum else {}
        return sums | ({"teacher checksum": self.taught.checksum} if self.taught else {})

    def batch(self) -> Batch:
        """The first batch of the first step."""
        return next(self.unit(build(self.model, device="meta")).updates(0))[0]

    @property
    def source_config(self) -> SourceConfig:
        """What the sources were made with."""
        scales, shuffled = self.facts.scales, self.choices.shuffled
        return SourceConfig(self.setting.length, self.run.seed, self.tokenizer, scales, shuffled, self.model.writes)

    @property
    def scaled(self) -> dict[str, ScaledNumber]:
        """The numbers of the run that are brought to a small machine, beside the published ones."""
        run, paper = self.run, self.published
        return {
            "steps": ScaledNumber(run.steps, paper.steps),
            "batch": ScaledNumber(run.batch, paper.batch),
            "length": ScaledNumber(self.setting.length, paper.length),
            "rate": ScaledNumber(run.lr, self.published_lr),
        }

    @property
    def sequence(self) -> "tuple[Plan, ...]":
        """The plans of all that is to be trained, in order, this one last."""
        return (*(self.before.sequence if self.before else ()), self)

    def stage_json(self) -> dict[str, Any]:
        """This stage in short: what it learns, from what, and what of its numbers is scaled from which."""
        numbers = {name: {"here": each.here, "published": each.published} for name, each in self.scaled.items()}
        return {
            "model": self.card,
            "stage": self.published.name,
            "objective": repr(self.published.objective),
            "data": self.published.data,
            "examples": len(self.train),
            "left out": self.dropped,
            "start": str(self.start.folder) if self.start else None,
            **numbers,
        }

    @property
    def dropped(self) -> int:
        """Turns of the data that are longer than a sequence, and are left out."""
        return int(getattr(self.train, "dropped", 0))

    def baseline(self) -> dict[str, float]:
        """The loss to beat on the held-out data, ``loss``, and what it comes from."""
        return dict(task(self.stage.objective).baseline(self.train, self.held_out, self.source_config, self.run.batch))

    @property
    def tokens(self) -> int:
        """Positions of a step, about."""
        return self.run.batch * max(1, self.setting.length)

    @property
    def memory(self) -> int:
        """Bytes that training takes, about: weights, gradients, Adam's two moments, and what the backward pass keeps.

        Kept are, a position and layer, 34 d_model numbers and 5 scores a head and other position
        (Korthikanti et al. 2022, §4.1, in bytes of two-byte numbers), and three times the scores of the vocabulary.
        """
        weights = 16 * s.count_parameters(self.model).total
        micro = self.run.micro or self.run.batch
        sizes = [each for each in s.parts(self.model) if isinstance(each, s.Size)]
        length = max(1, self.setting.length)
        kept = sum(2 * size.layers * (34 * size.d_model + 5 * size.heads * length) for size in sizes)
        scores = 12 * (self.setting.vocab_ids.size if self.setting.vocab_ids else 0)
        return weights + micro * length * (kept + scores)

    def json(self) -> dict[str, Any]:
        """The run as it was resolved, enough to make it again."""
        run = self.run
        choices = {name: getattr(self.choices, name) for name in CHOICE_TYPES}
        return {
            **self.origin,
            "model": self.card,
            "choices": choices | {"steps": run.steps, "lr": run.lr, "seed": run.seed, "dtype": run.dtype},
            "declaration": repr(self.model),
            "stage": repr(self.stage),
            "parameters": s.count_parameters(self.model).total,
            "length": self.setting.length,
            "batch": run.batch,
            "documents": dict(zip(("trained on", "held out"), self.data.documents)),
            **self.data.json(),
            "examples": {"trained on": len(self.train), "held out": len(self.held_out)},
            **self.facts.json(),
        }


def planned(choices: Choices, begun: Start | None = None) -> Plan:
    """Read the data, train the tokenizer, size the model and settle the run. Writes nothing.

    What a tuned model starts from is planned only where it is not there yet; ``with_start`` trains it.

    Args:
        begun: what it starts from, when it is at hand.

    Raises:
        CladosError: for an unknown model, size or set, data that cannot be read or are of the wrong kind, a budget that
            cannot be met.
    """
    card, _, size = choices.model.partition(":")
    declaration = _declaration(choices)
    recipe = declaration.recipe_at(size or None)
    chain = stages_to(card, recipe, choices.stage)
    stage, paper = chain[-1], declaration.at(size or None)
    one = task(stage.objective)
    if refusal := one.refusal(headed(paper, stage)):
        raise InputError(f"{card} cannot learn so: {refusal}")
    usual = None if stage.exponent is None else MANY_LANGUAGES
    data = run_data(one, choices.data or usual, choices.mix, skip_bad=choices.skip_bad)
    kept, held = data.kept, data.held
    length, facts = choices.length or scaled_length(stage, one), facts_of(kept, held)
    taught, before = teacher_of(one, choices.teacher, paper), None
    if taught:
        taught.fits(length)
    if begun is None:
        begun, before = _planned_start(choices, declaration, chain, length, facts)
    if begun:
        length = choices.length or (0 if isinstance(stage, s.Tuning) else begun.length) or length
        length = min(length, begun.most or length) if choices.length is None else length
        begun.fits(length)
        tokenizer, facts, model = begun.tokenizer, begun.facts, begun.model
        if taught and (tokenizer is None or taught.tokenizer is None or tokenizer.key != taught.tokenizer.key):
            raise InputError(f"{taught.folder}: the teacher's vocabulary is another than that of {begun.folder}")
        if isinstance(stage, s.Tuning):
            tokenizer = tokenizer and grown(tokenizer, paper.vocab, one.marks(kept), one.end)
            model = tuned(headed(paper, stage), begun, tokenizer)
    elif taught:
        tokenizer = taught.tokenizer
        model = student(headed(paper, stage), one.teacher, taught, FitContext(kept, tokenizer, length, facts))
    else:
        tokenizer = tokenizer_for(declaration.model, kept, choices.vocab, one.marks(kept))
        share = length / stage.length if stage.length else 1.0
        model = sized(declaration, size, choices.params, stage, FitContext(kept, tokenizer, length, facts, share))
    if choices.dropout is not None:
        model = dropping(model, choices.dropout)
    published = stage
    stage = scaled_stage(stage.but(objective=one.suited(model, paper)), paper, model)
    cache = None if choices.cache is None else Path(choices.cache)
    config = SourceConfig(length, choices.seed, tokenizer, facts.scales, choices.shuffled, model.writes, cache)
    train, held_out = data.sources(task(stage.objective), config, stage.exponent)
    if tokenizer:
        tokenizer.chat_template = one.chat_template(tokenizer, model.writes)
    run = Run(
        steps=choices.steps or 1,
        batch=choices.batch or scaled_batch(stage, one),
        micro=choices.micro,
        lr=choices.lr or peak_lr(stage, paper, model),
        seed=choices.seed,
        dtype=choices.dtype,
        sharded=choices.sharded,
    )
    plan = Plan(
        choices=choices,
        card=choices.model,
        published=published,
        published_lr=published_lr(published, paper),
        stage=stage,
        model=model,
        run=run,
        setting=Setting(
            model,
            length,
            VocabIds.of(tokenizer) if tokenizer else None,
            taught.module if taught else None,  # type: ignore[arg-type]
        ),
        tokenizer=tokenizer,
        facts=facts,
        train=train,
        held_out=held_out,
        data=data,
        start=begun,
        taught=taught,
        before=before,
        not_run=tuple(f"stage '{each.name}' {reason}" for each in recipe.stages if (reason := why_not(recipe, each))),
        stages=len(chain),
    )
    if begun:
        begun.reads(plan.batch())
    return replace(plan, run=_paced(run, choices.steps or _steps(plan)))


def _declaration(choices: Choices) -> s.Declaration:
    declaration = declared(choices.model.partition(":")[0])
    return declaration if choices.objective is None else learning(declaration, choices.objective)


# ---------------------------------------------------------------- what a tuned model starts from


def _planned_start(
    choices: Choices, declaration: s.Declaration, chain: Sequence[s.Stage], length: int, facts: Facts
) -> "tuple[Start | None, Plan | None]":
    """What the last stage of a chain starts from: what is there, or else its plan too."""
    before = _before(choices, chain, length)
    if isinstance(before, Path):
        return start(before, declaration, chain[-1], facts), None
    if before is None:
        return None, None
    folder = kept_folder(before) if before.model != choices.model else Path(f"stage '{before.stage}'")
    if _finished(folder):
        return start(folder, declaration, chain[-1], facts), None
    plan = _sketch(before)
    return Start(folder, plan.model, None, plan.tokenizer, plan.facts, plan.setting.length, ""), plan


@lru_cache(4)
def _sketch(choices: Choices) -> Plan:
    return planned(choices)


def _before(choices: Choices, chain: Sequence[s.Stage], length: int) -> Path | Choices | None:
    """What the last stage of a chain starts from: a directory that is named, or the choices of the run before it."""
    stage = chain[-1]
    if choices.start is not None and (len(chain) == 1 or choices.stage is not None):
        return Path(choices.start)
    if not isinstance(stage, s.Tuning) or task(stage.objective).teacher:  # a student starts from its teacher
        return None
    longest = length if isinstance(_position(declared(choices.model.partition(":")[0]).model), s.Learned) else None
    usual = Choices(model=choices.model, seed=choices.seed, dtype=choices.dtype)
    own: dict[str, Any] = {"params": choices.params, "vocab": choices.vocab, "length": longest}
    if len(chain) > 1:
        how: dict[str, Any] = {name: getattr(choices, name) for name in CARRIED_CHOICES}
        if task(chain[-2].objective).reads is task(stage.objective).reads:
            how |= {"data": choices.data, "mix": choices.mix}
        return replace(usual, **how, **own | {"length": choices.length or longest}, stage=chain[-2].name)
    card, _, size = stage.start.partition(":")
    named = stage.start if ":" in choices.model else card
    return replace(usual, **own, model=named if size else card, seed=0)


def _position(model: s.Model) -> s.Position | None:
    text = model.reads(s.Tokens)
    return text.position if text else None


def kept_folder(choices: Choices) -> Path:
    """Where the small model of some choices is kept for those that start from it, by all that it is made from."""
    from clados import __version__

    made_from = (__version__, repr(declared(choices.model.partition(":")[0])), repr(choices))
    name = hashlib.sha256("\n".join(made_from).encode()).hexdigest()[:12]
    return cache_folder() / "small" / f"{choices.model.replace(':', '-')}-{name}"


def _finished(folder: Path) -> bool:
    return (folder / "config.json").exists()


def with_start(
    choices: Choices, out: Path | None = None, show: Show | None = None, stop: Callable[[], bool] = bool
) -> Plan | Result:
    """The plan of a run, with what it starts from trained where it was not there: kept for the next, or below ``out``.

    Gives the result of a run on the way instead, where that was stopped.

    Raises:
        CladosError: as ``pretrain``.
    """
    show = show or Show()
    taught = with_teacher(choices, show, stop)
    if isinstance(taught, Result):
        return taught
    choices, plan = taught, planned(taught)
    if plan.start is None or plan.start.module is not None:
        return plan
    card, _, size = choices.model.partition(":")
    declaration = _declaration(choices)
    chain = stages_to(card, declaration.recipe_at(size or None), choices.stage)
    before = _before(choices, chain, plan.setting.length)
    assert isinstance(before, Choices)
    if before.model != choices.model:
        folder = kept_folder(before)
        show.note(f"{choices.model} starts from {before.model}, which is trained small first and kept in {folder}")
    else:
        folder = (out or cache_folder() / "stages" / kept_folder(before).name) / STAGES / str(before.stage)
        show.note(f"{choices.model}: stage '{before.stage}' comes before '{chain[-1].name}'")
    if not world().agreed(_finished(folder)):
        result = pretrain(before, folder, resume=(folder / RUN).exists(), show=show, stop=stop)
        if not result.finished:
            return result
    return planned(choices, start(folder, declaration, chain[-1], plan.facts))


def with_teacher(choices: Choices, show: Show, stop: Callable[[], bool] = bool) -> Choices | Result:
    """The choices with a teacher, which is trained small and kept where a student has none; see ``with_start``."""
    wanted = _teacher_choices(choices) if choices.teacher is None else None
    if wanted is None:
        return choices
    folder = kept_folder(wanted)
    if not world().agreed(_finished(folder)):
        show.note(f"{choices.model} learns from {wanted.model}, which is trained small first and kept in {folder}")
        result = pretrain(wanted, folder, resume=(folder / RUN).exists(), show=show, stop=stop)
        if not result.finished:
            return result
    return replace(choices, teacher=str(folder), params=None, vocab=Choices.vocab)


def _teacher_choices(choices: Choices) -> Choices | None:
    """The choices of the small model that teaches, where a run learns from one."""
    card, _, size = choices.model.partition(":")
    one = task(stages_to(card, _declaration(choices).recipe_at(size or None), choices.stage)[-1].objective)
    if not one.teacher:
        return None
    named = one.teacher if ":" in choices.model and not one.teaches else one.teacher.partition(":")[0]
    same: dict[str, Any] = {name: getattr(choices, name) for name in ("params", "vocab", "length", "dtype")}
    return Choices(model=named, objective=one.teaches or None, **same)


def ready_plan(choices: Choices, show: Show | None = None) -> Plan:
    """The plan of a run whose start is there: trained and kept where it was not.

    Raises:
        CladosError: as ``planned``.
    """
    plan = with_start(choices, show=show)
    assert isinstance(plan, Plan)
    return plan


def _paced(run: Run, steps: int) -> Run:
    """Four evaluations on the way, a checkpoint every tenth of the run."""
    return replace(run, steps=steps, every=max(1, -(-steps // 5)), save_every=max(10, steps // 10), held_out=64)


def _steps(plan: Plan) -> int:
    """How many steps fit into the minutes, by timing a few on a model that is thrown away."""
    if plan.choices.minutes is None:
        return scaled_steps(plan.stage)
    trial = replace(plan, run=replace(plan.run, steps=TRIED + 1)).trainer(build(plan.model))
    trial.model.train()
    trial.step(0)
    began = time.perf_counter()
    for each in range(1, TRIED + 1):
        trial.step(each)
    seconds = trial.world.summed([(time.perf_counter() - began) / TRIED / trial.world.size])[0]
    return max(plan.choices.least, int(60 * plan.choices.minutes / plan.stages / seconds))


def initial_model(plan: Plan) -> WholeModel:
    """The plan's model, drawn from its seed or taken from where it starts, on the accelerator when there is one."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    total = s.count_parameters(plan.model).total
    with enough_memory(f"a model of {total:,} parameters", "try smaller --params or --length"):
        made = build(plan.model, seed=plan.run.seed)
        if plan.start:
            take_weights(made, plan.start)
        else:
            task(plan.stage.objective).begin(made, plan.setting)
        return made.to(device)


def resumed(folder: Path, asked: Choices, given: Sequence[str]) -> Choices:
    """The choices of the run in a folder, with more steps when more are asked for.

    Args:
        asked: what the user says now; ``given`` are the names of what was said, which must not differ.

    Raises:
        CladosError: when the folder holds no run, or another one.
    """
    recorded = _recorded(folder)
    choices = recorded.inside("choices")
    said: dict[str, Any] = {name: choices.take(name, kind, None) for name, kind in CHOICE_TYPES.items()}
    try:
        usual = {name: value for name, value in said.items() if value is not None}
        was = Choices(model=recorded.take("model", str, ""), **usual)
    except CladosError as error:
        raise CladosError(f"{recorded.file}: {error}") from error
    if choices.unread:
        raise CladosError(f"{recorded.file}: not known to this version: {', '.join(choices.unread)}")
    if "minutes" in given:
        raise CladosError(f"{folder}: minutes is {asked.minutes}; a run that goes on is given its length in steps")
    if asked.steps is not None and was.steps is not None and asked.steps > was.steps:
        was = replace(was, steps=asked.steps)
    pairs = {name: (getattr(was, name), getattr(asked, name)) for name in ("model", *given)}
    if different := [f"its run has {name} {old}, not {new}" for name, (old, new) in pairs.items() if old != new]:
        raise CladosError(f"{folder}: {'; '.join(different)}")
    return was


def _recorded(folder: Path) -> JsonObject:
    if not (folder / RUN).exists():
        raise CladosError(f"{folder}: there is no run to resume")
    return JsonObject.read(folder / RUN)


def _begun_as(folder: Path) -> dict[str, Any]:
    """What run.json says of a run, by the names of ``Trainer.recorded``."""
    said = _recorded(folder)
    choices, examples = said.inside("choices"), said.inside("examples")
    values = {name: each.peek(name) for each in (choices, said) for name in sorted(each.keys())}
    return values | {"examples": examples.take("trained on", int, None)}


@contextmanager
def _taken(out: Path, *, resume: bool) -> Iterator[None]:
    """Hold a run's folder, as one process at a time can.

    Raises:
        CladosError: another process holds it; or it is not empty, and no run is resumed.
        OSError: it cannot be written to.
    """
    if (out.exists() or out.is_symlink()) and not out.is_dir():
        raise CladosError(f"{out}: is {_named(out)}; name a folder, which is made if need be")
    with directory(out), locked(out / LOCK):
        for part in out.iterdir():
            if LEFTOVERS.fullmatch(part.name):  # of a process that was killed
                part.unlink()
        others = {each.name for each in out.iterdir()} - {LOCK, RUN, LOG, CHECKPOINTS, TENSORBOARD, STAGES}
        if not resume and (others or saved.checkpoints(out / CHECKPOINTS)):
            if (out / RUN).exists():
                raise CladosError(f"{out}: holds a run; resume it, or name another folder")
            first, *more = sorted(others) or [CHECKPOINTS]
            there = first + (f" and {len(more)} more" if more else "")
            raise CladosError(f"{out}: holds {there}, and no run that could be resumed; name another folder")
        yield


def _named(path: Path) -> str:
    """What there is at a path that is no folder."""
    kinds = {"a file": Path.is_file, "a named pipe": Path.is_fifo, "a socket": Path.is_socket}
    return next(
        (name for name, holds in kinds.items() if holds(path)), "a device" if path.exists() else "a broken link"
    )


def pretrain(
    choices: Choices,
    out: Path,
    *,
    resume: bool = False,
    show: Show | None = None,
    stop: Callable[[], bool] = bool,
    plan: Plan | None = None,
) -> Result:
    """Train a small model of a card and write it as a directory that ``clados`` and transformers read.

    ``out`` gets the model and its tokenizer, run.json (the run as resolved), log.jsonl and checkpoints/.

    Args:
        resume: go on from the last checkpoint in ``out``; from the start where the run ended before its first. The
            choices must be the same, but for ``steps``, which may have grown.
        plan: what ``planned(choices)`` gave, when it is at hand.
        stop: asked after each step; when it says so, the run is saved and ends.

    Raises:
        CladosError: for what is wrong with choices or data, before anything is written; when ``out`` holds a run
            already and this is not its resumption, or another process trains in it.
        OSError: ``out`` cannot be written to.
    """
    if resume:
        _recorded(out)
    with _taken(out, resume=resume) if world().first else nullcontext():
        if plan is None:
            taught = with_teacher(choices, show or Show(), stop)
            if isinstance(taught, Result):
                return taught
            choices, plan = taught, planned(taught)
        if plan.start and plan.start.module is None:
            if world().first and not resume:
                write_json(out / RUN, plan.json())
            made = with_start(choices, out, show, stop)
            if isinstance(made, Result):
                return made
            plan = made
        trainer = plan.trainer(initial_model(plan), out, show)
        trainer.stop = stop
        trainer.begin = lambda: write_json(out / RUN, plan.json())
        begun = bool(saved.checkpoints(out / CHECKPOINTS))
        if resume and not begun:
            trainer.continues({**plan.origin, **_begun_as(out)}, str(out / RUN))
        result = trainer.fit(resume=begun)
        trained = trainer.trained() if result.finished else None
        if trained is not None and trainer.world.first:
            facts, images = plan.facts, preprocessing(plan.model)
            small = task(plan.stage.objective).kept_small(trained)

            def also(folder: Path) -> None:
                write_metadata(folder, labels=facts.classes, images=images)
                if small:
                    save_file(small, folder / SMALL_FILE)

            save_pretrained(trained, out, tokenizer=plan.tokenizer, also=also)
            if small:
                mb, whole = ((out / name).stat().st_size / 1e6 for name in (SMALL_FILE, "model.safetensors"))
                trainer.show.note(f"{SMALL_FILE} weighs {mb:.2f} MB, model.safetensors {whole:.2f} MB")
        trainer.world.wait()
    return result
