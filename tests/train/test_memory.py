"""Memory from step to step: rows go on with their texts, and a run that is resumed remembers what it had read."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from clados.data.errors import DataError
from clados.data.sampler import Lanes
from clados.errors import InputError
from clados.train.plan import Plan, initial_model
from clados.train.planned import planned
from tests.train.small import choices, write_texts


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Plan]:
    data = write_texts(tmp_path_factory.mktemp("texts"))
    few = {"params": "60K", "vocab": 60, "length": 16, "batch": 4, "steps": 5}
    return {card: planned(choices(data, card, **few)) for card in CARDS}


CARDS = ("transformer-xl", "xlnet")


def test_rows_go_on_through_their_lanes_and_end_together() -> None:
    lanes = Lanes(11, 4)
    steps = [lanes.step(number) for number in range(5)]
    assert steps[0] == [(0, 0), (0, 2), (0, 5), (0, 8)]
    assert steps[1] == [(0, 1), (0, 3), (0, 6), (0, 9)]
    assert steps[2] == [(1, index) for _, index in steps[0]]
    assert [lanes.begins(number) for number in range(5)] == [True, False, True, False, True]
    shares = [Lanes(11, 4, rank, 2).step(1) for rank in (0, 1)]
    assert [row for pair in zip(*shares) for row in pair] == steps[1]
    with pytest.raises(DataError, match=r"the text has 3 segments, fewer than the batch of 4 rows"):
        Lanes(3, 4)


@pytest.mark.parametrize("card", CARDS)
def test_each_row_goes_on_with_the_text_of_the_row_before_it_and_sees_what_that_left(
    plans: dict[str, Plan], card: str
) -> None:
    plan = plans[card]
    trainer = plan.trainer(initial_model(plan))  # in evaluation mode: without dropout
    batches = [next(trainer.unit.updates(step))[0] for step in range(3)]
    assert [batch.begins for batch in batches] == [True, False, False]
    assert {batch.lanes for batch in batches} == {(0, 1, 2, 3)}
    with torch.no_grad():
        states = [trainer.unit.loss(batch).sum for batch in batches]
        mems = None
        for batch, seen in zip(batches, states):
            inputs = batch.inputs if mems is None else {**batch.inputs, "mems": mems}
            _, mems = trainer.model.segment(**inputs)  # type: ignore[operator]
            again = trainer.unit.task.loss(trainer.model, replace(batch, inputs=inputs)).sum  # type: ignore[attr-defined]
            torch.testing.assert_close(seen, again)
        forgetful = trainer.unit.task.loss(trainer.model, batches[2]).sum  # type: ignore[attr-defined]
    assert not torch.isclose(states[2], forgetful, rtol=1e-6)


@pytest.mark.parametrize("card", CARDS)
def test_no_gradient_passes_from_a_segment_to_the_one_before(plans: dict[str, Plan], card: str) -> None:
    plan = plans[card]
    trainer = plan.trainer(initial_model(plan))
    first, second = (next(trainer.unit.updates(step))[0] for step in (0, 1))
    trainer.unit.loss(first)
    assert all(not each.requires_grad for each in trainer.unit.memory.lanes.values())  # type: ignore[attr-defined]
    trainer.unit.loss(second).sum.backward()


@pytest.mark.parametrize("card", CARDS)
def test_small_batches_remember_as_a_large_one(plans: dict[str, Plan], card: str) -> None:
    losses = []
    for micro in (4, 3):
        plan = replace(plans[card], run=replace(plans[card].run, micro=micro))
        trainer = plan.trainer(initial_model(plan))  # in evaluation mode: without dropout
        losses.append([trainer.step(step)["loss"] for step in range(4)])
    assert losses[1] == pytest.approx(losses[0], rel=1e-4)


@pytest.mark.parametrize("card", CARDS)
def test_a_resumed_run_remembers_bit_for_bit(plans: dict[str, Plan], card: str, tmp_path: Path) -> None:
    plan = replace(plans[card], run=replace(plans[card].run, every=2, save_every=10))
    whole = plan.trainer(initial_model(plan), tmp_path / "whole").fit()
    stopped = plan.trainer(initial_model(plan), tmp_path / "stopped")
    stopped.stop = iter([False, False, True]).__next__
    assert not stopped.fit().finished
    resumed = plan.trainer(initial_model(plan), tmp_path / "stopped")
    again = resumed.fit(resume=True)
    assert again.losses == whole.losses
    assert again.held_out == whole.held_out
    last = "checkpoints/step-00000005"
    for file in ("model.safetensors", "optimiser.safetensors", "carried.safetensors"):
        assert (tmp_path / "whole" / last / file).read_bytes() == (tmp_path / "stopped" / last / file).read_bytes()
    assert sorted(load_file(tmp_path / "whole" / last / "carried.safetensors")) == [f"mems.{n}" for n in range(4)]


@pytest.mark.parametrize("card", CARDS)
def test_what_is_held_out_has_a_memory_of_its_own(plans: dict[str, Plan], card: str) -> None:
    plan = plans[card]
    trainer = plan.trainer(initial_model(plan))
    trainer.step(0)
    kept = {lane: each.clone() for lane, each in trainer.unit.memory.lanes.items()}  # type: ignore[attr-defined]
    with trainer.evaluating():
        first, again = (trainer.unit.evaluate(trainer.devices) for _ in range(2))
    assert first == again
    assert all(np.array_equal(each, kept[lane]) for lane, each in trainer.unit.memory.lanes.items())  # type: ignore[attr-defined]


def test_a_model_without_a_memory_is_refused(plans: dict[str, Plan]) -> None:
    plan = plans["transformer-xl"]
    other = planned(choices(plan.choices.data or "", "gpt-2", vocab=300, length=16))
    task = plan.trainer(initial_model(plan)).unit.task  # type: ignore[attr-defined]
    with pytest.raises(InputError, match="needs a model that remembers"):
        task.prepare([], [], other.setting)
