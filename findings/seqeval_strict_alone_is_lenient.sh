#!/usr/bin/env bash
# seqeval: f1_score with mode="strict" is lenient, classification_report with the same argument is strict.
# Expected: mode="strict" counts an entity that begins with I- instead of B- as wrong, in every function;
#   scheme=IOB2, in which entities begin with B-, does so too or is refused without a mode.
# Seen: f1_score (precision_score and recall_score too) is strict only if mode and scheme are both given and passes
#   over one alone in silence: I-PER I-PER for B-PER I-PER is a hit, F1 1.0. classification_report guesses the scheme
#   and gives 0.67 for the same call, as f1_score does with both.
# Versions: seqeval 1.2.2, numpy 2.4.6, scikit-learn 1.9.1.
# Date: 2026-11-30.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet numpy==2.4.6 scikit-learn==1.9.1 seqeval==1.2.2
cd "$work"
venv/bin/python - <<'PY'
from seqeval.metrics import classification_report, f1_score
from seqeval.scheme import IOB2

truth = [["B-PER", "I-PER", "O", "B-LOC"]]
found = [["I-PER", "I-PER", "O", "B-LOC"]]
ways = {
    "neither": {},
    "scheme=IOB2": {"scheme": IOB2},
    "mode='strict'": {"mode": "strict"},
    "both": {"mode": "strict", "scheme": IOB2},
}
seen = []
for name, way in ways.items():
    report = classification_report(truth, found, output_dict=True, **way)
    seen.append((round(float(f1_score(truth, found, **way)), 2), round(float(report["micro avg"]["f1-score"]), 2)))
    print(f"{name}: f1_score {seen[-1][0]}, classification_report {seen[-1][1]}")
assert seen == [(1.0, 1.0), (1.0, 1.0), (1.0, 0.67), (0.67, 0.67)]
PY
