#!/usr/bin/env bash
# tokenizers: an added token may take the id of a word.
# Expected: add_tokens gives a new token an id that no token has (the highest id + 1).
# Seen: the id is the number of entries; in a vocabulary with holes in its ids (pruned, or numbered by another
#   program) that id may be taken: two tokens share it, the text of one encodes to the id of the other and decodes
#   to it.
# Versions: tokenizers 0.23.3.
# Date: 2026-11-28.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet tokenizers==0.23.3
cd "$work"
venv/bin/python - <<'PY'
from tokenizers import Tokenizer, models, pre_tokenizers

tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "cat": 1, "dog": 3}, unk_token="[UNK]"))
tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
before = tokenizer.decode(tokenizer.encode("cat dog").ids)
count = tokenizer.add_tokens(["bird"])
after = tokenizer.decode(tokenizer.encode("cat dog").ids)
print(f"added {count}: {dict(sorted(tokenizer.get_vocab().items()))}")
print(f"\"cat dog\" decodes to {before!r} before and to {after!r} after")
assert tokenizer.token_to_id("dog") == tokenizer.token_to_id("bird") == 3
assert (before, after) == ("cat dog", "cat bird")
PY
