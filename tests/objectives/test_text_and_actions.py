"""Gato's objective: what is learned of a sequence, and what stands before it."""

from typing import Any

import numpy as np
import pytest

from clados import spec as s
from clados.apply.time_steps import TimeSteps, sequenced
from clados.data.examples import DataError, Episode, Labelled
from clados.data.packing import Packed, generator
from clados.data.values import mu_law, to_bins
from clados.models.declared import declared
from clados.objectives import Setting, task
from clados.objectives.tasks import SourceConfig
from clados.proofs.cases import small

MODEL = small(declared("gato").model)
INPUTS: s.Multimodal = MODEL.inputs  # type: ignore[attr-defined]
LENGTH = 47  # of sequences: eight steps of six tokens, read without the last


def episode(agent: str, number: int, steps: int = 40) -> Episode:
    """Observations say who acted, in which episode, and in which step."""
    rows = np.array([[len(agent), number, at, 0] for at in range(steps)], np.float32)
    return Episode(f"{agent}/{number}", rows, np.arange(steps) % 2, np.ones(steps, np.float32))


def windows(**words: float) -> list[TimeSteps]:
    one = task(s.TextAndActions(**words))
    episodes = [episode(agent, i) for agent in ("a", "bb") for i in range(3)]
    source = one.source(episodes, SourceConfig(LENGTH, seed=3))
    return [source.at(i, epoch) for epoch in range(40) for i in range(len(source))]


def test_of_a_text_all_is_learned_and_of_steps_the_actions() -> None:
    text = Packed(np.array([7, 8, 9]), np.zeros(3, np.int64))
    steps = TimeSteps(np.array([[0.5, -300.0], [0.0, 2.0]], np.float32), np.array([1, 0]))
    batch = task(s.TextAndActions()).prepare([text, steps], [generator(0), generator(1)], Setting(MODEL))
    bins = to_bins(mu_law(steps.observations), INPUTS.bins, INPUTS.first_bin)
    between, act = INPUTS.separator, INPUTS.of_actions
    row = [*bins[0], between, 1, *bins[1], between, 0]
    assert batch.inputs["input_ids"].tolist() == [[7, 8, 9, 0, 0, 0, 0], row[:-1]]
    assert batch.inputs["local_positions"].tolist() == [[-1] * 7, [0, 1, -1, act, 0, 1, -1]]
    assert batch.targets["labels"].tolist() == [8, 9, 1, 0]
    assert batch.targets["at"].tolist() == [0, 1, 7 + 2, 7 + 6]
    assert batch.targets["acts"].tolist() == [False, False, True, True]
    assert batch.weights == {"lm": 4}


def test_continuous_actions_are_bins_and_discrete_observations_ids() -> None:
    row = sequenced(TimeSteps(np.array([3]), np.array([[-1.0, 1.0]])), INPUTS)
    assert row.ids.tolist() == [3, INPUTS.separator, INPUTS.first_bin, INPUTS.first_bin + INPUTS.bins - 1]
    assert row.learned.tolist() == [False, False, True, True]


def prompted(row: TimeSteps) -> bool:
    return len(set(row.observations[:, 1])) > 1


def test_a_quarter_begins_with_a_demonstration_of_the_same_agent_half_of_them_with_its_end() -> None:
    rows = windows()
    begun = [row for row in rows if prompted(row)]
    assert len(begun) / len(rows) == pytest.approx(0.25, abs=0.05)
    assert all(len(set(row.observations[:, 0])) == 1 for row in rows)
    ends = [row.observations[3, 2] == 39 for row in begun]  # four steps of a prompt of 40
    assert np.mean(ends) == pytest.approx(0.5 + 0.5 / 37, abs=0.08)
    assert {len(row.actions) for row in rows} == {8}


def test_shares_of_demonstrations_are_words_of_the_objective() -> None:
    assert not any(map(prompted, windows(prompted=0.0)))
    assert all(map(prompted, windows(prompted=1.0)))
    assert all(row.observations[3, 2] == 39 for row in windows(prompted=1.0, from_end=1.0))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda one: one.learnable([Labelled("x", np.zeros((1, 1, 1), np.uint8), 0, "a")]), "the data hold Labelled"),
        (
            lambda one: sequenced(TimeSteps(np.zeros((1, 8)), np.zeros(1, int)), INPUTS),
            "8 numbers; 7 have a vector each",
        ),
        (lambda one: sequenced(TimeSteps(np.zeros((1, 2)), np.array([2000])), INPUTS), "reach from 2000 to 2000"),
    ],
)
def test_what_does_not_fit_is_refused(make: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        make(task(s.TextAndActions()))


def test_other_models_do_not_learn_so_and_shares_are_checked() -> None:
    assert "learns from texts and numbers" in task(s.TextAndActions()).refusal(declared("gpt-2").model)
    with pytest.raises(s.SpecError, match=r"TextAndActions\.prompted is 2; it must be from 0 to 1"):
        s.TextAndActions(prompted=2)
