"""The average of weights: what it is after each update, what is evaluated and kept, and how a run goes on with it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import clados
from clados import spec as s
from clados.models.declared import declared
from clados.train import saved
from clados.train.averages import AVERAGE, WeightAverage, fitted_average
from clados.train.loop import Trainer
from clados.train.optimisers import Adafactor, Lion
from clados.train.plan import Plan, initial_model
from clados.train.planned import planned
from tests.train.small import choices, write_texts

MAKERS: dict[str, Callable[[list[nn.Parameter]], torch.optim.Optimizer]] = {
    "AdamW": lambda tensors: torch.optim.AdamW(tensors, lr=0.1, fused=True),
    "Adagrad": lambda tensors: torch.optim.Adagrad(tensors, lr=0.1),
    "Lion": lambda tensors: Lion([{"params": tensors}], 0.1, (0.9, 0.99)),
    "Adafactor": lambda tensors: Adafactor(tensors, 0.1, [(4,), (4,)]),
}


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    made = planned(choices(write_texts(tmp_path_factory.mktemp("texts")), steps=6))
    return replace(made, stage=made.stage.but(average=0.75, steps=6))


def test_a_run_of_another_length_averages_over_the_same_share_of_it() -> None:
    stage = declared("dall-e-2").recipe.stages[0]
    assert stage.average == 0.9999
    assert fitted_average(stage, 800_000) == pytest.approx(0.9999, abs=1e-12)
    for steps in (3, 300, 80_000):
        found = fitted_average(stage, steps)
        assert found is not None
        assert found / (1 - found) / steps == pytest.approx(0.9999 / 0.0001 / 800_000)
    assert fitted_average(stage.but(steps=None), 300) == pytest.approx(0.75)
    assert fitted_average(stage.but(steps=None, average=0.5), 300) == 0.5
    assert fitted_average(stage.but(average=None), 300) is None


@pytest.mark.parametrize("average", [1.0, -0.1])
def test_a_decay_that_is_none_is_refused(average: float) -> None:
    with pytest.raises(s.SpecError, match=r"Stage.average is .*; it must be at least 0 and below 1"):
        declared("gpt-2").recipe.stages[0].but(average=average)


@pytest.mark.parametrize("name", MAKERS)
def test_it_is_what_its_recursion_says_and_leaves_training_as_it_was(name: str) -> None:
    """Also of a tensor that has its first gradient later than others; Adagrad keeps sums of it before."""
    torch.manual_seed(0)
    start = [torch.randn(4, 3), torch.randn(4, 3)]
    gradients = [[torch.randn(4, 3), None if step < 2 else torch.randn(4, 3)] for step in range(5)]

    def run(kept: bool) -> tuple[list[list[torch.Tensor]], torch.optim.Optimizer]:
        tensors = [nn.Parameter(each.clone()) for each in start]
        optimiser = MAKERS[name](tensors)
        average = WeightAverage(optimiser, 0.7) if kept else None
        course = []
        for given in gradients:
            for tensor, gradient in zip(tensors, given):
                tensor.grad = gradient
            optimiser.step()
            course.append([each.detach().clone() for each in tensors])
            if average:
                with average.in_place():
                    pass
        return course, optimiser

    course, optimiser = run(kept=True)
    for one, other in zip(course, run(kept=False)[0]):
        assert all(torch.equal(*pair) for pair in zip(one, other))
    for number, state in enumerate(optimiser.state_dict()["state"].values()):
        wanted = None
        for step, weights in enumerate(course):
            if gradients[step][number] is not None or wanted is not None or name == "Adagrad":
                wanted = weights[number] if wanted is None else 0.7 * wanted + 0.3 * weights[number]
        torch.testing.assert_close(state[AVERAGE], wanted)


def test_the_average_is_evaluated_and_comes_of_a_run(plan: Plan) -> None:
    trainer = plan.trainer(initial_model(plan))
    evaluated: list[dict[str, torch.Tensor]] = []
    measured = trainer.unit.evaluate

    def evaluate(*given: Any) -> dict[str, float]:
        evaluated.append({name: each.clone() for name, each in trainer.model.state_dict().items()})
        return measured(*given)

    trainer.unit.evaluate = evaluate  # type: ignore[method-assign, assignment]
    course: list[dict[str, torch.Tensor]] = []
    trainer.optimiser.register_step_post_hook(
        lambda *_: course.append({name: each.clone() for name, each in trainer.model.state_dict().items()})
    )
    trainer.fit()
    for name, found in trainer.trained().state_dict().items():
        wanted = course[0][name]
        for weights in course[1:]:
            wanted = 0.75 * wanted + 0.25 * weights[name]
        torch.testing.assert_close(found, wanted)
        assert torch.equal(found, evaluated[-1][name])
    assert any(not torch.equal(course[-1][name], evaluated[-1][name]) for name in course[-1])


def test_a_run_that_was_stopped_goes_on_bit_for_bit(plan: Plan, tmp_path: Path) -> None:
    def trainer(name: str) -> Trainer:
        return plan.trainer(initial_model(plan), tmp_path / name)

    whole, stopped, resumed = trainer("whole"), trainer("halves"), trainer("halves")
    whole.fit()
    steps = iter(range(1, 7))
    stopped.stop = lambda: next(steps) == 3
    assert not stopped.fit().finished
    assert resumed.fit(resume=True).finished
    for name, tensor in whole.trained().state_dict().items():
        assert torch.equal(tensor, resumed.trained().state_dict()[name]), name
    ends = [saved.checkpoints(tmp_path / name / "checkpoints")[-1] for name in ("whole", "halves")]
    for file in (saved.WEIGHTS, saved.MOMENTS):
        assert (ends[0] / file).read_bytes() == (ends[1] / file).read_bytes()


def test_of_a_run_that_ends_early_the_best_average_is_kept(plan: Plan) -> None:
    early = replace(plan, run=replace(plan.run, patience=9, every=2))
    trainer, usual = early.trainer(initial_model(early)), plan.trainer(initial_model(plan))
    usual.fit()
    last = trainer.fit().held_out[-1]["loss"]
    assert trainer.best is not None
    assert trainer.best.loss == last  # so short a run does best at its end
    assert all(
        torch.equal(a, b) for a, b in zip(trainer.model.state_dict().values(), usual.model.state_dict().values())
    )


def test_a_model_with_an_average_is_trained_and_saved(tmp_path: Path) -> None:
    plan = planned(choices("fashion", "gc-vit", length=None, vocab=2048, steps=2, params="600K"))
    assert plan.scaled["average"].published == 0.9998
    trainer = plan.trainer(initial_model(plan))
    trainer.fit()
    model = trainer.trained()
    clados.save_pretrained(model, tmp_path / "model")
    again = clados.from_pretrained(tmp_path / "model")
    assert all(torch.equal(a, b) for a, b in zip(model.state_dict().values(), again.state_dict().values()))
