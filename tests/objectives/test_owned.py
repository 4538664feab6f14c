"""What an objective owns beside the model: trained, saved, restored and let go with it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

from clados import spec as s
from clados.nn import build
from clados.nn.kinds.model import WholeModel
from clados.objectives import Batch, Frozen, Loss, LossTerm, Owned, Setting
from clados.objectives.next_token import NextTokenTask
from clados.train.loop import Trainer
from clados.train.plan import Plan, initial_model
from clados.train.planned import planned
from clados.train.trained import merge
from tests.train.small import choices, write_texts


class WithScales(s.NextToken):
    """A model's states times some numbers, and beside it another model, and one that is only asked."""


class Scales(Owned):
    def __init__(self, model: WholeModel, seed: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(model.spec.size.d_model))
        self.register_buffer("seen", torch.zeros(()))
        self.other = build(model.spec, seed=seed)
        self.asked = Frozen(build(model.spec, seed=seed))

    def leave(self, model: nn.Module) -> None:
        with torch.no_grad():
            model.inputs.tokens.weight *= self.scale  # type: ignore[union-attr, operator]


class WithScalesTask(NextTokenTask, objective=WithScales):
    def owned(self, model: WholeModel, setting: Setting, seed: int) -> Owned:
        return Scales(model, seed)

    def loss(self, model: WholeModel, batch: Batch) -> Loss:
        owned = model.owned
        owned.seen += model.training
        states = model.states(**batch.inputs) * owned.scale + owned.other.states(**batch.inputs)
        with torch.no_grad():
            assert not owned.asked.model.training
        weight = batch.weights["lm"]
        return Loss({"lm": LossTerm(model.heads["lm"].nll(states.flatten(0, 1), **_labels(batch, model)), weight)})


def _labels(batch: Batch, model: WholeModel) -> dict[str, Any]:
    return {"labels": batch.targets["labels"], "inputs": model.written_inputs}


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    plan = planned(choices(write_texts(tmp_path_factory.mktemp("texts")), params="100K", steps=6))
    return replace(plan, stage=plan.stage.but(objective=WithScales()), run=replace(plan.run, steps=6, save_every=3))


def whole(trainer: Trainer) -> dict[str, torch.Tensor]:
    return {name: each.clone() for name, each in trainer.model.state_dict().items()}


def test_what_is_owned_learns_and_is_saved_and_resumed_bit_for_bit(plan: Plan, tmp_path: Path) -> None:
    one = plan.trainer(initial_model(plan), tmp_path / "one")
    before = whole(one)
    steps: Sequence[Any] = one.fit().losses
    after = whole(one)
    names = [name for name in after if name.startswith("owned.")]
    assert {"owned.scale", "owned.seen", "owned.other.inputs.tokens.weight"} < set(names)
    assert all(not torch.equal(before[name], after[name]) for name in names if "norm" not in name)
    assert not any("asked" in name for name in names)
    last = load_file(tmp_path / "one/checkpoints/step-00000006/model.safetensors")
    assert all(torch.equal(last[name], after[name]) for name in after)
    (tmp_path / "two").mkdir()
    stopped = plan.trainer(initial_model(plan), tmp_path / "two")
    asked: list[int] = []
    stopped.stop = lambda: asked.append(0) or len(asked) == 3  # type: ignore[func-returns-value]
    assert not stopped.fit().finished
    rest = plan.trainer(initial_model(plan), tmp_path / "two")
    assert rest.fit(resume=True).losses == steps
    assert all(torch.equal(each, after[name]) for name, each in whole(rest).items())


def test_nothing_of_it_stays_but_what_it_leaves(plan: Plan) -> None:
    trainer = plan.trainer(initial_model(plan))
    trainer.fit()
    table, scale = trainer.model.inputs.tokens.weight.clone(), trainer.model.owned.scale.clone()  # type: ignore[union-attr, operator]
    trained = trainer.trained()
    assert trained.state_dict().keys() == build(plan.model).state_dict().keys()
    torch.testing.assert_close(trained.inputs.tokens.weight, table * scale)  # type: ignore[union-attr]
    kept = whole(trainer)
    merge(trained)  # twice is once
    assert all(torch.equal(each, kept[name]) for name, each in trained.state_dict().items())


def test_tensors_of_an_owned_model_decay_as_the_model_s_own(plan: Plan) -> None:
    trainer = plan.trainer(initial_model(plan))
    names = {id(each): name for name, each in trainer.model.named_parameters()}
    decayed, spared = ({names[id(each)] for each in group["params"]} for group in trainer.optimiser.param_groups)
    assert decayed | spared == set(names.values())
    for some in (decayed, spared - {"owned.scale"}):
        ours = {name for name in some if not name.startswith("owned.")}
        assert {name.removeprefix("owned.other.") for name in some - ours} == ours
