"""A saved model tuned for a task of the user's own, on their data; what ``clados finetune`` does."""

import json
import math
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, cast

import torch
from torch import nn

from clados import spec as s
from clados.apply.ready import Ready
from clados.checkpoints import save_pretrained
from clados.checkpoints.formats.peft import Adapter, is_adapter
from clados.checkpoints.formats.sentence_transformers import EmbeddingSettings
from clados.checkpoints.mapping.detect import replace_heads, slots, tuned_heads, writable
from clados.checkpoints.mapping.names import places
from clados.checkpoints.metadata import PROBLEMS, read_metadata, write_metadata
from clados.errors import InputError, check_seed
from clados.files import write_text
from clados.names import with_article
from clados.nn.kinds.model import WholeModel
from clados.nn.make import build
from clados.objectives import Sample, Setting, Source, SourceConfig, Task, VocabIds, task
from clados.objectives.metrics import check_installed
from clados.reports.run import METRICS
from clados.spec.core.declaration import dropping
from clados.spec.core.registry import KINDS
from clados.spec.core.scale import width
from clados.train.choices import MOST
from clados.train.devices import world
from clados.train.fitting import Facts
from clados.train.log import Show
from clados.train.loop import Result, Trainer
from clados.train.optimisers import HIGHEST, MOST_RAISED
from clados.train.pretrain import carry_out
from clados.train.reported import reporting, run_units
from clados.train.run_folder import holding, recorded_run
from clados.train.sources import RunData, run_data
from clados.train.start import Start, opened, take_weights
from clados.train.supervised import SupervisedUnit
from clados.train.trained import OWNED, UPDATE, updates_of
from clados.train.unit import Run
from clados.version import __version__

LR, LR_WIDTH = 5e-5, 768  # Devlin et al. 2019, §A.3, of BERT-base
LORA_LR = 5e-4  # Hu et al. 2021, table 9
EPOCHS, BATCH, LENGTH = 3.0, 16, 512
EVALUATIONS = 10  # in a run
MEASURED = 1024  # examples of each evaluation at most
WARMUP = 0.1
TUNING_TASKS = ("classify", "pairs", "tag", "span", "generate", "embed")


