#!/usr/bin/env bash
# datasets: a column that the first row lacks is dropped.
# Expected: Dataset.from_list keeps every key, with None where a row lacks it, as it does for keys that later rows
#   lack.
# Seen: the keys of the first row are the columns; a key that appears only later disappears with its data, silently,
#   while inside a nested dict the keys of all rows are united.
# Versions: datasets 5.2.0.
# Date: 2026-11-28.
set -euo pipefail
export HF_HUB_OFFLINE=1 TRANSFORMERS_VERBOSITY=error PYTHONWARNINGS=ignore TQDM_DISABLE=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet datasets==5.2.0
cd "$work"
venv/bin/python - <<'PY'
from datasets import Dataset

rows = [{"text": "a", "meta": {"x": 1}}, {"text": "b", "label": 1, "meta": {"y": 2}}]
forth = Dataset.from_list(rows)
back = Dataset.from_list(rows[::-1])
print("first row without label:", forth.column_names, forth[1])
print("first row with label:   ", back.column_names, back[0])
assert forth.column_names == ["text", "meta"] and back.column_names == ["text", "label", "meta"]
assert forth[1] == {"text": "b", "meta": {"x": None, "y": 2}}
assert back["label"][:] == [1, None]
PY
