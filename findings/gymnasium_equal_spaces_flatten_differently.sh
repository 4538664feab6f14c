#!/usr/bin/env bash
# Gymnasium: two equal spaces flatten the same observation differently.
# Expected: Dict({"z": ..., "a": ...}) and Dict(z=..., a=...) are one space (== says so), so flatten gives one vector
#   and what one has flattened the other can unflatten.
# Seen: a plain dict is sorted by key and keyword arguments are not, so the parts change places; unflatten with the
#   other of the two gives another observation, in silence.
# Versions: gymnasium 1.4.0, numpy 2.4.6.
# Date: 2026-11-28.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet gymnasium==1.4.0 numpy==2.4.6
cd "$work"
venv/bin/python - <<'PY'
import numpy as np
from gymnasium.spaces import Box, Dict, Discrete, flatten, flatten_space, unflatten

parts = {"z": Discrete(2), "a": Box(0, 1, (2,))}
one, other = Dict(parts), Dict(**parts)
observation = {"z": 1, "a": np.array([0.25, 0.5], dtype=np.float32)}
vectors = [flatten(space, observation).tolist() for space in (one, other)]
back = [unflatten(space, np.array(vectors[0], dtype=np.float32)) for space in (one, other)]
back = [(int(each["z"]), each["a"].tolist()) for each in back]
equal = one == other, flatten_space(one) == flatten_space(other)
print(f"spaces equal {equal[0]}, flat spaces equal {equal[1]}; flattened {vectors[0]} and {vectors[1]}")
print(f"the first vector unflattened by both (z, a): {back[0]} and {back[1]}")
assert equal == (True, True)
assert vectors == [[0.25, 0.5, 0.0, 1.0], [0.0, 1.0, 0.25, 0.5]]
assert back == [(1, [0.25, 0.5]), (0, [0.0, 1.0])]
PY