@dataclass(frozen=True, kw_only=True)
class Tuned:
    """What a user chooses of a run that tunes a saved model.

    Attributes:
        start: the directory of the model.
        task: classify (texts), pairs (of texts, classes or a number), tag (words), span (of a text that answers a
            question), generate (an answer to a text), embed (texts that belong together).
        data: a path; some of it is held out, as ``clados.data.read`` says.
        problem: of classes, as transformers' ``problem_type``; None: as the labels look.
        epochs, steps: the length of the run; at most one of them.
        patience: evaluations in a row without a better one after which the run ends; 0: it goes to its last step. The
            best weights on what is held out are kept either way. There are ten evaluations in a run.
        class_weights: "balanced", or a weight for each class that does not count once.
        layer_decay, head_lr: a layer's rate as a share of that of the layer above, and that of new heads as a multiple.
        lora: the rank of low-rank updates; only they and new heads learn. alpha: of these, 2 lora where None; on: the
            outputs and products that get them.
        upper: learn the last so many layers alone. freeze: names of tensors that stay.
        merge: write the whole model, low-rank updates added, instead of an adapter in PEFT's layout.
    """

    start: str
    task: str
    data: str
    problem: str | None = None
    epochs: float | None = None
    steps: int | None = None
    batch: int = BATCH
    micro: int | None = None
    length: int | None = None
    lr: float | None = None
    dropout: float | None = None
    seed: int = 0
    dtype: Literal["float32", "bfloat16"] = "float32"
    patience: int = 5
    class_weights: Literal["balanced"] | Mapping[str, float] | None = None
    layer_decay: float = 1.0
    head_lr: float = 1.0
    lora: int | None = None
    alpha: float | None = None
    on: tuple[str, ...] = ("q", "v")
    lora_dropout: float = 0.0
    upper: int | None = None
    freeze: tuple[str, ...] = ()
    merge: bool = False
    skip_bad: bool = False

    def __post_init__(self) -> None:
        if self.task not in TUNING_TASKS:
            raise InputError(f"task is '{self.task}'; allowed: {', '.join(TUNING_TASKS)}")
        if self.problem is not None and self.problem not in PROBLEMS:
            raise InputError(f"problem is '{self.problem}'; allowed: {', '.join(PROBLEMS)}")
        if self.steps is not None and self.epochs is not None:
            raise InputError("steps and epochs both say how long to train: give one of them")
        if sum(each not in (None, ()) for each in (self.lora, self.upper, self.freeze)) > 1:
            raise InputError("lora, upper and freeze each say what learns: give one of them")
        of_updates = {name: getattr(self, name) for name in ("alpha", "lora_dropout", "merge")} | {"on": tuple(self.on)}
        if self.lora is None and (
            said := [name for name, value in of_updates.items() if value != getattr(Tuned, name)]
        ):
            raise InputError(f"{said[0]} is of low-rank updates: give lora, their rank")
        for name in ("steps", "batch", "micro", "length", "epochs", "lora", "upper"):
            value = getattr(self, name)
            if value is not None and not 0 < value <= MOST.get(name, 10**9):
                raise InputError(f"{name} is {value}; it must be above 0")
        if not 0 < self.layer_decay <= 1:
            raise InputError(f"layer_decay is {self.layer_decay}; it must be above 0, and 1 at most")
        if not self.head_lr > 0:
            raise InputError(f"head_lr is {self.head_lr}; it must be above 0")
        if self.patience < 0:
            raise InputError(f"patience is {self.patience}; it must be at least 0")
        check_seed(self.seed)


@dataclass(frozen=True, kw_only=True)
class TuningPlan:
    """Everything that a run needs, decided: nothing has been trained or written yet."""

    choices: Tuned
    card: str
    begun: Start
    stage: s.Tuning
    model: s.Model
    run: Run
    setting: Setting
    facts: Facts
    train: Source
    held_out: Source
    data: RunData
    fresh: bool = field(default=False)  # whether the head's classes are others than those of what it starts from

    def trainer(self, initial_model: WholeModel, folder: Path | None = None, show: Show | None = None) -> Trainer:
        """The trainer of a model made from this plan; with a folder, its checkpoints are marked as this model's."""
        unit = SupervisedUnit(initial_model, self.stage, self.setting, self.train, self.run, self.held_out)
        return Trainer(unit, self.run, folder, show or Show(), {"model": self.card, **self.origin})

    @property
    def origin(self) -> dict[str, str]:
        """The version that plans the run, and checksums of what it is made from."""
        assert self.begun.tokenizer
        sums = {"data checksum": self.data.checksum, "tokenizer checksum": self.begun.tokenizer.key}
        return {"clados": __version__, **sums, "start checksum": self.begun.checksum}

    @property
    def task(self) -> Task[Any, Any]:
        """What it learns."""
        return task(self.stage.objective)

    def json(self) -> dict[str, Any]:
        """The run as it was resolved, enough to make it again."""
        choices = {name: value for name, value in asdict(self.choices).items() if value is not None}
        numbers = {name: getattr(self.run, name) for name in ("steps", "lr", "every", "held_out", "patience")}
        return {
            **self.origin,
            "model": self.card,
            "choices": {**choices, "micro": self.choices.micro, **numbers},
            "declaration": repr(self.model),
            "stage": repr(self.stage),
            "units": run_units(self.task),
            "parameters": s.count_parameters(self.model).total,
            "length": self.setting.length,
            "batch": self.run.batch,
            "documents": dict(zip(("trained on", "held out"), self.data.documents)),
            **self.data.json(),
            "examples": {"trained on": len(self.train), "held out": len(self.held_out)},
            **self.facts.json(),
        }


