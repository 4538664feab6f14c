#!/usr/bin/env bash
# DeBERTa: relative_attention=True alone leaves the model blind to the order of words.
# Expected: with relative_attention=True the two relative terms of the paper act, or a config without them is
#   refused.
# Seen: a table of relative positions is made but pos_att_type defaults to None, so no term uses it; with
#   position_biased_input=False (as published models have it) reversed words give the same states reversed.
# Versions: transformers 5.23.0 (DeBERTa and DeBERTa v2), torch 2.13.0.
# Date: 2026-11-28.
set -euo pipefail
export HF_HUB_OFFLINE=1 TRANSFORMERS_VERBOSITY=error PYTHONWARNINGS=ignore TQDM_DISABLE=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 transformers==5.23.0
cd "$work"
venv/bin/python - <<'PY'
import torch
from transformers import DebertaConfig, DebertaModel, DebertaV2Config, DebertaV2Model

small = dict(vocab_size=50, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16)
ids = torch.tensor([[5, 6, 7, 8]])
for make, kind in ((DebertaConfig, DebertaModel), (DebertaV2Config, DebertaV2Model)):
    off = []
    for terms in ({}, {"pos_att_type": ["c2p", "p2c"]}):
        torch.manual_seed(0)
        model = kind(make(relative_attention=True, position_biased_input=False, **small, **terms)).eval()
        with torch.no_grad():
            for each in model.parameters():
                each.add_(0.3 * torch.randn(each.shape))
            table = model.encoder.rel_embeddings.weight
            forth = model(ids).last_hidden_state
            back = model(ids.flip(1)).last_hidden_state.flip(1)
        off.append((forth - back).abs().max().item())
    print(f"{kind.__name__}: table {tuple(table.shape)}; reversed words differ by {off[0]:.1e}, "
          f"with pos_att_type by {off[1]:.3f}")
    assert off[0] < 1e-5 and off[1] > 1e-2
PY
