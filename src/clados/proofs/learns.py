"""Proof ``learns``: a small self of the model learns by its own objective, and what it learned is in the data."""

import math
from dataclasses import asdict

from clados import spec as s
from clados.objectives import runs
from clados.proofs.proof import Finding, Subject
from clados.proofs.training import SEEDS, Run, choices, trained
from clados.train.learns import NATS, TARGETS
from clados.train.pretrain import Choices

SHARE = 0.8  # of the squared error of guessing the mean


def prove(subject: Subject) -> Finding:
    """Each seed ends below guessing by the margin on held-out data, and a run on shuffled data does not."""
    objective = subject.declaration.recipe.stages[0].objective
    if not runs(objective):
        return Finding("missing", f"nothing runs {type(objective).__name__} yet")
    every = [trained(subject, seed) for seed in (SEEDS[:1] if subject.quick else SEEDS)]
    control = trained(subject, SEEDS[0], shuffled=True)
    rows = tuple(asdict(run) for run in (*every, control))
    said = f"{_ends(objective, every)}; shuffled {control.end:.2f} against {control.baseline['loss']:.2f}"
    days = sorted({run.day for run in (*every, control)})
    said += f"; {chosen(choices(subject, SEEDS[0]))}; trained {' to '.join(dict.fromkeys((days[0], days[-1])))}"
    faults = [f"seed {run.seed} misses the margin" for run in every if not enough(objective, run)]
    faults += ["the control on shuffled data reaches it too"] if enough(objective, control) else []
    if isinstance(objective, s.NextToken | s.MaskedTokens | s.CorruptedSpans | s.Translation) and not subject.quick:
        faults += [f"{run.targets:,} targets" for run in every if run.targets < TARGETS]
    return Finding("fails" if faults else "holds", "; ".join([*faults, said]), rows)


def chosen(asked: Choices) -> str:
    """What was chosen for the small self; what is not named is the recipe's, brought to its size."""
    named: dict[str, object] = {"parameters": asked.params, "vocabulary": asked.vocab, "steps": asked.steps}
    named |= {"batch": asked.batch, "length": asked.length, "rate": asked.lr, "dropout": asked.dropout}
    return "chosen: " + ", ".join(f"{name} {value}" for name, value in named.items() if value is not None)


def enough(objective: s.Objective, run: Run) -> bool:
    """Whether a run ends below guessing by its margin."""
    if not math.isfinite(run.end):
        return False
    if _squared(objective):
        return run.end <= SHARE * run.baseline["loss"]
    return run.end <= run.baseline["loss"] - NATS


def _squared(objective: s.Objective) -> bool:
    return isinstance(objective, s.ReturnConditioned) and objective.error == "squared"


def _ends(objective: s.Objective, runs: list[Run]) -> str:
    """Where the seeds end, beside what needs no model."""
    ends = ", ".join(f"{run.end:.2f}" for run in runs)
    guess = runs[0].baseline["loss"]
    if _squared(objective):
        return f"squared error {ends} against {guess:.2f} of the mean action (asked: {SHARE:.0%} of it)"
    name = (
        "unigram"
        if "unigram" in runs[0].baseline
        else "guessing by frequency"
        if "accuracy" in runs[0].baseline
        else "chance"
    )
    said = f"{ends} nats against {guess:.2f} of {name} (asked: {NATS} below)"
    if isinstance(objective, s.NextToken):
        said += f", {runs[0].baseline['bigram']:.2f} of smoothed bigram"
    return f"{said} on {runs[0].targets:,} held-out targets"
