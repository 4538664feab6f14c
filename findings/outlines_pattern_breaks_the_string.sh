#!/usr/bin/env bash
# outlines-core: a string's pattern with a dot lets the model end the string and write what is no JSON.
# Expected: {"type": "string", "pattern": "^a.c$"} allows the JSON strings whose text matches, so a quotation mark
#   within is written as \".
# Seen: the pattern is put between two quotation marks as it is, over the written text: "a"c", no JSON, may be
#   written, and "a\"c", which stands for a match, may not; "." also matches a lone backslash. maxLength alone keeps
#   them out.
# Versions: outlines-core 0.2.14.
# Date: 2026-11-30.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet outlines-core==0.2.14
cd "$work"
venv/bin/python - <<'PY'
import json
import re

from outlines_core.json_schema import build_regex_from_schema


def reads(text):
    """The string that a JSON text holds, None where it is no JSON."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return None


seen = {}
for rule in ({"pattern": "^a.c$"}, {"minLength": 3, "maxLength": 3}):
    allowed = build_regex_from_schema(json.dumps({"type": "string"} | rule))
    for text in ('"abc"', '"a"c"', '"a\\c"', '"a\\"c"'):
        may = re.fullmatch(allowed, text) is not None
        seen[next(iter(rule)), text] = (reads(text), may)
        print(f"{rule}: {text} reads as {reads(text)!r}, may be written {may}")
assert [may for (rule, _), (_, may) in seen.items() if rule == "pattern"] == [True, True, True, False]
assert all(may is (text is not None) for (rule, _), (text, may) in seen.items() if rule == "minLength")
PY
