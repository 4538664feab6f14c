"""Proof ``adapts``: the later stages of a recipe move what they are meant to move.

The walk is that of ``clados align`` with nothing chosen, a folder a seed. What is asked of a stage follows from what it
learns: a judge orders more than 80 % of held-out pairs rightly, and after a run on shuffled ones no more than chance;
what learns from judgements is judged better than its start, by a margin, and stays within a distance of it; what takes
noise out of images leaves less of it than its start, without captions where the stage learns without some; everything
else ends below the held-out loss of its start.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from clados import spec as s
from clados.apply.ready import load
from clados.errors import CladosError, InputError
from clados.files import read_json, write_json
from clados.nn.kinds.model import WholeModel
from clados.objectives import runs, task
from clados.objectives.measures import Measure, Sample
from clados.objectives.owned import Frozen
from clados.objectives.rollouts import RolloutTask
from clados.proofs.proof import Finding, Subject
from clados.proofs.training import SEEDS, code_of, given_to
from clados.train.align import Leg, align, choices_of, legs, walk_begun
from clados.train.choices import Choices
from clados.train.plan import Plan, initial_model
from clados.train.planned import planned
from clados.train.pretrain import pretrain, with_start
from clados.train.reinforced import ReinforcedUnit
from clados.train.walk import Walk

ORDERED = 0.8  # pairs that a judge orders rightly
BESIDE_CHANCE = 0.1  # from chance ends a judge whose answers were shuffled, at most
JUDGED = 512  # held-out prompts whose pairs are judged
LEAST_GAIN = 0.5  # deviations of the start's rewards, by which the mean reward has to rise
MOST_NATS = 25.0  # nats of an answer from the start; a run keeps weights within 20, on other prompts
PROMPTS = 192  # held-out prompts that are answered
LOWER_LOSS = 0.1  # nats below its start ends every other stage
MOST_LEFT = 0.99  # times what its start leaves of the noise is the most that a stage leaves
NOISE = "noise"  # the loss of what takes it out of images
NOISY_IMAGES, NOISY_BATCH = 256, 32
ANSWERS_SEED = 17


@dataclass(frozen=True)
class MovedStage:
    """What a stage came to.

    Attributes:
        measure: what was measured, and its values before and after; faults: in what that is not enough.
    """

    stage: str
    seed: int
    measure: str
    before: float
    after: float
    faults: tuple[str, ...]
    more: dict[str, float]

    def row(self) -> dict[str, Any]:
        """As plain data."""
        found = {"stage": self.stage, "seed": self.seed, "measure": self.measure}
        return {**found, "before": self.before, "after": self.after, **self.more}

    def __str__(self) -> str:
        more = "".join(f", {name} {value:.3g}" for name, value in self.more.items())
        return f"{self.stage}: {self.measure} {self.before:.3g} -> {self.after:.3g}{more}"


def prove_adapts(subject: Subject) -> Finding:
    """Each later stage of each seed does what is asked of it; nothing to prove where a recipe has one stage."""
    later = [stage.name for stage in subject.declaration.recipe.stages[1:]]
    if not later:
        return Finding("not applicable", "its recipe has one stage")
    if not any(isinstance(stage, s.Tuning) for stage in subject.declaration.recipe.stages):
        return Finding("missing", f"no measure yet for {', '.join(later)}")
    plan = legs(Walk(model=subject.card.id))
    if left := [each for each in plan if each.without]:
        return Finding("missing", "; ".join(f"stage '{each.stage.name}' {each.without}" for each in left))
    if not subject.trains:
        return Finding("not run", "not trained in this run")
    found = [each for seed in (SEEDS[:1] if subject.quick else SEEDS) for each in _walked(subject, seed)]
    faults = [f"seed {each.seed}, {each.stage}: {fault}" for each in found for fault in each.faults]
    text = "; ".join([*faults, *map(str, found)])
    return Finding("fails" if faults else "holds", text, tuple(each.row() for each in found))


def walk_folder(subject: Subject, seed: int) -> Path:
    """Where a seed's walk is kept."""
    return subject.folder / subject.card.id / f"walked-{seed}"


def _walked(subject: Subject, seed: int) -> Iterator[MovedStage]:
    asked, folder = Walk(model=subject.card.id, seed=seed), walk_folder(subject, seed)
    plan = legs(asked)
    _forget_other(folder, [repr(subject.declaration), *walked_by(subject)])
    if not align(asked, folder, resume=walk_begun(folder)):
        raise InputError(f"{folder}: the walk was stopped")
    for leg in plan:
        one = task(leg.learned)
        if isinstance(one, RolloutTask) and one.judged:
            yield _rewarded(asked, leg, folder)
        elif one.judging:
            yield _ordered(asked, leg, folder)
        elif one.term == NOISE:
            yield _denoised(asked, leg, folder, leg.learned)
        else:
            yield _below(asked, leg, folder)


def walked_by(subject: Subject) -> tuple[str, ...]:
    """What a model's walk is made of beside its declaration: its plan, and the code of the tasks of its stages."""
    if not any(isinstance(stage, s.Tuning) for stage in subject.declaration.recipe.stages):
        return ()
    plan = legs(Walk(model=subject.card.id))
    codes = (code_of(task(each.learned)) for each in plan if runs(each.learned))
    return (*map(repr, plan), *codes, *(text for each in plan for text in given_to(each.learned)))


