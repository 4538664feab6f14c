#!/usr/bin/env bash
# torch.nn.TransformerEncoder: in evaluation, `torch.no_grad()` changes the states of padded positions.
# Expected: whether gradients are recorded changes no number of a forward pass of the same module in eval mode.
# Seen: without gradients a post-norm encoder leaves padded positions out on its way (as nested tensors) and fills them
#   with exact zeros; with gradients, and with norm_first=True in both cases, they hold the states that padding comes
#   to. States of texts agree. What reads all positions, such as a plain mean over the length, is another vector in
#   evaluation than the one that was checked with gradients on.
# Versions: torch 2.13.0.
# Date: 2026-12-01.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
cd "$work"
venv/bin/python - <<'PY'
import warnings

import torch
from torch import nn

warnings.filterwarnings("ignore", message=".*nested")
torch.manual_seed(0)
x, padding = torch.randn(2, 5, 8), torch.tensor([[0, 0, 0, 0, 0], [0, 0, 0, 1, 1]]).bool()
seen = {}
for norm_first in (False, True):
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, norm_first=norm_first)
    encoder = nn.TransformerEncoder(layer, 2).eval()
    recorded = encoder(x, src_key_padding_mask=padding).detach()
    with torch.no_grad():
        plain = encoder(x, src_key_padding_mask=padding)
    texts = (recorded - plain)[~padding].abs().max().item()
    means = (recorded.mean(1) - plain.mean(1))[1].abs().max().item()
    seen[norm_first] = texts < 1e-5, not plain[padding].any().item(), not recorded[padding].any().item(), means > 0.1
    print(f"norm_first={norm_first}: texts apart by {texts:.1e}, means over all positions by {means:.2f}; "
          f"padding all zero without gradients: {seen[norm_first][1]}, with: {seen[norm_first][2]}")
assert seen == {False: (True, True, False, True), True: (True, False, False, False)}, seen
PY