def tuning_plan(choices: Tuned) -> TuningPlan:
    """Read the model and the data, choose the head and settle the run. Writes nothing.

    Raises:
        CladosError: for a directory that is no model, data of the wrong kind, a model that cannot learn the task, a
            package that its metrics need and that is not installed.
    """
    folder = Path(choices.start)
    begun, one = opened(folder), task(_objective(choices.task))
    tokenizer = begun.tokenizer
    if tokenizer is None:
        raise InputError(f"{folder}: its model reads {begun.model.kinds_read}; {choices.task} is of texts")
    one = _like_the_start(one, begun)
    check_installed(one.needs)
    if choices.lora is not None and not choices.merge and is_adapter(folder):
        raise InputError(f"{folder}: it is an adapter itself, and PEFT puts none on another: merge it first")
    data = run_data(one, choices.data, skip_bad=choices.skip_bad)
    kept, every = data.kept, [*data.kept, *data.held]
    one = task(_problem(one.suggested(every), choices.problem))
    classes = one.classes(every)
    same = {*classes} <= {*begun.facts.classes} and len(begun.facts.classes) > 0
    classes = begun.facts.classes if same and classes else classes
    if choices.class_weights is not None:
        given = None if choices.class_weights == "balanced" else choices.class_weights
        one = task(one.weighted(kept, classes, given))
    model = tuned_model(begun, one, len(classes) or 1, folder)
    if refusal := one.refusal(model):
        raise InputError(f"{folder}: it cannot learn so: {refusal}")
    if choices.dropout is not None:
        model = dropping(model, choices.dropout)
    length = choices.length or min(begun.most or LENGTH, LENGTH)
    begun.fits(length)
    config = SourceConfig(length, choices.seed, tokenizer, begun.facts.scales, writes=model.writes, classes=classes)
    train, held_out = data.sources(one, config)
    tokenizer.chat_template = one.chat_template(tokenizer, model.writes) or tokenizer.chat_template
    batch = min(choices.batch, len(train))
    steps = choices.steps or max(1, math.ceil((choices.epochs or EPOCHS) * len(train) / batch))
    lr = choices.lr or _lr(model, low_rank=choices.lora is not None)
    stage = s.Tuning(
        name=f"finetune: {choices.task}",
        start=str(folder),
        objective=one.objective,
        data=choices.data,
        optimiser=s.AdamW(lr=lr, decay=0.01),
        schedule=s.LinearDecay(warmup=max(1, round(WARMUP * steps))),
        batch=batch,
        length=length,
        steps=steps,
        clip=1.0,
        trains=_trains(choices, model),
        rates=_rates(choices),
    )
    run = Run(
        steps=steps,
        batch=batch,
        micro=choices.micro,
        lr=lr,
        seed=choices.seed,
        dtype=choices.dtype,
        every=max(1, math.ceil(steps / EVALUATIONS)),
        save_every=max(1, math.ceil(steps / EVALUATIONS)),
        held_out=MEASURED,
        patience=choices.patience or EVALUATIONS + 2,
    )
    return TuningPlan(
        choices=choices,
        card=read_metadata(begun.folder).card if begun.folder.is_dir() else "",
        begun=begun,
        stage=stage,
        model=model,
        run=run,
        setting=Setting(model, length, VocabIds.of(tokenizer)),
        facts=replace(begun.facts, classes=classes),
        train=train,
        held_out=held_out,
        data=data,
        fresh=classes != begun.facts.classes,
    )


def _objective(name: str) -> s.Objective:
    """What a task of this name learns."""
    kinds = [kind for kind in KINDS.values() if issubclass(kind, s.Objective)]
    return next(kind() for kind in kinds if kind.tunes == name)


