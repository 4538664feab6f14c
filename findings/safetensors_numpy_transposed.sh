#!/usr/bin/env bash
# safetensors: a transposed NumPy array is saved with its numbers in the wrong places.
# Expected: save_file({"a": a.T}) and load_file give a.T back (as with 0.7.0), or a refusal (as safetensors.torch
#   does).
# Seen: 0.8.0 writes the memory as it lies under the transposed shape, without a word: [[0, 1, 2], [3, 4, 5]]
#   transposed comes back as [[0, 1], [2, 3], [4, 5]]. Kernels turned with .T for a Linear layer are such arrays;
#   a.T.copy() is saved rightly.
# Versions: safetensors 0.8.0 against 0.7.0, numpy 2.4.6.
# Date: 2026-11-28.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for version in 0.7.0 0.8.0; do
  python3 -m venv "$version"
  "$version/bin/pip" install --quiet numpy==2.4.6 "safetensors==$version"
  "$version/bin/python" - "$version" <<'PY'
import sys

import numpy as np
from safetensors.numpy import load_file, save_file

kernel = np.arange(6, dtype=np.float32).reshape(2, 3)
found = {}
for name, array in {"a.T": kernel.T, "a.T.copy()": kernel.T.copy()}.items():
    save_file({"a": array}, "x.safetensors")
    found[name] = load_file("x.safetensors")["a"].tolist()
    print(f"safetensors {sys.argv[1]}: {name} is {array.tolist()} and comes back as {found[name]}")
right = kernel.T.tolist()
assert found["a.T.copy()"] == right
assert found["a.T"] == (right if sys.argv[1] == "0.7.0" else [[0, 1], [2, 3], [4, 5]])
PY
done
