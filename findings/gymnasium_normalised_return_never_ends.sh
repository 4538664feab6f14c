#!/usr/bin/env bash
# Gymnasium: NormalizeReward adds up the rewards of episodes that were cut off.
# Expected: NormalizeReward divides by the spread of the discounted return, which starts from 0 with each episode;
#   the wrapper of one environment and the one of vector environments normalise alike.
# Seen: reset does not clear the return, only `terminated` does. Episodes that end by truncation (TimeLimit;
#   Pendulum has no other end) run into one another as if they were one: in episodes of three rewards of 1 a reward
#   becomes 0.05 instead of 1.24 after 40 of them. Vector environments do so with NEXT_STEP, the default, and not with
#   SAME_STEP.
# Versions: gymnasium 1.4.0, numpy 2.4.6.
# Date: 2026-11-30.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet gymnasium==1.4.0 numpy==2.4.6
cd "$work"
venv/bin/python - <<'PY'
import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.wrappers import NormalizeReward
from gymnasium.wrappers.vector import NormalizeReward as NormalizeRewards

EPISODES, STEPS, GAMMA = 40, 3, 0.99


class Short(gymnasium.Env):
    """Each step has reward 1; TimeLimit ends the episodes."""

    observation_space = gymnasium.spaces.Box(0, 1, (1,), np.float32)
    action_space = gymnasium.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return np.zeros(1, np.float32), {}

    def step(self, action):
        return np.zeros(1, np.float32), 1.0, False, False, {}


def limited():
    return gymnasium.wrappers.TimeLimit(Short(), STEPS)


returns = np.cumsum(GAMMA ** np.arange(STEPS))  # of an episode: 1, 1.99, 2.9701
seen = {"by the returns of the episodes": 1 / returns.std()}
env = NormalizeReward(limited(), gamma=GAMMA)
for _ in range(EPISODES):
    env.reset()
    for _ in range(STEPS):
        _, reward, terminated, truncated, _ = env.step(0)
assert truncated and not terminated
seen["one environment"] = reward
for mode in (AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP):
    many = NormalizeRewards(SyncVectorEnv([limited], autoreset_mode=mode), gamma=GAMMA)
    many.reset()
    resets = EPISODES - 1 if mode == AutoresetMode.NEXT_STEP else 0  # steps that only reset
    for _ in range(EPISODES * STEPS + resets):
        _, rewards, terminations, truncations, _ = many.step(np.zeros(1, int))
    assert truncations.all() and not terminations.any()
    seen[f"vector, {mode.name}"] = rewards.item()
seen = {name: round(float(value), 2) for name, value in seen.items()}
for name, value in seen.items():
    print(f"{name}: a reward of 1 becomes {value}")
assert list(seen.values()) == [1.24, 0.05, 0.05, 1.24]
PY