def _like_the_start(one: Task[Any, Any], begun: Start) -> Task[Any, Any]:
    """The task with the words of what the model learned before, where it is of the same kind: template, prefixes."""
    known = read_metadata(begun.folder).objective if begun.folder.is_dir() else None
    return task(one.like(known, cast(WholeModel, begun.module)))


def _problem(learned: s.Objective, problem: str | None) -> s.Objective:
    if problem is None:
        return learned
    if not hasattr(learned, "problem"):
        raise InputError(f"problem is '{problem}', and the task tells no classes of texts apart: leave it out")
    return learned.but(problem=problem)


def tuned_model(begun: Start, one: Task[Any, Any], classes: int, folder: Path) -> s.Model:
    """The model of a start with the heads of a task: transformers' own for its kind, others left out.

    Raises:
        InputError: no model of its kind has such heads.
    """
    model, ending = begun.model, one.objective.heads_of
    if not ending:
        return one.with_heads(model)
    heads = tuned_heads(model, ending, _model_type(begun))
    if not heads:
        raise InputError(
            f"{folder}: {with_article(type(model).__name__)} has no head for it: transformers has no For{ending} of one"
        )
    fitted = [head.but(classes=classes) if hasattr(head, "classes") else head for head in heads]
    return replace_heads(model, fitted)


def _model_type(begun: Start) -> str:
    """As what the files of a start were read."""
    return str(getattr(begun.module, "model_type", ""))


def _lr(model: s.Model, *, low_rank: bool) -> float:
    """BERT's rate, brought to the width as ``peak_lr`` does; of low-rank updates LoRA's."""
    return min((LORA_LR if low_rank else LR) * max(1.0, min(LR_WIDTH / width(model), MOST_RAISED)), HIGHEST)


def _trains(choices: Tuned, model: s.Model) -> s.Trained | None:
    if choices.lora is not None:
        own = tuple(f"heads.{slot}.*" for slot in slots(model) if slot != "lm" and _held(model, slot))
        alpha = 2.0 * choices.lora if choices.alpha is None else choices.alpha
        return s.LowRank(choices.lora, alpha, choices.on, choices.lora_dropout, own)
    if choices.upper is not None:
        return s.Upper(choices.upper)
    return s.AllBut(choices.freeze) if choices.freeze else None


def _held(model: s.Model, slot: str) -> bool:
    """Whether the head in a slot has tensors."""
    return any(row.path.startswith(f"heads.{slot}.") for row in s.rows(model))


def _rates(choices: Tuned) -> s.Rates | None:
    same = choices.layer_decay == choices.head_lr == 1.0
    return None if same else s.Rates(choices.layer_decay, choices.head_lr)


# ---------------------------------------------------------------- the run


def initial(plan: TuningPlan) -> WholeModel:
    """The model with the weights of its start; heads that it lacks, or whose classes are others, are drawn.

    A head may be kept where the files of the start keep another: BERT's classifier begins with its pooler's product.
    """
    made, begun = build(plan.model, seed=plan.run.seed), plan.begun
    drawn = {name: tensor.clone() for name, tensor in made.state_dict().items() if name.startswith("heads.")}
    take_weights(made, begun)
    held = made.state_dict()
    assert begun.module
    old = begun.module.state_dict()
    theirs = _their_names(begun.model)
    alike = {names: path for path, names in theirs.items()}
    for name, names in _their_names(plan.model).items():
        if not name.startswith("heads."):
            continue
        source = alike.get(names)
        kept = source and old[source].shape == held[name].shape and not (plan.fresh and name.endswith(CLASS_ROWS))
        with torch.no_grad():
            held[name].copy_(old[source] if kept and source else drawn[name])
    made.model_type = _model_type(begun)  # type: ignore[assignment]
    return made.to("cuda" if torch.cuda.is_available() else "cpu")


CLASS_ROWS = ("out.weight", "out.bias")  # of a head: what has a row for each class


