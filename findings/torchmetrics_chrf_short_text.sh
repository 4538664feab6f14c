#!/usr/bin/env bash
# torchmetrics: a perfect translation of three letters has chrF 0.5.
# Expected: CHRFScore of a hypothesis equal to its reference is 1, and CHRFScore and sacreBLEU give the same chrF and
#   chrF++.
# Seen: orders for which neither text has an n-gram (six letters and more are needed for chrF, two words for chrF++)
#   count as 0 and the sum is still divided by all orders: "cat" for "cat" has 0.5 in both, and one word of six letters
#   0.875 in chrF++. sacreBLEU averages over the orders that exist: 100. For "the cat sat" they
#   agree.
# Versions: torchmetrics 1.9.0, torch 2.13.0, sacrebleu 2.6.0.
# Date: 2026-12-01.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 torchmetrics==1.9.0 sacrebleu==2.6.0 numpy==2.4.6
cd "$work"
venv/bin/python - <<'PY'
import sacrebleu
from torchmetrics.text import CHRFScore

seen = {}
for text in ("cat", "kitten", "the cat sat"):
    for name, words in (("chrF", 0), ("chrF++", 2)):
        score = CHRFScore(n_word_order=words)([text], [[text]]).item()
        other = sacrebleu.corpus_chrf([text], [[text]], word_order=words).score
        seen[text, name] = round(score, 3), round(other, 1)
        print(f"{name} of {text!r} for itself: torchmetrics {score:.3f}, sacrebleu {other:.1f}")
assert {score for _, score in seen.values()} == {100}
assert [score for score, _ in seen.values()] == [0.5, 0.5, 1, 0.875, 1, 1]
PY
