"""Trajectories of CartPole-v1, made here: a random, a noisy and a scripted policy, so that returns differ widely."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from clados.data.examples import Episode

_Policy = Callable[[NDArray[np.float32]], int]


def scripted(observation: NDArray[np.float32]) -> int:
    """Push to the side the pole falls to, leaning back towards the middle of the track; balances to the end."""
    position, velocity, angle, spin = observation.tolist()
    return int(angle + 0.3 * spin + 0.02 * position + 0.05 * velocity > 0)


def noisy(share: float, random: np.random.Generator) -> _Policy:
    """The scripted policy with a share of its actions drawn at random; all of them makes the random policy."""
    return lambda observation: int(random.integers(2)) if random.random() < share else scripted(observation)


def episode(policy: _Policy, seed: int) -> Episode:
    """One episode from the start that `seed` fixes: observations [steps, 4], actions [steps], rewards [steps]."""
    import gymnasium

    environment = gymnasium.make("CartPole-v1")
    observation, _ = environment.reset(seed=seed)
    observations, actions, rewards = [], [], []
    done = False
    while not done:
        action = policy(observation)
        observations.append(observation)
        actions.append(action)
        observation, reward, terminated, truncated, _ = environment.step(action)
        rewards.append(float(reward))
        done = terminated or truncated
    environment.close()
    return Episode(
        f"cartpole/{seed}",
        np.asarray(observations, np.float32),
        np.asarray(actions, np.int64),
        np.asarray(rewards, np.float32),
    )


def cartpole_episodes(episodes: int = 300, seed: int = 0, *, by_policy: bool = False) -> list[Episode]:
    """Episodes of policies from wholly random to scripted, in turn; the same seed gives the same episodes.

    Args:
        by_policy: whether their names say how much of a policy is random.
    """
    shares = (1.0, 0.75, 0.5, 0.25, 0.0)
    made = []
    for i in range(episodes):
        random = np.random.default_rng((seed, i))
        share = shares[i % len(shares)]
        one = episode(noisy(share, random), seed=int(random.integers(2**31)))
        made.append(replace(one, document=f"cartpole, {share:.0%} random/{i}") if by_policy else one)
    return made