def _their_names(model: s.Model) -> dict[str, tuple[str, ...]]:
    """Under which names files keep each tensor of a model."""
    choice = writable(model)
    return {place.row.path: (choice.layout.model_type, *place.names) for place in places(choice.layout, model)}


def finetune(
    choices: Tuned,
    out: Path,
    *,
    resume: bool = False,
    show: Show | None = None,
    stop: Callable[[], bool] = bool,
    plan: TuningPlan | None = None,
) -> Result:
    """Tune a saved model for a task, and write what comes of it as a directory that ``clados`` and transformers read.

    ``out`` gets the model and its tokenizer, metrics.json (what papers report, on what was held out), run.json,
    log.jsonl, report.html and checkpoints/. Of low-rank updates it gets an adapter in PEFT's layout, unless they are
    merged.

    Args:
        resume: go on from the last checkpoint in ``out``; the choices must be the same.
        plan: what ``tuning_plan(choices)`` gave, when it is at hand.
        stop: asked after each step; when it says so, the run is saved and ends.

    Raises:
        CladosError: for what is wrong with choices, model or data, before anything is written; when ``out`` holds a run
            already and this is not its resumption, or another process trains in it.
        OSError: ``out`` cannot be written to.
    """
    plan = plan or tuning_plan(choices)
    if resume:
        recorded_run(out)
    if out.resolve() == Path(choices.start).resolve():
        raise InputError(f"{out}: this is the model that is tuned; name another folder for what comes of it")
    with holding(out, resume=resume) if world().first else nullcontext():
        trainer = plan.trainer(initial(plan), out, show)
        with reporting(
            out, plan, trainer.show, writes=trainer.world.first, so_far=lambda: ready_of(plan, trainer.trained())
        ):
            result = carry_out(trainer, out, plan.json(), resume=resume, stop=stop)
            if result.finished and trainer.world.first:
                _write(plan, trainer, out)
        trainer.world.wait()
    return result


def _write(plan: TuningPlan, trainer: Trainer, out: Path) -> None:
    """What came of a run, whole or not at all; measured first."""
    adapter = None if plan.choices.lora is None or plan.choices.merge else _adapter(plan, trainer.model)
    trained = trainer.trained()
    measured = metrics(plan, trained)
    facts, problem = plan.facts, getattr(plan.stage.objective, "problem", "")

    def also(folder: Path) -> None:
        if adapter is None:
            write_metadata(folder, labels=facts.classes, problem=problem)
        write_text(folder / METRICS, json.dumps(measured, indent=2) + "\n")

    save_pretrained(trained, out, tokenizer=plan.begun.tokenizer, adapter=adapter, also=also)


def _adapter(plan: TuningPlan, model: nn.Module) -> Adapter:
    """What was learned, apart from what it was learned on."""
    whole = {name: each.detach().cpu() for name, each in model.named_parameters() if each.requires_grad}
    own = {name: each for name, each in whole.items() if UPDATE not in name.split(".") and not name.startswith(OWNED)}
    return Adapter(str(plan.begun.folder.resolve()), updates_of(model), own, plan.choices.lora_dropout)


def metrics(plan: TuningPlan, trained: nn.Module) -> dict[str, float]:
    """What papers report of the task, of the examples that are held out."""
    with torch.inference_mode():
        sample = Sample(plan.held_out, min(MEASURED, len(plan.held_out)), plan.run.batch, 0)
        return plan.task.metrics(ready_of(plan, trained), sample)


def ready_of(plan: TuningPlan, trained: nn.Module) -> Ready:
    """What came of a run, to be applied before it is written."""
    return Ready(
        model=trained,  # type: ignore[arg-type]
        name=plan.card or plan.begun.folder.name,
        tokenizer=plan.begun.tokenizer,
        labels=plan.facts.classes,
        problem=getattr(plan.stage.objective, "problem", ""),
        objective=plan.stage.objective,
        length=plan.setting.length,
        embedding=getattr(trained, "embedding_settings", EmbeddingSettings()),
    )
