"""Acting after a demonstration: what is shown, which tokens are allowed, and which environments fit."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from clados.apply.act import act
from clados.apply.demonstrated import Demonstrated, best
from clados.apply.ready import Ready
from clados.data.cartpole import cartpole_episodes
from clados.data.examples import Episode
from clados.errors import InputError
from clados.models.declared import declared
from clados.nn import build
from clados.spec import tiny

MODEL = tiny(declared("gato").model)


def gato() -> Ready:
    return Ready(model=build(MODEL).eval(), name="gato", length=24)


def swinging() -> Episode:
    draws = np.random.default_rng(0)
    states, actions = (draws.uniform(-1, 1, (9, n)).astype(np.float32) for n in (3, 1))
    return Episode("pendulum/0", states, actions, np.zeros(9, np.float32))


def test_it_acts_in_environments_like_the_demonstration() -> None:
    ready = gato()
    found = act(ready, episodes=2, demonstration=cartpole_episodes(1)[0])
    assert len(found.returns) == 2
    assert found.return_to_go is None
    assert len(act(ready, "Pendulum-v1", episodes=1, demonstration=swinging()).returns) == 1


@pytest.mark.parametrize(
    ("environment", "shown", "message"),
    [
        ("Pendulum-v1", cartpole_episodes(1)[0], "states of 3 numbers; the demonstration has 4"),
        ("CartPole-v1", swinging(), "states of 4 numbers; the demonstration has 3"),
        ("Acrobot-v1", cartpole_episodes(1)[0], "states of 6 numbers; the demonstration has 4"),
        ("FrozenLake-v1", swinging(), "discrete states; the demonstration has continuous"),
    ],
)
def test_other_environments_are_refused(environment: str, shown: Episode, message: str) -> None:
    with pytest.raises(InputError, match=f"{environment} has {message}"):
        act(gato(), environment, episodes=1, demonstration=shown)


def test_what_another_model_takes_is_refused() -> None:
    with pytest.raises(InputError, match=r"return_to_go is given; gato, .*, takes demonstration"):
        act(gato(), return_to_go=1)
    with pytest.raises(InputError, match="the folder holds no episode to demonstrate with"):
        best([], "the folder")


def test_the_prompt_is_the_end_of_the_demonstration_and_the_past_what_there_is_room_for() -> None:
    class Space:
        n, start = 2, 0

    shown = cartpole_episodes(1)[0]
    one = Demonstrated(gato(), shown, Space())
    assert one.room == 4  # of 6 tokens each in 24
    np.testing.assert_array_equal(one.prompt.actions, shown.actions[-2:])
    seen: list[Any] = []
    one.model.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    states = [np.full((2, 4), i / 10, np.float32) for i in range(5)]
    chosen = one.action(states, [np.array([1, 0])] * 4)
    assert seen[0].shape == (2, 24 - 1)
    assert set(chosen.tolist()) <= {0, 1}
    # behind the prompt one step that has been, then the observation at hand
    assert seen[0][:, 12 + 5].tolist() == [1, 0]


def test_tokens_of_texts_are_never_actions() -> None:
    class Space:
        shape, low, high = (2,), np.full(2, -1.0), np.ones(2)

    shown = Episode("0", np.zeros((3, 2), np.float32), np.zeros((3, 2), np.float32), np.zeros(3, np.float32))
    ready = replace(gato(), length=0)
    one = Demonstrated(ready, shown, Space())
    with torch.no_grad():
        found = one.action([np.zeros((1, 2), np.float32)], [])
    assert found.shape == (1, 2)
    assert abs(found).max() <= 1
