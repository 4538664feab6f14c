"""Batches are prepared before their step asks for them."""

import threading
from pathlib import Path
from typing import Any

import pytest

from clados.train.ahead import Ahead
from clados.train.plan import initial_model
from clados.train.planned import planned
from tests.train.small import choices, write_texts

WAIT = 60.0  # seconds at most


def test_a_step_is_made_while_the_one_before_is_used() -> None:
    made: list[int] = []
    begun = [threading.Event() for _ in range(3)]

    def make(step: int) -> int:
        made.append(step)
        begun[step].set()
        return 10 * step

    ahead = Ahead(make, 3)
    assert ahead(0) == 0
    assert begun[1].wait(WAIT)
    assert ahead(1) == 10
    assert ahead(2) == 20
    assert ahead(1) == 10  # any other than the next is made when it is asked for
    assert made[:4] == [0, 1, 2, 1]


def test_an_error_is_raised_when_its_step_is_asked_for() -> None:
    def make(step: int) -> int:
        if step == 1:
            raise ValueError("step 1")
        return step

    ahead = Ahead(make, 3)
    assert ahead(0) == 0
    with pytest.raises(ValueError, match="step 1"):
        ahead(1)
    assert ahead(2) == 2


def test_training_prepares_the_next_batch_in_another_thread(tmp_path: Path) -> None:
    plan = planned(choices(write_texts(tmp_path), "gpt-2", steps=3))
    unit = plan.unit(initial_model(plan))
    prepared, seen, ready = unit.task.prepare, list[str](), [threading.Event() for _ in range(3)]

    def prepare(*given: Any) -> Any:
        seen.append(threading.current_thread().name)
        ready[len(seen) - 1].set()
        return prepared(*given)

    unit.task.prepare = prepare  # type: ignore[method-assign, assignment]
    next(unit.updates(0))
    assert ready[1].wait(WAIT)
    assert all(name.startswith("ahead") for name in seen)
    next(unit.updates(1))
    next(unit.updates(2))
    assert len(seen) == 3  # nothing beyond the run's end
