"""Short runs without dropout, alone or as some of torchrun's processes: DATA OUT RUN...; a run is NAME[-sharded]-STEPS.

A name is a card, or another objective on BERT: ``residual`` that of DeBERTa v3, ``paired`` that of InstructOR; or
``judged``, and with a judge that fails in its fourth call ``refused``, each of which learns from judged answers.

A run whose folder holds checkpoints already is resumed. Each leaves its weights in OUT/RUN/trained.safetensors.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from clados import spec as s
from clados.train.choices import Choices
from clados.train.loop import Trainer
from clados.train.plan import initial_model
from clados.train.planned import planned
from clados.train.unit import Run
from tests.train.small import choices
from tests.train.test_reinforced import PPO, unit_of

EPS = 1e-3  # of Adam: beside a smaller one, rounding turns a gradient of nearly nothing into whole steps
CALLS: list[int] = []  # how many answers each had


def judge(prompts: Sequence[str], answers: Sequence[str]) -> list[float]:
    """A judge that no two processes agree with, and no two calls."""
    CALLS.append(len(answers))
    if run.startswith("refused") and len(CALLS) == 4:
        raise ValueError("tired")
    return [float(len(answer)) + 100 * trainer.world.rank + 1000 * len(CALLS) for answer in answers]


def judged(folder: Path, steps: int) -> Trainer:
    """A run whose first process has to say what came of it in all of them."""
    numbers = Run(steps=steps, batch=8, lr=1e-2, every=2, save_every=2, held_out=3, best=True)
    return Trainer(unit_of(PPO, numbers, judge), numbers, folder)


def trainer_of(card: str, more: Sequence[str], steps: int) -> Trainer:
    """The run of a name."""
    if card in ("judged", "refused"):
        return judged(folder, steps)
    if card == "clip":
        plan = planned(choices("emoji", "clip", steps=steps, batch=8, params="300K"))
    elif card == "paired":
        plan = planned(choices("glosses", "bert", objective="instructor", steps=steps, batch=8, dropout=0.0))
    else:
        named: dict[str, Any] = {"residual": {"model": "bert", "objective": "deberta:v3-base"}}
        own = {"params": None, "vocab": Choices.vocab}  # those of the teacher
        named |= {"distilbert": {"model": card, "teacher": str(Path(out).parent / "teacher"), **own}}
        plan = planned(choices(data, **named.get(card, {"model": card}), steps=steps, batch=8, micro=2))
        plan = replace(plan, model=s.dropping(plan.model, 0.0))
    plan = replace(plan, run=replace(plan.run, sharded="sharded" in more))
    assert isinstance(plan.stage.optimiser, s.AdamW)
    smooth = replace(plan.stage.optimiser, eps=EPS)
    plan = replace(plan, stage=replace(plan.stage, optimiser=smooth))
    return plan.trainer(initial_model(plan), folder)


data, out, *runs = sys.argv[1:]
torch.set_num_threads(1)
for run in runs:
    card, *more = run.split("-")
    folder = Path(out) / run
    trainer = trainer_of(card, more, next((int(each) for each in more if each.isdecimal()), 4))
    resume = (folder / "checkpoints").exists()
    trainer.world.wait()  # the first makes the folder
    trainer.fit(resume=resume)
    if card == "judged":
        assert trainer.best
        told = trainer.world.gathered(
            (trainer.best.step, dict(trainer.unit.noted), float(next(trainer.model.parameters()).detach().sum()))
        )
        assert told == [told[0]] * len(told), told
        assert ([] if trainer.world.rank else [3, 8, 8, 3, 8, 8, 3]) == CALLS, CALLS  # evaluations and steps
    trained = trainer.trained()
    if trainer.world.first:
        save_file(trained.state_dict(), folder / "trained.safetensors")
    trainer.world.wait()
if torch.distributed.is_initialized():
    torch.distributed.destroy_process_group()
