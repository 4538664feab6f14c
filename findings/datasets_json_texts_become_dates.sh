#!/usr/bin/env bash
# datasets: JSON strings that look like dates are rewritten, even where features say that they are strings.
# Expected: load_dataset("json") reads a JSON string as a string (as it does a number in quotes), and with
#   features=Features({"text": Value("string")}) there is nothing to guess.
# Seen: a column of which every string is an ISO date becomes timestamp[s]. With features given it is cast back to
#   strings, of another form: "2020-01-01" is read as "2020-01-01 00:00:00" and "2022-03-04T10:00:00+02:00" as
#   "2022-03-04 08:00:00". One other string in the file keeps all as written, so a part of a data set differs from the
#   whole.
# Versions: datasets 5.2.0, pyarrow 26.0.1.
# Date: 2026-11-30.
set -euo pipefail
export HF_HUB_OFFLINE=1 PYTHONWARNINGS=ignore TQDM_DISABLE=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet datasets==5.2.0 pyarrow==26.0.1
cd "$work"
venv/bin/python - <<'PY'
import json
from pathlib import Path

from datasets import Features, Value, disable_progress_bars, load_dataset

disable_progress_bars()
dates = ["2020-01-01", "2021-02-03 10:00", "2022-03-04T10:00:00+02:00"]
files = {"dates": dates, "dates and a word": [*dates, "today"], "numbers": ["1", "2"]}
changed = ["2020-01-01 00:00:00", "2021-02-03 10:00:00", "2022-03-04 08:00:00"]
for name, texts in files.items():
    Path(f"{name}.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    for features in (None, Features({"text": Value("string")})):
        read = load_dataset("json", data_files=f"{name}.jsonl", split="train", features=features, cache_dir="cache")
        kind, rows = read.features["text"].dtype, [str(row) for row in read["text"]]
        print(f"{name}, features {'guessed' if features is None else 'given'}: {kind} {rows}")
        assert kind == ("timestamp[s]" if name == "dates" and features is None else "string")
        assert rows == (changed if name == "dates" else texts)
PY
