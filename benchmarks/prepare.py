"""How long a step's batches take to prepare, against the step that learns from them: for every objective.

A step is that of a small model of about 10M parameters whose recipe has the objective, on one thread; half of its
seconds are what two threads take at best. Seconds are the processor's own, so that what else runs counts for nothing.
"""

import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from benchmarks.harness import Figure, Limits, figure, timed
from clados.checkpoints import save_pretrained
from clados.models.declared import declared, package_models
from clados.nn import build
from clados.objectives import runs, task
from clados.train.choices import Choices
from clados.train.planned import planned

PARAMS = "10M"
WANTED = 5.0
STEPS = 1  # of each, after one that warms up
AT_LEAST = 0.2  # seconds for which batches are prepared, of each step


def prepare(limits: Limits) -> list[Figure]:
    """Every objective that some model of the catalogue learns."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with tempfile.TemporaryDirectory() as folder:
            return [_figure(each, Path(folder)) for each in _choices()]
    finally:
        torch.set_num_threads(threads)


def _choices() -> Iterator[Choices]:
    """A run of one stage of each objective."""
    seen = set()
    for card in package_models():
        for stage in declared(card).recipe.stages:
            kind = type(stage.objective)
            if kind not in seen and runs(stage.objective):
                seen.add(kind)
                yield Choices(model=card, stage=stage.name, steps=10**6, params=PARAMS)


def _figure(choices: Choices, folder: Path) -> Figure:
    objective = choices.chain[-1].objective
    if teacher := task(objective).teacher:
        taught = folder / choices.card_id
        plan = planned(Choices(model=teacher.partition(":")[0], steps=1, params=PARAMS))
        save_pretrained(build(plan.model), taught, tokenizer=plan.tokenizer)
        choices = replace(choices, teacher=str(taught), params=None)
    plan = planned(choices)
    trainer = plan.trainer(build(plan.model))
    trainer.model.train()
    unit: Any = trainer.unit
    trainer._update(0, 0, unit.batches(0))
    seconds: dict[str, list[float]] = {"prepared": [], "learned from": []}
    number = tokens = 0
    for _ in range(STEPS):
        made, begun = 0, time.process_time()
        while not made or time.process_time() - begun < AT_LEAST:
            number, made = number + 1, made + 1
            batches = unit.batches(number)
        prepared = (time.process_time() - begun) / made
        learned = timed(lambda: trainer._update(number, 0, batches), time.process_time) / 2  # noqa: B023
        seconds["prepared"].append(prepared)
        seconds["learned from"].append(learned)
        tokens = sum(each.tokens for each in batches)
    speeds = ", ".join(f"{tokens / min(each):,.0f} a second {name}" for name, each in seconds.items())
    count = sum(each.numel() for each in trainer.model.parameters()) / 1e6
    rows = f"{plan.run.batch} x {plan.setting.length}" if plan.setting.length else f"{plan.run.batch}"
    note = f"{choices.card_id} of {count:.1f}M, {rows}, {tokens:,} positions: {speeds}"
    name = f"{type(objective).__name__}, a step on two threads against its batches on one core"
    return figure(name, seconds, WANTED, ours="prepared", peer="learned from", note=note)
