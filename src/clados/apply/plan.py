"""Planning: a beam search over the tokens of trajectories (Janner et al. 2021, §3.2, algorithm 1)."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from clados import spec as s
from clados.apply.ready import Ready
from clados.data.bins import Edges, in_bins, middles
from clados.errors import InputError

For = Literal["return", "imitation"]
FOR: tuple[For, ...] = "return", "imitation"


@dataclass(frozen=True)
class Search:
    """How a plan is searched for.

    Attributes:
        plan_for: the largest return that is expected (§3.2, offline reinforcement learning), or the likeliest
            continuation (imitation).
        horizon: steps of a plan; width: plans that are kept from step to step.
        expand: ways to go on from each token of an action; those of states are the likeliest bins.
        discount: of a reward for each step that it is later; None: the one that the model has learned with.
    """

    plan_for: For = "return"
    horizon: int = 2
    width: int = 2
    expand: int = 2
    discount: float | None = None

    def __post_init__(self) -> None:
        if self.plan_for not in FOR:
            raise InputError(f"plan_for is '{self.plan_for}'; it must be {' or '.join(FOR)}")
        for name in ("horizon", "width", "expand"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}; it must be at least 1")
        if self.discount is not None and not 0 <= self.discount <= 1:
            raise InputError(f"discount is {self.discount}; it must be from 0 to 1")


@dataclass
class Beams:
    """Plans of several episodes, [episodes, plans, ...].

    Attributes:
        tokens: what is planned, behind what has been.
        likely: the sum of the tokens' log-probabilities.
        gained: the expected rewards of all steps before the one at hand, discounted; reward: that of this step.
        value: the expected return from this step on, its reward among it, discounted.
    """

    tokens: Tensor
    likely: Tensor
    gained: Tensor
    reward: Tensor
    value: Tensor

    @classmethod
    def begin(cls, tokens: Tensor) -> Self:
        """One empty plan for each episode, [episodes, tokens]."""
        zeros = torch.zeros(len(tokens), 1, device=tokens.device)
        return cls(tokens[:, None], zeros, zeros, zeros, zeros)

    def keep(self, score: Tensor, most: int) -> None:
        """The plans of the highest scores of each episode."""
        which = score.topk(min(most, score.shape[1]), 1).indices
        rows = torch.arange(len(which), device=which.device)[:, None]
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name)[rows, which])

    def follow(self, bins: Tensor, scores: Tensor) -> None:
        """Each plan goes on with several bins, [episodes, plans, several], of these log-probabilities."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name).repeat_interleave(bins.shape[-1], 1))
        self.tokens = torch.cat([self.tokens, bins.flatten(1)[..., None]], -1)
        self.likely = self.likely + scores.flatten(1)


class Planner:
    """A Trajectory Transformer that plans anew at each step and takes its best plan's first action."""

    def __init__(self, ready: Ready, search: Search) -> None:
        self.model, self.device, self.search = ready.model, ready.device, search
        self.inputs: s.Binned = ready.spec.inputs  # type: ignore[attr-defined]
        learned = getattr(ready.objective, "discount", None) if search.discount is None else search.discount
        if learned is None:
            raise InputError(f"{ready.name}: the discount that it has learned with is not known; give one")
        self.discount = float(learned)
        self.edges: Edges = ready.scales.edges
        if len(self.edges) != self.inputs.step:
            raise InputError(
                f"{ready.name}: its run.json has the bins of {len(self.edges)} numbers; a step has {self.inputs.step}"
            )
        self.middles = [torch.tensor(middles(row), dtype=torch.float32, device=self.device) for row in self.edges]

    @torch.inference_mode()
    def action(self, states: Sequence[NDArray[Any]], past: Sequence[NDArray[Any]]) -> NDArray[np.float32]:
        """The next action of each episode, [episodes, numbers]: the middles of the plans' bins.

        Args:
            states: of each step so far and the one at hand, [episodes, numbers].
            past: action, reward and a number that stands for the value, which no token attends to, of each step so
                far, [episodes, numbers].
        """
        one, search = self.inputs, self.search
        room = (one.context + 1) // one.step  # steps that the model sees
        kept = max(0, min(len(past), room - min(search.horizon, room)))
        seen = [np.concatenate(pair, 1) for pair in zip(states[len(past) - kept : -1], past[len(past) - kept :])]
        rows = [in_bins(each, self.edges) for each in seen] + [in_bins(states[-1], self.edges[: one.states])]
        began = torch.from_numpy(np.concatenate(rows, 1)).to(self.device)
        beams = Beams.begin(began)
        self._search(beams, min(search.horizon, room))
        best = self._score(beams).argmax(1)
        first = beams.tokens[torch.arange(len(best), device=self.device), best, began.shape[1] :][:, : one.actions]
        found = [self.middles[one.states + i][first[:, i]] for i in range(one.actions)]
        return torch.stack(found, 1).cpu().numpy()

    def _search(self, beams: Beams, horizon: int) -> None:
        one, search = self.inputs, self.search
        for step in range(horizon):
            if step:
                beams.gained = beams.gained + self.discount ** (step - 1) * beams.reward
                for place in range(one.states):
                    self._follow(beams, place, 1)
            for place in range(one.states, one.states + one.actions):
                self._follow(beams, place, search.expand)
                beams.keep(beams.likely, search.width * search.expand)
            beams.reward = self._follow(beams, one.step - 2, 1)
            beams.value = self.discount**step * self._follow(beams, one.step - 1, 1)
            beams.keep(self._score(beams), search.width)

    def _score(self, beams: Beams) -> Tensor:
        return beams.likely if self.search.plan_for == "imitation" else beams.gained + beams.value

    def _follow(self, beams: Beams, place: int, several: int) -> Tensor:
        """Go on with the likeliest bins of a step's number; its expected value for each plan so far."""
        values = self.middles[place]
        logits = self.model(trajectories=beams.tokens.flatten(0, 1)).logits[:, -1].float()
        likely = logits[:, : len(values)].log_softmax(-1).unflatten(0, beams.tokens.shape[:2])
        scores, bins = likely.topk(min(several, len(values)), -1)
        beams.follow(bins, scores)
        expected: Tensor = likely.exp() @ values
        return expected
