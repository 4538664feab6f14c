#!/usr/bin/env bash
# pyarrow: one 64-bit hash among the ids of a JSONL file rounds all the others.
# Expected: integers of a JSON file are read as integers, or refused where they do not fit.
# Seen: read_json makes the column double as soon as one integer is 2^63 or more (half of all unsigned 64-bit hashes),
#   without a warning: 2^53 + 1 becomes 2^53 and two ids are one. Its documentation has int64 give way to double where
#   a number that is not an integer is met. Without the large one the same ids are exact, and with a schema of uint64
#   all are.
# Versions: pyarrow 26.0.1.
# Date: 2026-12-01.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet pyarrow==26.0.1
cd "$work"
venv/bin/python - <<'PY'
import json
from pathlib import Path

import pyarrow as pa
from pyarrow.json import ParseOptions, read_json

ids = [2**53, 2**53 + 1, 2**63 + 1]
Path("ids.jsonl").write_text("".join(json.dumps({"id": number}) + "\n" for number in ids))
Path("small.jsonl").write_text("".join(json.dumps({"id": number}) + "\n" for number in ids[:2]))
exact = ParseOptions(explicit_schema=pa.schema({"id": pa.uint64()}))
seen = {}
for name, options in (("small.jsonl", None), ("ids.jsonl", None), ("ids.jsonl", exact)):
    column = read_json(name, parse_options=options)["id"]
    kind, read = str(column.type), [int(number) for number in column.to_pylist()]
    print(f"{name}, {'schema given' if options else 'type inferred'}: {kind} {read}, {len(set(read))} different ids")
    seen[name, options is None] = kind, read
assert seen["small.jsonl", True] == ("int64", ids[:2])
assert seen["ids.jsonl", True] == ("double", [2**53, 2**53, 2**63])
assert seen["ids.jsonl", False] == ("uint64", ids)
PY
