"""Planning: what a plan is worth, which of several is taken, and how far it looks."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from clados import spec as s
from clados.apply.act import act
from clados.apply.plan import Planner, Search
from clados.apply.ready import Ready
from clados.data.cartpole import cartpole_episodes
from clados.data.examples import Episode
from clados.errors import InputError
from clados.models.declared import declared
from clados.nn import build
from clados.objectives import task
from clados.train.fitting import FitContext, facts_of, fit_model

TERNARY = ((-0.5, 0.5, 1.5, 2.5),) * 4  # a state, an action, the reward, the return to go: each 0, 1 or 2


class World(torch.nn.Module):
    """A world known by heart: the state is the last action; only action 0 in state 2 is rewarded, by 2.

    Action 1 is the likeliest everywhere; a return to go is told as this step's reward.
    """

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.longest = 0

    def forward(self, trajectories: torch.Tensor) -> Any:
        place = (trajectories.shape[1] - 1) % 4
        self.longest = max(self.longest, trajectories.shape[1])
        step = trajectories[:, -1 - place :]
        if place == 0:  # the action
            scores = torch.tensor([0.0, 1.0, 0.5]).expand(len(step), 3).clone()
        else:
            right = (step[:, 0] == 2) & (step[:, 1] == 0)
            said = step[:, 1] if place == 3 else 2 * right.long()
            scores = torch.nn.functional.one_hot(said, 3) * 50.0
        return SimpleNamespace(logits=torch.nn.functional.pad(scores[:, None], (0, 1), value=-99.0))


def planner(**words: Any) -> Planner:
    inputs = s.Binned(states=1, actions=1, bins=3, context=4 * 4 - 1)
    scales = SimpleNamespace(edges=TERNARY)
    model: Any = World()
    ready: Any = SimpleNamespace(
        model=model, spec=SimpleNamespace(inputs=inputs), device="cpu", scales=scales, objective=None, name="it"
    )
    return Planner(ready, Search(**({"discount": 0.9} | words)))


@pytest.mark.parametrize(
    ("state", "words", "action"),
    [
        (2, {"horizon": 1, "expand": 3}, 0),  # the reward is at hand
        (1, {"horizon": 2, "width": 3, "expand": 3}, 2),  # it takes a step to get there
        (1, {"horizon": 2, "width": 3, "expand": 3, "plan_for": "imitation"}, 1),
        (2, {"horizon": 1, "expand": 2}, 1),  # what is never tried is never found
    ],
)
def test_the_plan_of_the_largest_return_or_likelihood_is_taken(state: int, words: Any, action: int) -> None:
    assert planner(**words).action([np.array([[state], [state]], np.float32)], []).tolist() == [[action]] * 2


def test_the_past_is_seen_as_far_as_there_is_room_beside_the_plan() -> None:
    one = planner(horizon=2)
    past = [np.array([[1.0, 0.0, 0.0]])] * 9
    one.action([np.array([[1.0]])] * 10, past)
    world: Any = one.model
    assert world.longest <= 15


def test_a_discount_of_nothing_is_one_that_is_given() -> None:
    assert planner(discount=0.0).discount == 0.0


def test_words_of_a_search_are_checked() -> None:
    with pytest.raises(InputError, match="plan_for is 'fun'; it must be return or imitation"):
        Search(plan_for="fun")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"discount is 1\.5; it must be from 0 to 1"):
        Search(discount=1.5)
    with pytest.raises(InputError, match="horizon is 0; it must be at least 1"):
        Search(horizon=0)


def trained_on(episodes: list[Episode]) -> Ready:
    one = task(s.BinnedTrajectories())
    facts = facts_of(episodes)
    model = fit_model(s.tiny(declared("trajectory-transformer").model), FitContext(episodes, None, 3, facts))
    scales = one.scaled(facts.scales, episodes, model)
    return Ready(model=build(model).eval(), name="it", scales=scales, objective=s.BinnedTrajectories())


def test_it_acts_where_spaces_fit_and_refuses_others() -> None:
    ready = trained_on(cartpole_episodes(4))
    found = act(ready, episodes=2)
    assert len(found.returns) == 2
    assert found.return_to_go is None
    assert act(ready, episodes=2) == found
    with pytest.raises(InputError, match="Pendulum-v1 has states of 3 numbers; it has 4"):
        act(ready, "Pendulum-v1", episodes=1)
    with pytest.raises(InputError, match="return_to_go is given; it, a Decoder of binned trajectories, takes search"):
        act(ready, return_to_go=3)
    with pytest.raises(InputError, match=r"it: its run\.json has the bins of 0 numbers; a step has 7"):
        act(replace(ready, scales=replace(ready.scales, edges=())), episodes=1)
    with pytest.raises(InputError, match="the discount that it has learned with is not known"):
        act(replace(ready, objective=None), episodes=1)


def test_continuous_actions_are_the_middles_of_their_bins() -> None:
    draws = np.random.default_rng(0)
    shapes = (30, 3), (30, 1), (30,)
    states, actions, rewards = (draws.uniform(-2, 2, shape).astype(np.float32) for shape in shapes)
    ready = trained_on([Episode("0", states, actions, rewards)])
    assert len(act(ready, "Pendulum-v1", episodes=1, search=Search(horizon=1)).returns) == 1
