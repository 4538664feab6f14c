"""act: a model in a Gymnasium environment.

A Decision Transformer is told the return to come (Chen et al. 2021, algorithm 1); a Trajectory Transformer plans
(Janner et al. 2021, algorithm 1); Gato is shown a demonstration (Reed et al. 2022, §2.5).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from clados import spec as s
from clados.apply import verbs
from clados.apply.demonstrated import Demonstrated, best, check_world
from clados.apply.film import Film, rendering
from clados.apply.plan import Planner, Search
from clados.apply.ready import ModelSource, Ready, load
from clados.data.examples import Episode
from clados.data.readers import read
from clados.errors import InputError, check_seed

_TAKES = {s.Trajectory: "return_to_go", s.Binned: "search", s.Multimodal: "demonstration"}
_LONGEST = 1_000  # steps of an episode in an environment that has no limit of its own
_Policy = Callable[["Episodes"], NDArray[Any]]


@dataclass(frozen=True)
class Acted:
    """The return of each episode, and of random actions from the same initial states.

    ``notes`` say where model and environment fit, but not wholly.
    """

    returns: tuple[float, ...]
    random: tuple[float, ...]
    return_to_go: float | None  # None of models that are not told it
    notes: tuple[str, ...] = ()

    @property
    def mean(self) -> float:
        """The mean return."""
        return float(np.mean(self.returns))

    @property
    def random_mean(self) -> float:
        """The mean return of random actions."""
        return float(np.mean(self.random))


@dataclass
class Episodes:
    """A batch of running episodes, one step at a time; finished ones are dropped.

    Attributes:
        states: [running, numbers] of each step so far; actions: [running, numbers]; asked: [running], the return
            still to come.
        running: which episodes have not ended.
    """

    running: NDArray[np.int64]
    asked: list[NDArray[np.float32]]
    states: list[NDArray[Any]]
    actions: list[NDArray[Any]] = field(default_factory=list)

    def keep(self, rows: NDArray[np.bool_]) -> None:
        """Drop the finished episodes."""
        if rows.all():
            return
        self.running = self.running[rows]
        self.asked = [each[rows] for each in self.asked]
        self.states = [each[rows] for each in self.states]
        self.actions = [each[rows] for each in self.actions]


def act(
    source: ModelSource,
    environment: str = "CartPole-v1",
    *,
    episodes: int = 50,
    return_to_go: float | None = None,
    search: Search | None = None,
    demonstration: Episode | None = None,
    seed: int = 0,
    watch: Callable[[Episodes, NDArray[Any]], object] = lambda now, actions: None,
    film: Film | None = None,
    device: str | torch.device = "cpu",
) -> Acted:
    """Let a model act: told the return that is still to come, planning anew at each step, or after a demonstration.

    It sees the last steps that it has room for. Of discrete actions the highest-scoring one that occurs in its training
    data is taken; continuous ones are clipped to the environment's bounds.
    All episodes run side by side; episode i starts from seed + i.

    Args:
        environment: a name that Gymnasium knows.
        return_to_go: the return to ask for, of models that are told; when None the largest of an episode that the model
            has seen.
        search: how a model plans that does; None: as ``Search`` says.
        demonstration: an episode whose last steps a model of texts and actions is shown first; None: the best of the
            embedded set ``cartpole``.
        watch: told at each step what the running episodes were like before it, and the actions that are taken.
        film: takes the frames of the first episode.

    Raises:
        InputError: for a model that does not act, or does not take what is given, an unknown environment, one of other
            states or actions, or a film of one that gives no frames.
        MissingPackageError: what an environment renders with is not installed.
    """
    ready = load(source, "act", device=device)
    given = {"return_to_go": return_to_go, "search": search, "demonstration": demonstration}
    takes = next(name for kind, name in _TAKES.items() if ready.spec.reads(kind))
    if other := next((name for name, value in given.items() if value is not None and name != takes), None):
        raise InputError(f"{other} is given; {ready.name}, {verbs.kind(ready.spec)}, takes {takes}")
    if episodes < 1:
        raise InputError(f"episodes is {episodes}; it must be at least 1")
    check_seed(seed)
    asked = ready.scales.best if return_to_go is None else float(return_to_go)
    if not math.isfinite(asked):
        raise InputError(f"return_to_go is {asked}; it must be a finite number")
    worlds, notes = make_environments(environment, episodes)
    if film:
        worlds[0] = rendering(worlds[0])
    try:
        space = worlds[0].action_space
        if takes == "demonstration":
            acts = demonstrated(ready, worlds[0], demonstration or best(read("cartpole"), "cartpole"))
        else:
            notes += _check(ready, worlds[0])
            acts = planning(ready, space, search) if takes == "search" else policy(ready, space)

        def watched(now: Episodes) -> NDArray[Any]:
            if film and 0 in now.running:
                film.see(worlds[0], len(now.states) - 1)
            actions = acts(now)
            watch(now, actions)
            return actions

        returns = rollout(worlds, watched, asked, seed)
        if film:
            film.see(worlds[0], 0)  # how it ended
        draws = np.random.default_rng(seed)
        guessed = rollout(worlds, lambda now: _drawn(space, len(now.running), draws), asked, seed)
    finally:
        for world in worlds:
            world.close()
    return Acted(tuple(returns.tolist()), tuple(guessed.tolist()), asked if takes == "return_to_go" else None, notes)


def make_environments(environment: str, count: int) -> tuple[list[Any], tuple[str, ...]]:
    """Make ``count`` copies of a Gymnasium environment, with a step limit where it has none; and notes on them.

    Raises:
        InputError: Gymnasium knows none of that name, or it cannot be made.
    """
    import gymnasium

    try:
        first = gymnasium.make(environment)
        if first.spec is not None and first.spec.max_episode_steps is not None:
            return [first, *(gymnasium.make(environment) for _ in range(count - 1))], ()
        first.close()
        worlds = [gymnasium.make(environment, max_episode_steps=_LONGEST) for _ in range(count)]
    except (gymnasium.error.Error, ImportError) as error:
        raise InputError(f"environment '{environment}': {' '.join(str(error).split())}") from error
    return worlds, (f"{environment} has no limit of steps: episodes end after {_LONGEST:,}",)


def _check(ready: Ready, world: Any) -> tuple[str, ...]:
    """Refuse an environment of other states or actions than the model's; a note where it has more of them.

    Raises:
        InputError: when they differ.
    """
    inputs: s.Trajectory | s.Binned = ready.spec.inputs  # type: ignore[attr-defined]
    states = _compared("states", world.observation_space, inputs.states, ready.scales.kinds)
    actions = _compared("actions", world.action_space, inputs.actions, ready.scales.choices)
    if wrong := [each for each, fits in (states, actions) if each and not fits]:
        raise InputError(f"{world.spec.id} has {wrong[0].format(name=ready.name)}")
    return tuple(f"{world.spec.id} has {each.format(name=ready.name)}" for each, _ in (states, actions) if each)


def _compared(what: str, space: Any, numbers: int, several: int) -> tuple[str, bool]:
    """How a space differs from a model's states or actions, if it does, and whether the model fits all the same.

    Args:
        several: of how many the model's are one; 0 where they are ``numbers``.
    """
    kind = type(space).__name__
    if kind not in ("Box", "Discrete"):
        return f"{what} of kind {kind}; Box and Discrete are possible", False
    if (kind == "Discrete") != bool(several):
        kinds = ["continuous", "discrete"]
        return f"{kinds[kind == 'Discrete']} {what}; {{name}} has {kinds[bool(several)]} ones", False
    if several:
        there = int(space.start + space.n)
        same = there == several
        return "" if same else f"{there} {what}; {{name}} has learned of {several}", space.start < several <= there
    there = int(np.prod(space.shape))
    return "" if there == numbers else f"{what} of {there} numbers; {{name}} has {numbers}", there == numbers


def rollout(worlds: Sequence[Any], choose: _Policy, asked: float, seed: int) -> NDArray[np.float64]:
    """The return of each episode, [episodes]."""
    starts = np.stack([world.reset(seed=seed + i)[0] for i, world in enumerate(worlds)])
    returns = np.zeros(len(worlds))
    now = Episodes(np.arange(len(worlds)), [np.full(len(worlds), asked, np.float32)], [starts])
    while len(now.running):
        steps = [worlds[i].step(action) for i, action in zip(now.running, choose(now))]
        rewards = np.array([step[1] for step in steps], np.float32)
        returns[now.running] += rewards
        now.states.append(np.stack([step[0] for step in steps]))
        now.asked.append(now.asked[-1] - rewards)
        now.keep(np.array([not (step[2] or step[3]) for step in steps]))
    return returns


def policy(ready: Ready, space: Any) -> _Policy:
    """The model's next action in each episode, within the environment's action space."""
    inputs: s.Trajectory = ready.spec.inputs  # type: ignore[attr-defined]
    scales = ready.scales

    @torch.inference_mode()
    def choose(now: Episodes) -> NDArray[Any]:
        step, blank = len(now.actions), np.zeros((len(now.running), inputs.actions), np.float32)
        seen = slice(max(0, step + 1 - inputs.context), step + 1)
        times = np.minimum(np.arange(step + 1)[seen], inputs.timesteps - 1)
        given = {
            "states": np.stack([scales.states(each) for each in now.states[seen]], 1),
            "actions": np.stack([*now.actions, blank][seen], 1),
            "returns_to_go": np.stack(now.asked[seen], 1)[..., None] / np.float32(scales.most),
            "timesteps": np.broadcast_to(times, (len(now.running), len(times))).copy(),
        }
        found = ready.model(**{name: torch.from_numpy(value).to(ready.device) for name, value in given.items()})
        actions: NDArray[np.float32] = found.action_preds[:, -1].float().cpu().numpy()
        if scales.choices:
            actions[:, : space.start] = -np.inf
        chosen = scales.chosen(actions)
        if not scales.choices:
            chosen = bounded(space, chosen)
        now.actions.append(scales.taken(chosen if scales.choices else chosen.reshape(len(chosen), -1)))
        return chosen

    return choose


def planning(ready: Ready, space: Any, search: Search | None) -> _Policy:
    """The first action of a model's plan in each episode, within the environment's action space."""
    planner = Planner(ready, search or Search())
    choices = ready.scales.choices

    def choose(now: Episodes) -> NDArray[Any]:
        states = [each.reshape(len(each), -1).astype(np.float32) for each in now.states]
        earned = [before - after for before, after in zip(now.asked, now.asked[1:])]
        past = [np.column_stack([done, reward, reward]) for done, reward in zip(now.actions, earned)]
        found = planner.action(states, past)
        chosen = np.clip(found[:, 0].astype(int), space.start, None) if choices else bounded(space, found)
        now.actions.append(chosen.reshape(len(chosen), -1).astype(np.float32))
        return chosen

    return choose


def demonstrated(ready: Ready, world: Any, demonstration: Episode) -> _Policy:
    """The likeliest action in each episode after a demonstration's last steps; continuous ones lie within -1 and 1."""
    check_world(demonstration, world)
    space = world.action_space
    model = Demonstrated(ready, demonstration, space)

    def choose(now: Episodes) -> NDArray[Any]:
        found = model.action(now.states, now.actions)
        now.actions.append(found)
        return found if model.discrete else bounded(space, found)

    return choose


def bounded(space: Any, actions: NDArray[Any]) -> NDArray[Any]:
    """Continuous actions in the shape and between the bounds of an environment's."""
    found: NDArray[Any] = np.clip(actions.reshape(-1, *space.shape), space.low, space.high).astype(space.dtype)
    return found


def _drawn(space: Any, count: int, draws: np.random.Generator) -> NDArray[Any]:
    """Uniformly random actions: discrete, or between their bounds."""
    if hasattr(space, "n"):
        return draws.integers(space.start, space.start + space.n, size=count)
    low, high = (np.where(np.isfinite(each), each, other) for each, other in ((space.low, -1), (space.high, 1)))
    return draws.uniform(low, high, (count, *space.shape)).astype(space.dtype)
