#!/usr/bin/env bash
# Gymnasium: MountainCarContinuous clips the force but charges for the force that was asked.
# Expected: an action beyond the bounds is clipped once, for motion and cost alike, as Pendulum does.
# Seen: in MountainCarContinuous 5.0 moves the car as 1.0 does and costs 25 times as much, so the returns of a
#   policy without bounds depend on who clips although the trajectories do not.
# Versions: gymnasium 1.4.0.
# Date: 2026-11-28.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet gymnasium==1.4.0 numpy==2.4.6
cd "$work"
venv/bin/python - <<'PY'
import gymnasium
import numpy as np

rewards = {}
for name in ("MountainCarContinuous-v0", "Pendulum-v1"):
    environment = gymnasium.make(name)
    bound = float(environment.action_space.high[0])
    steps = []
    for force in (bound, 5.0):
        environment.reset(seed=0)
        steps.append(environment.step(np.array([force], dtype=np.float32)))
    same = bool(np.array_equal(steps[0][0], steps[1][0]))
    rewards[name] = [round(float(step[1]), 4) for step in steps]
    print(f"{name}: forces {bound} and 5.0, same motion {same}, rewards {rewards[name]}")
    assert same
assert rewards["MountainCarContinuous-v0"] == [-0.1, -2.5]
assert rewards["Pendulum-v1"][0] == rewards["Pendulum-v1"][1]
PY
