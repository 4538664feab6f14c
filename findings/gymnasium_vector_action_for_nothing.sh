#!/usr/bin/env bash
# gymnasium: after an episode ends, a vector environment's next step takes an action and does nothing with it.
# Expected: so many steps of a vector of one environment earn what a loop over the same environment earns that resets it
#   when an episode ends, and every row (observation, action, reward, next observation) is a move of the environment.
# Seen: by default (AutoresetMode.NEXT_STEP) the observation of an episode's end is returned as it is, and the step after
#   it drops its action, rewards 0, and returns the first observation of the next episode, neither terminated nor
#   truncated: a row from the end of one episode to the beginning of another which looks like any other. Of 200
#   steps of CartPole 19 are such, and the return is 181 instead of 200. AutoresetMode.SAME_STEP has none.
# Versions: gymnasium 1.4.0, numpy 2.4.6.
# Date: 2026-12-01.
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

STEPS = 200


def loop() -> float:
    env, earned = gymnasium.make("CartPole-v1"), 0.0
    env.reset(seed=0)
    for _ in range(STEPS):
        _, reward, terminated, truncated, _ = env.step(0)
        earned += float(reward)
        if terminated or truncated:
            env.reset()
    return earned


def vector(mode: AutoresetMode) -> tuple[float, int]:
    envs = SyncVectorEnv([lambda: gymnasium.make("CartPole-v1")], autoreset_mode=mode)
    envs.reset(seed=0)
    earned, nothing = 0.0, 0
    for _ in range(STEPS):
        _, reward, terminated, _, _ = envs.step(np.array([0]))
        earned += float(reward[0])
        nothing += int(reward[0] == 0 and not terminated[0])
    return earned, nothing


usual = SyncVectorEnv([lambda: gymnasium.make("CartPole-v1")]).metadata["autoreset_mode"]
seen = loop(), vector(AutoresetMode.NEXT_STEP), vector(AutoresetMode.SAME_STEP)
print(f"by default {usual}; {STEPS} steps earn: a loop {seen[0]}, next step {seen[1]}, same step {seen[2]}")
assert usual == AutoresetMode.NEXT_STEP
assert seen[0] == seen[2][0] == STEPS and seen[2][1] == 0
assert seen[1][0] + seen[1][1] == STEPS and seen[1][1] == 19, seen
PY
