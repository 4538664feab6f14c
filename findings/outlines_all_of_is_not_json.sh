#!/usr/bin/env bash
# outlines-core: allOf lets the model write the parts one behind the other, which is no JSON.
# Expected: allOf of two object schemas (a base and its additions, as in OpenAPI) lets the model write one object
#   that fits both, or is refused as unsupported, as "not" is.
# Seen: build_regex_from_schema puts the patterns of the parts one behind the other: {"a": 1}{"b": 2} may be written
#   and {"a": 1, "b": 2} may not. For one integer within bounds, 5 may not be written and 55 may. No error, no
#   warning.
# Versions: outlines-core 0.2.14; jsonschema 4.26.0 for comparison.
# Date: 2026-11-30.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet outlines-core==0.2.14 jsonschema==4.26.0
cd "$work"
venv/bin/python - <<'PY'
import json
import re

from jsonschema import Draft202012Validator
from outlines_core.json_schema import build_regex_from_schema


def has(name):
    return {"type": "object", "properties": {name: {"type": "integer"}}, "required": [name]}


def fits(text, schema):
    """Whether a text is JSON that fits a schema."""
    try:
        return Draft202012Validator(schema).is_valid(json.loads(text))
    except json.JSONDecodeError:
        return False


objects = {"allOf": [has("a"), has("b")]}
bounds = {"allOf": [{"type": "integer", "minimum": 1}, {"type": "integer", "maximum": 9}]}
seen = {}
for schema, texts in ((objects, ('{"a": 1, "b": 2}', '{"a": 1}{"b": 2}')), (bounds, ("5", "55"))):
    pattern = build_regex_from_schema(json.dumps(schema))
    for text in texts:
        seen[text] = (fits(text, schema), re.fullmatch(pattern, text) is not None)
        print(f"{text}: fits the schema {seen[text][0]}, may be written {seen[text][1]}")
assert list(seen.values()) == [(True, False), (False, True)] * 2
try:
    build_regex_from_schema(json.dumps({"not": {"type": "integer"}}))
except ValueError as error:
    print("not:", type(error).__name__)
else:
    raise SystemExit("\"not\" is no longer refused")
PY
