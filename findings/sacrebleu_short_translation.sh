#!/usr/bin/env bash
# sacreBLEU: a perfect translation of three words scores 0.
# Expected: BLEU of a hypothesis equal to its reference is 100.
# Seen: a corpus without a single 4-gram gets 0 from corpus_bleu, with smoothing exp (the default), floor and none
#   alike, and 100 with add-k; sentence_bleu gives the same pair 100, as it counts only orders that exist
#   (effective_order=True).
# Versions: sacrebleu 2.6.0.
# Date: 2026-11-28.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet sacrebleu==2.6.0
cd "$work"
venv/bin/python - <<'PY'
import sacrebleu

scores = {}
methods = ("exp", "floor", "add-k", "none")
for text in ("the cat sat", "the cat sat down"):
    row = [sacrebleu.corpus_bleu([text], [[text]], smooth_method=method).score for method in methods]
    scores[text] = [round(score, 3) for score in (*row, sacrebleu.sentence_bleu(text, [text]).score)]
    print(f"{text!r}: corpus with smoothing exp, floor, add-k, none, and sentence: {scores[text]}")
assert scores == {"the cat sat": [0, 0, 100, 0, 100], "the cat sat down": [100] * 5}
PY
