"""Rolling out: what the model is told at each step, what its numbers mean, and what an episode returns."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from clados.apply.act import act, make_environments, policy, rollout
from clados.apply.ready import Ready
from clados.data.cartpole import scripted
from clados.data.examples import Episode
from clados.errors import CladosError, InputError
from clados.models.declared import declared
from clados.nn import build
from clados.nn.kinds.model import Output
from clados.spec import tiny
from clados.train.fitting import FitContext, facts_of, fit_model


class Scripted(torch.nn.Module):
    """The scripted policy in the clothes of a model; keeps what it was told."""

    def __init__(self, real: Ready) -> None:
        super().__init__()
        self.spec, self.scales = real.spec, real.scales
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.told: list[dict[str, Any]] = []

    def forward(self, **given: Any) -> Output:
        self.told.append({name: value.clone() for name, value in given.items()})
        states = given["states"][:, -1].numpy() * np.array(self.scales.std) + np.array(self.scales.mean)
        best = torch.tensor([scripted(state.astype(np.float32)) for state in states])
        return Output(action_preds=torch.nn.functional.one_hot(best, 2)[:, None].float())


def test_the_scripted_policy_balances_to_the_end(ready: Callable[[str], Ready]) -> None:
    real = ready("decision-transformer")
    model = Scripted(real)
    found = act(replace(real, model=model), episodes=3, return_to_go=400)  # type: ignore[arg-type]
    assert found.returns == (500.0, 500.0, 500.0)
    assert found.random_mean < 60
    last = model.told[-1]
    context, scale = real.spec.inputs.context, real.scales.most  # type: ignore[attr-defined]
    assert {name: value.shape[1] for name, value in last.items()} == dict.fromkeys(last, context)
    asked = 400 - torch.arange(500 - context, 500)[None, :, None].expand(3, -1, 1)
    torch.testing.assert_close(last["returns_to_go"], asked / scale)
    steps = torch.arange(500 - context, 500).clamp(max=real.spec.inputs.timesteps - 1)  # type: ignore[attr-defined]
    assert last["timesteps"].tolist() == [steps.tolist()] * 3
    assert last["actions"][:, -1].abs().max() == 0  # not chosen yet
    assert last["actions"][:, :-1].unique().tolist() == [-1, 1]


def test_the_first_step_is_told_alone(ready: Callable[[str], Ready]) -> None:
    real = ready("decision-transformer")
    real = replace(real, scales=replace(real.scales, most=400.0, best=-100.0))
    model = Scripted(real)
    assert act(replace(real, model=model), episodes=2).return_to_go == -100  # type: ignore[arg-type]
    assert model.told[0]["states"].shape == (2, 1, 4)
    assert model.told[0]["returns_to_go"].flatten().tolist() == [-0.25, -0.25]  # the best return that was seen


def test_the_same_seed_gives_the_same_episodes(ready: Callable[[str], Ready]) -> None:
    real = ready("decision-transformer")
    found, again, other = (act(real, episodes=2, seed=seed) for seed in (5, 5, 6))
    assert found == again
    assert found.random != other.random


def test_an_episode_does_not_depend_on_those_beside_it(ready: Callable[[str], Ready]) -> None:
    real = ready("decision-transformer")
    assert act(real, episodes=4, seed=1).returns[:2] == act(real, episodes=2, seed=1).returns


def test_an_environment_that_does_not_fit_is_refused(ready: Callable[[str], Ready]) -> None:
    real = ready("decision-transformer")
    with pytest.raises(InputError, match="Pendulum-v1 has states of 3 numbers; decision-transformer has 4"):
        act(real, "Pendulum-v1", episodes=1)
    with pytest.raises(InputError, match="environment 'CartPal-v1'"):
        act(real, "CartPal-v1", episodes=1)
    with pytest.raises(InputError, match="discrete actions; decision-transformer has continuous ones"):
        act(replace(real, scales=replace(real.scales, choices=0)), episodes=1)
    with pytest.raises(InputError, match="return_to_go is nan; it must be a finite number"):
        act(real, return_to_go=float("nan"))
    with pytest.raises(CladosError, match="seed is -1"):
        act(real, seed=-1)
    with pytest.raises(InputError, match="episodes is 0"):
        act(real, episodes=0)


def learned(states: Any, actions: Any, number: int = 6) -> Ready:
    """A tiny model that fits an episode of these states and actions."""
    rewards = np.ones(len(actions), np.float32)
    episodes = [Episode("0", np.asarray(states), np.asarray(actions), rewards)]
    facts = facts_of(episodes)
    model = fit_model(tiny(declared("decision-transformer").model), FitContext(episodes, None, number, facts))
    return Ready(model=build(model).eval(), name="it", scales=facts.scales)


FLOATS = np.random.default_rng(0).normal(size=(8, 3)).astype(np.float32)


def test_states_that_are_one_of_several_are_told_apart() -> None:
    ready = learned([0, 1, 4, 15], [0, 1, 2, 3])
    assert ready.spec.inputs.states == 16  # type: ignore[attr-defined]
    found = ready.scales.states(np.array([4, 0]))
    assert found.shape == (2, 16)
    assert found.argmax(1).tolist() == [4, 0]
    assert found.sum() == 2
    assert act(ready, "FrozenLake-v1", episodes=2).notes == ()


@pytest.mark.parametrize(
    ("states", "actions", "environment", "notes"),
    [
        # FrozenLake's last state and last action do not occur in the data; MountainCar's third action neither
        ([0, 1, 4, 14], [0, 1, 2, 0], "FrozenLake-v1", ("FrozenLake-v1 has 16 states; it has learned of 15",
                                                        "FrozenLake-v1 has 4 actions; it has learned of 3")),
        (FLOATS[:, :2], [0, 1] * 4, "MountainCar-v0", ("MountainCar-v0 has 3 actions; it has learned of 2",)),
    ],
)  # fmt: skip
def test_what_the_data_never_held_is_said_and_never_done(
    states: Any, actions: Any, environment: str, notes: tuple[str, ...]
) -> None:
    ready = learned(states, actions)
    assert act(ready, environment, episodes=1).notes == notes
    assert ready.scales.chosen(np.ones((1, ready.scales.choices))).max() < ready.scales.choices


def test_every_episode_ends() -> None:
    worlds, notes = make_environments("CliffWalking-v1", 2)
    assert worlds[1].spec.max_episode_steps == 1000
    assert notes == ("CliffWalking-v1 has no limit of steps: episodes end after 1,000",)
    assert make_environments("CartPole-v1", 2)[1] == ()


@pytest.mark.parametrize(
    ("states", "actions", "environment", "message"),
    [
        ([0, 20], [0, 3], "FrozenLake-v1", "FrozenLake-v1 has 16 states; it has learned of 21"),
        ([0, 15], [0, 4], "FrozenLake-v1", "FrozenLake-v1 has 4 actions; it has learned of 5"),
        (FLOATS[:, :1], [0, 1] * 4, "FrozenLake-v1", "FrozenLake-v1 has discrete states; it has continuous ones"),
        ([0, 1], [0, 1], "CartPole-v1", "CartPole-v1 has continuous states; it has discrete ones"),
        (FLOATS, [0, 1] * 4, "Blackjack-v1", "Blackjack-v1 has states of kind Tuple; Box and Discrete are possible"),
        (FLOATS, [0, 1] * 4, "Pendulum-v1", "Pendulum-v1 has continuous actions; it has discrete ones"),
    ],
)
def test_environments_of_other_kinds_are_refused(states: Any, actions: Any, environment: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        act(learned(states, actions), environment, episodes=1)


class Whole(torch.nn.Module):
    """A model whose actions are all at the end that a tanh can reach."""

    def __init__(self, real: Ready) -> None:
        super().__init__()
        self.spec = real.spec
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.seen: list[Any] = []

    def forward(self, **given: Any) -> Output:
        self.seen.append(given["actions"])
        return Output(action_preds=torch.ones_like(given["actions"]))


def test_actions_reach_as_far_as_those_of_the_data_and_no_further_than_the_environment() -> None:
    """Pendulum's torque lies in -2 to 2, and a Decision Transformer ends in a tanh."""
    for most in (2.0, 5.0, 0.5):
        ready = learned(FLOATS, np.linspace(-most, most, 8, dtype=np.float32)[:, None])
        model = Whole(ready)
        done: list[Any] = []
        worlds, _ = make_environments("Pendulum-v1", 1)
        choose = policy(replace(ready, model=model), worlds[0].action_space)  # type: ignore[arg-type]

        def kept(now: Any, choose: Any = choose, done: list[Any] = done) -> Any:
            done.append(choose(now))
            return done[-1]

        rollout(worlds, kept, 0.0, 0)
        reached = {2.0: 2.0, 5.0: 2.0, 0.5: 1.0}[most]  # within -1 .. 1 actions stay as they are
        assert np.unique(done).tolist() == [reached]
        assert done[0].shape == (1, 1)
        scale = most if most > 1 else 1.0
        assert model.seen[1][0, 0].item() == pytest.approx(reached / scale)
