#!/usr/bin/env bash
# tokenizers: a byte-level BPE drops what it has not seen in training.
# Expected: a BPE of bytes encodes every text and decodes it to the same text, as GPT-2's does.
# Seen: the trainer takes only the bytes of its corpus into the vocabulary and the model has no unknown token, so
#   other letters vanish without an error; initial_alphabet=ByteLevel.alphabet() is what makes it complete.
# Versions: tokenizers 0.23.3.
# Date: 2026-11-28.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet tokenizers==0.23.3
cd "$work"
venv/bin/python - <<'PY'
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

seen = []
for name, alphabet in (("default", []), ("ByteLevel.alphabet()", pre_tokenizers.ByteLevel.alphabet())):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=300, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(["the cat sat on the mat"], trainer)
    seen.append(tokenizer.decode(tokenizer.encode("the dog and the big cat").ids))
    print(f"initial_alphabet {name}: 'the dog and the big cat' comes back as {seen[-1]!r}")
assert seen == ["the o an the  cat", "the dog and the big cat"]
PY
