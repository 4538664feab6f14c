"""Proof ``learns``: a small self of the model learns by its own objective, and what it learned is in the data."""

import math
from dataclasses import asdict
from typing import Any

from clados import spec as s
from clados.objectives import Task, runs, task
from clados.proofs.proof import Finding, Subject
from clados.proofs.training import SEEDS, SmallRun, choices, stage_of, trained, untaught
from clados.train.choices import Choices


def prove_learns(subject: Subject) -> Finding:
    """Each seed ends below guessing by the margin on held-out data, and a run on shuffled data does not.

    A tuned model, which must also end as far below what it was before, learns for as long as its work asks for. A
    student that starts as its teacher has to end lower than it began, as has every run, and than without a teacher.
    """
    stage = stage_of(subject.declaration)
    objective = stage.objective
    if not runs(objective):
        return Finding("missing", f"nothing runs {type(objective).__name__} yet")
    tuned = isinstance(stage, s.Tuning) and not task(objective).teacher
    every = [trained(subject, seed, longer=tuned) for seed in (SEEDS[:1] if subject.quick else SEEDS)]
    control = trained(subject, SEEDS[0], shuffled=True, longer=tuned)
    alone = untaught(subject)
    rows = tuple({"objective": type(objective).__name__, **asdict(run)} for run in (*every, control))
    one, baseline = task(objective), every[0].baseline
    ends = f"{one.compared([run.end for run in every], baseline)} on {every[0].targets:,} held-out targets"
    evidence = f"{ends}; shuffled {control.end:.2f} against {control.baseline['loss']:.2f}"
    evidence += f"; without a teacher {alone.end:.2f}" if alone else ""
    days = sorted({run.day for run in (*every, control)})
    chosen = choices_text(choices(subject, SEEDS[0], longer=tuned))
    evidence += f"; {chosen}; trained {' to '.join(dict.fromkeys((days[0], days[-1])))}"
    if isinstance(stage, s.Tuning):
        evidence += f"; before tuning {', '.join(f'{run.start:.2f}' for run in every)}"
    faults = [f"seed {run.seed} {fault}" for run in every if (fault := _fault(one, run, tuned=tuned))]
    faults += ["the control on shuffled data reaches it too"] if enough(one, control) else []
    faults += ["no lower than without a teacher"] if alone and max(run.end for run in every) >= alone.end else []
    if not subject.quick:
        faults += [f"only {run.targets:,} targets" for run in every if run.targets < one.targets]
    return Finding("fails" if faults else "holds", "; ".join([*faults, evidence]), rows)


def _fault(one: Task[Any, Any], run: SmallRun, *, tuned: bool) -> str:
    """What a run lacks; empty when nothing."""
    if not enough(one, run):
        return "misses the goal"
    if run.end >= run.start:
        return "ends no lower than it began"
    return "" if enough(one, run, tuned=tuned) else "is not so far below what it was before tuning"


def choices_text(asked: Choices) -> str:
    """What was chosen for the small self; what is not named is the recipe's, brought to its size."""
    named: dict[str, object] = {"parameters": asked.params, "vocabulary": asked.vocab, "steps": asked.steps}
    named |= {"batch": asked.batch, "length": asked.length, "rate": asked.lr, "dropout": asked.dropout}
    return "chosen: " + ", ".join(f"{name} {value}" for name, value in named.items() if value is not None)


def enough(task: Task[Any, Any], run: SmallRun, *, tuned: bool = False) -> bool:
    """Whether a run ends below its goal; a tuned model also as far below what it was before."""
    beaten = min(run.baseline["loss"], run.start) if tuned else run.baseline["loss"]
    return math.isfinite(run.end) and run.end <= task.goal(beaten)
