"""Rolling out: what the model is told at each step, what its numbers mean, and what an episode returns."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from clados.apply.act import act
from clados.apply.ready import Ready
from clados.data.cartpole import scripted
from clados.errors import CladosError
from clados.nn.kinds import Output
from clados.spec import SpecError


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
    found = act(replace(real, model=model), episodes=3, return_to_go=400)
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
    assert act(replace(real, model=model), episodes=2).return_to_go == -100
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
    with pytest.raises(SpecError, match="Pendulum-v1 has states of 3 numbers; decision-transformer reads 4"):
        act(real, "Pendulum-v1", episodes=1)
    with pytest.raises(SpecError, match="environment 'CartPal-v1'"):
        act(real, "CartPal-v1", episodes=1)
    with pytest.raises(SpecError, match="discrete actions; decision-transformer has continuous ones"):
        act(replace(real, scales=replace(real.scales, choices=0)), episodes=1)
    with pytest.raises(SpecError, match="return_to_go is nan; it must be a finite number"):
        act(real, return_to_go=float("nan"))
    with pytest.raises(CladosError, match="seed is -1"):
        act(real, seed=-1)
    with pytest.raises(SpecError, match="episodes is 0"):
        act(real, episodes=0)
