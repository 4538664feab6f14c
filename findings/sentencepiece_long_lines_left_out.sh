#!/usr/bin/env bash
# SentencePiece: lines longer than 4192 bytes take no part in training.
# Expected: max_sentence_length cuts or splits a longer line, or training fails; with character_coverage=1.0 every
#   character of the corpus is in the vocabulary.
# Seen: a longer line is left out as a whole. In a corpus with a document a line, where half the lines are long,
#   what only they hold is unknown to the model; one line of the log ("Skipped 50 too long sentences.") says so,
#   nothing does with minloglevel=2. max_sentence_length=100000 takes them in.
# Versions: sentencepiece 0.2.3.
# Date: 2026-11-30.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet sentencepiece==0.2.3
cd "$work"
venv/bin/python - <<'PY' 2>log
import io

import sentencepiece

short, long = "the cat sat on the mat", " ".join(["six zebras jump over a lazy fox"] * 150)
assert len(long) > 4192
seen = {}
for name, level, chosen in (("default", 0, {}), ("max_sentence_length=100000", 2, {"max_sentence_length": 100_000})):
    file = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([short] * 50 + [long] * 50), model_writer=file, model_type="char", vocab_size=30,
        hard_vocab_limit=False, character_coverage=1.0, minloglevel=level, **chosen,
    )
    model = sentencepiece.SentencePieceProcessor(model_proto=file.getvalue())
    seen[name] = model.encode("six zebras", out_type=int).count(model.unk_id())
    print(f"{name}: {seen[name]} unknown pieces in \"six zebras\", which half the corpus repeats")
assert list(seen.values()) == [3, 0]
PY
grep -o "Skipped .*" log
