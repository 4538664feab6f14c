#!/usr/bin/env bash
# torchmetrics: the AUROC of the same logits depends on how they are cut into batches.
# Expected: BinaryAUROC and BinaryAveragePrecision depend on the order of all scores alone, so the same logits give
#   the same number in one update or in several.
# Seen: each update by itself guesses what it was given. A batch with a logit outside [0, 1] goes through the
#   sigmoid, one without is taken for probabilities and kept as it is; the kept values are then ranked together. A
#   ranking without a fault has AUROC 1 in one update and 0.83 in two (a short last batch is enough), without a
#   warning.
# Versions: torchmetrics 1.9.0, torch 2.13.0; scikit-learn 1.9.1 for comparison.
# Date: 2026-11-30.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 torchmetrics==1.9.0 scikit-learn==1.9.1
cd "$work"
venv/bin/python - <<'PY'
import torch
from sklearn.metrics import average_precision_score, roc_auc_score
from torchmetrics.classification import BinaryAUROC, BinaryAveragePrecision

logits = torch.tensor([-2.0, 1.5, 3.0, 0.9, 0.1])
labels = torch.tensor([0, 1, 1, 0, 0])
for kind, reference in ((BinaryAUROC, roc_auc_score), (BinaryAveragePrecision, average_precision_score)):
    found = {"scikit-learn": float(reference(labels, logits))}
    for name, sizes in (("one batch", [5]), ("batches of 3 and 2", [3, 2])):
        metric = kind()
        for scores, truth in zip(logits.split(sizes), labels.split(sizes), strict=True):
            metric.update(scores, truth)
        found[name] = metric.compute().item()
    print(kind.__name__, {name: round(value, 4) for name, value in found.items()})
    assert all(abs(value - due) < 1e-4 for value, due in zip(found.values(), (1.0, 1.0, 0.8333), strict=True))
PY
