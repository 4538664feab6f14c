"""Short runs without dropout, alone or as some of torchrun's processes: DATA OUT RUN...; a run is NAME[-sharded]-STEPS.

A name is a card, or another objective on BERT: ``residual`` that of DeBERTa v3, ``paired`` that of InstructOR.

A run whose folder holds checkpoints already is resumed. Each leaves its weights in OUT/RUN/trained.safetensors.
"""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from clados import spec as s
from clados.train.choices import Choices
from clados.train.plan import initial_model
from clados.train.planned import planned
from tests.train.small import choices

data, out, *runs = sys.argv[1:]
torch.set_num_threads(1)
for run in runs:
    card, *more = run.split("-")
    steps = next((int(each) for each in more if each.isdecimal()), 4)
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
    folder = Path(out) / run
    trainer = plan.trainer(initial_model(plan), folder)
    resume = (folder / "checkpoints").exists()
    trainer.world.wait()  # the first makes the folder
    trainer.fit(resume=resume)
    trained = trainer.trained()
    if trainer.world.first:
        save_file(trained.state_dict(), folder / "trained.safetensors")
    trainer.world.wait()
if torch.distributed.is_initialized():
    torch.distributed.destroy_process_group()
