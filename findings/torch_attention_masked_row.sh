#!/usr/bin/env bash
# torch: a query that may see nothing gets numbers with gradients and NaN without.
# Expected: nn.MultiheadAttention in eval mode answers the same inside and outside torch.no_grad(), weights asked or
#   not.
# Seen: for a sequence that is all padding (a filler row of a batch) need_weights=False gives the output bias (here
#   0) while gradients are recorded and NaN under no_grad (the fast path); need_weights=True, the default, gives NaN
#   in both.
# Versions: torch 2.13.0, CPU.
# Date: 2026-11-28.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
cd "$work"
venv/bin/python - <<'PY'
import torch

torch.manual_seed(0)
attention = torch.nn.MultiheadAttention(8, 2, batch_first=True).eval()
states = torch.randn(2, 3, 8)
padding = torch.tensor([[False, False, True], [True, True, True]])
seen = {}
for gradients in (True, False):
    for weights in (False, True):
        with torch.set_grad_enabled(gradients):
            answer = attention(states, states, states, key_padding_mask=padding, need_weights=weights)[0]
        assert answer[0].isfinite().all()
        seen[gradients, weights] = "NaN" if answer[1].isnan().all() else f"all {answer[1].abs().max().item()}"
for (gradients, weights), value in seen.items():
    print(f"gradients {gradients}, need_weights {weights}: the fully padded row is {value}")
assert list(seen.values()) == ["all 0.0", "NaN", "NaN", "NaN"]
PY
