"""The plan of a run: everything that it needs, decided."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import torch

from clados import spec as s
from clados.data.tokenizer import Tokenizer
from clados.nn.kinds.model import WholeModel
from clados.nn.make import build
from clados.nn.memory import enough_memory
from clados.objectives import Batch, Setting, Source, SourceConfig, task
from clados.objectives.base import Judge
from clados.objectives.judges import recorded_name
from clados.objectives.rollouts import RolloutTask
from clados.train.averages import fitted_average
from clados.train.choices import CHOICE_TYPES, Choices
from clados.train.fitting import Facts, texts
from clados.train.log import Show
from clados.train.loop import Trainer
from clados.train.optimisers import rate_reason
from clados.train.reinforced import ReinforcedUnit
from clados.train.reported import run_units
from clados.train.scaled import ScaledNumber, rate_model
from clados.train.sources import RunData
from clados.train.start import Start, take_weights
from clados.train.supervised import SupervisedUnit
from clados.train.unit import Run, smaller
from clados.version import __version__


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything that a run needs, decided: nothing has been trained or written yet."""

    choices: Choices
    card: str
    published: s.Stage  # the paper's
    published_size: str  # whose numbers these are
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
    judges: Mapping[str, Judge] = field(default_factory=dict)  # of answers, by name
    critic: WholeModel | None = None  # what foresees their scores, where that is not the model itself
    text: Source | None = None  # what is learned beside answers: rows of the pretraining text
    before: "Plan | None" = None  # of what it starts from, where that is not trained yet
    teaching: "Plan | None" = None  # of its teacher, likewise
    not_run: tuple[str, ...] = ()  # stages of the recipe that nothing trains, and why
    stages: int = 1  # of the chain that leads to this one, itself counted

    def trainer(self, initial_model: WholeModel, folder: Path | None = None, show: Show | None = None) -> Trainer:
        """The trainer of a model made from this plan; with a folder, its checkpoints are marked as this model's."""
        notes = {"model": self.card, "shuffled": self.choices.shuffled, **self.origin}
        return Trainer(self.unit(initial_model), self.run, folder, show or Show(), notes)

    def unit(self, initial_model: WholeModel) -> SupervisedUnit | ReinforcedUnit:
        """What trains a model made from this plan."""
        if isinstance(task(self.stage.objective), RolloutTask):
            judged = self.train, self.run, self.judges, self.held_out, self.text, self.critic
            return ReinforcedUnit(initial_model, self.stage, self.setting, *judged)
        data = self.train, self.run, self.held_out, self.choices.shuffled
        return SupervisedUnit(initial_model, self.stage, self.setting, *data)

    @property
    def origin(self) -> dict[str, str]:
        """The version that plans the run, and checksums of what it is made from."""
        tokenizer = self.tokenizer.key if self.tokenizer else ""
        sums = {"clados": __version__, "data checksum": self.data.checksum, "tokenizer checksum": tokenizer}
        sums |= {"start checksum": self.start.checksum} if self.start and self.start.checksum else {}
        return sums | ({"teacher checksum": self.taught.checksum} if self.taught and self.taught.checksum else {})

    def batch(self) -> Batch:
        """The first batch of the first step."""
        return self.unit(build(self.model, device="meta")).batches(0)[0]

    @property
    def source_config(self) -> SourceConfig:
        """What the sources were made with."""
        scales, shuffled = self.facts.scales, self.choices.shuffled
        made = self.setting.length, self.run.seed, self.tokenizer, scales, shuffled, self.model.writes
        start, teacher = (cast("WholeModel | None", each and each.module) for each in (self.start, self.taught))
        return SourceConfig(*made, model=self.model, start=start, teacher=teacher)

    @property
    def scaled(self) -> dict[str, ScaledNumber]:
        """The numbers of the run that are brought to a small machine, beside the published ones."""
        run, paper = self.run, self.published
        average = fitted_average(paper, run.steps)
        return {
            "steps": ScaledNumber(run.steps, paper.steps),
            "batch": ScaledNumber(run.batch, paper.batch),
            "length": ScaledNumber(self.setting.length, paper.length),
            "rate": ScaledNumber(run.lr, self.published_lr),
            **({} if average is None else {"average": ScaledNumber(average, paper.average)}),
        }

    @property
    def rate_reason(self) -> str:
        """Why the rate is another than the published one; empty where it is the same, or the user's own."""
        if self.choices.lr:
            return ""
        paper = rate_model(self.choices.card_id, self.stage, self.choices.declaration.at(self.published_size))
        return rate_reason(self.stage, paper, self.model)

    @property
    def numbers_of(self) -> str:
        """The published model whose recipe the numbers are scaled from."""
        return f"{self.choices.card_id}:{self.published_size}"

    @property
    def lacking(self) -> tuple[str, ...]:
        """The objective's marks that stand nowhere in the data."""
        return task(self.stage.objective).lacking(texts(self.data.kept))

    @property
    def sequence(self) -> "tuple[Plan, ...]":
        """The plans of all that is to be trained, in order, this one last."""
        return (*(each for first in (self.before, self.teaching) if first for each in first.sequence), self)

    def stage_json(self) -> dict[str, Any]:
        """This stage in short: what it learns, from what, and what of its numbers is scaled from which."""
        numbers = {name: {"here": each.here, "published": each.published} for name, each in self.scaled.items()}
        return {
            "model": self.card,
            "stage": self.published.name,
            "objective": repr(self.published.objective),
            "objective of": self.choices.objective_of,
            "data": self.published.data,
            "examples": len(self.train),
            "left out": self.dropped,
            "marks without data": [*self.lacking],
            "start": str(self.start.folder) if self.start else None,
            "teacher": str(self.taught.folder) if self.taught else None,
            "size": repr(self.model.size),
            "parameters": s.count_parameters(self.model).total,
            "recipe": self.numbers_of,
            **numbers,
            "why this rate": self.rate_reason,
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
        beside = 0 if self.critic is None else sum(each.numel() for each in self.critic.parameters())
        weights = 16 * (s.count_parameters(self.model).total + beside)
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
            "units": run_units(task(self.stage.objective)),
            "parameters": s.count_parameters(self.model).total,
            "length": self.setting.length,
            "batch": run.batch,
            "documents": dict(zip(("trained on", "held out"), self.data.documents)),
            **({"judges": [*map(recorded_name, self.judges)]} if self.judges else {}),
            **({name: getattr(run, name) for name in ("best", "every", "held_out")} if run.best else {}),
            **self.data.json(),
            "examples": {"trained on": len(self.train), "held out": len(self.held_out)},
            **self.facts.json(),
        }


def initial_model(plan: Plan) -> WholeModel:
    """The plan's model, drawn from its seed or taken from where it starts, on the accelerator when there is one."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    total = s.count_parameters(plan.model).total
    with enough_memory(f"a model of {total:,} parameters", smaller(plan.model, ("--length", "--params"))):
        made = build(plan.model, seed=plan.run.seed)
        if plan.start:
            take_weights(made, plan.start)
        else:
            task(plan.stage.objective).begin(made, plan.setting)
        return made.to(device)