def _forget_other(folder: Path, mark: list[str]) -> None:
    """Remove what is kept of another declaration or other code, and note of which this is."""
    kept = folder / "walked.json"
    if folder.exists() and _noted(kept) != mark:
        shutil.rmtree(folder)
    write_json(kept, mark)


def _noted(kept: Path) -> object:
    """What a walk was noted to be of; None where nothing can be read."""
    try:
        return read_json(kept)
    except CladosError:
        return None


def _ordered(asked: Walk, leg: Leg, folder: Path) -> MovedStage:
    """Pairs in order, and shuffled ones after a run on such."""
    choices = choices_of(asked, leg, folder)
    found = _in_order(leg, choices, folder / leg.stage.name)
    more, faults = {}, []
    if asked.seed == SEEDS[0]:
        control = folder / f"{leg.stage.name}-shuffled"
        shuffled = replace(choices, shuffled=True)
        pretrain(shuffled, control, resume=(control / "run.json").exists())
        chance = _in_order(leg, shuffled, control)
        more["shuffled"] = chance.value
        faults += ["its control is not at chance"] if abs(chance.value - chance.trivial) > BESIDE_CHANCE else []
    faults += [f"judges no more than {ORDERED:.0%} rightly"] if found.value <= ORDERED else []
    return MovedStage(leg.stage.name, asked.seed, found.name, found.trivial, found.value, tuple(faults), more)


def _in_order(leg: Leg, choices: Choices, folder: Path) -> Measure:
    """What a run's judge does of its held-out data: the share that it judges rightly, and chance."""
    held = planned(choices).held_out
    sample = Sample(held, min(JUDGED, len(held)), 32, choices.seed)
    return task(leg.learned).measure(load(folder), sample)


def _rewarded(asked: Walk, leg: Leg, folder: Path) -> MovedStage:
    """What the judges find of answers to held-out prompts before and after, drawn from the same seed."""
    plan = planned(choices_of(asked, leg, folder))
    before = _unit(plan, initial_model(plan))
    after = _unit(plan, load(folder / leg.stage.name).model)
    after.model.owned.start = Frozen(before.start)
    every, seen = range(len(plan.held_out)), {*after.watched}
    others = [number for number in every if number not in seen] or every  # of few prompts all were seen
    prompts = [plan.held_out.at(number) for number in others[:PROMPTS]]
    was, found = (unit.rollout(prompts, ANSWERS_SEED) for unit in (before, after))
    rise = float(found.scores.mean() - was.scores.mean())
    more = {"deviations": rise / max(float(was.scores.std()), 1e-6), "nats": float(found.kl.mean())}
    more["tokens"] = found.figures()["length"]
    faults = (
        [f"rises by less than {LEAST_GAIN:g} deviations of the start's rewards"]
        if more["deviations"] < LEAST_GAIN
        else []
    )
    faults += [f"is more than {MOST_NATS:g} nats from its start"] if more["nats"] > MOST_NATS else []
    values = float(was.scores.mean()), float(found.scores.mean())
    return MovedStage(leg.stage.name, asked.seed, "reward", *values, tuple(faults), more)


def _unit(plan: Plan, model: WholeModel) -> ReinforcedUnit:
    unit = plan.unit(model)
    assert isinstance(unit, ReinforcedUnit)
    unit.equip(unit.model)
    unit.model.eval()
    return unit


def _denoised(asked: Walk, leg: Leg, folder: Path, objective: Any) -> MovedStage:
    """The share of the noise in held-out images that is left before and after, from the same draws.

    Where the stage shows some images without their captions, all are without, as guidance asks the model for them.
    """
    plan, after = with_start(choices_of(asked, leg, folder), folder / leg.stage.name), load(folder / leg.stage.name)
    assert isinstance(plan, Plan)
    one = task(objective.but(dropped=1.0 if objective.dropped else 0.0))
    sample = Sample(plan.held_out, min(NOISY_IMAGES, len(plan.held_out)), NOISY_BATCH, ANSWERS_SEED)
    left = []
    with torch.no_grad():
        for model in (initial_model(plan).eval(), after.model.eval()):
            found = [one.loss(model, batch).parts[NOISE] for batch in one.batches(replace(after, model=model), sample)]
            left.append(float(sum(each.sum for each in found)) / sum(each.weight for each in found))
    name = "noise left without captions" if objective.dropped else "noise left"
    lower = left[1] <= MOST_LEFT * left[0]
    faults = () if lower else (f"leaves more than {MOST_LEFT:g} of the noise that its start leaves",)
    return MovedStage(leg.stage.name, asked.seed, name, left[0], left[1], faults, {})


def _below(asked: Walk, leg: Leg, folder: Path) -> MovedStage:
    """The held-out loss before and after, as the run measured it."""
    lines = (folder / leg.stage.name / "log.jsonl").read_text(encoding="utf-8").splitlines()
    losses = [entry["held_out"]["loss"] for entry in map(json.loads, lines) if "held_out" in entry]
    faults = () if losses[-1] <= losses[0] - LOWER_LOSS else (f"does not end {LOWER_LOSS:g} below its start",)
    return MovedStage(leg.stage.name, asked.seed, "held-out loss", losses[0], losses[-1], faults, {})
