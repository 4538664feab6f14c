#!/usr/bin/env bash
# transformers: packed texts are kept apart only without a cache.
# Expected: use_cache says whether keys and values are kept for later and leaves the logits alone. A row of two
#   texts with position_ids that start anew (what DataCollatorWithFlattening makes) is read as two texts, or as one,
#   either way.
# Seen: with use_cache=False the second text reads itself alone, as if it had been given by itself; with the default
#   (use_cache=True), and with an attention_mask of ones, it reads the first text too. A training with use_cache=False
#   and an evaluation as by default so differ, without a warning. "sdpa" and "eager" agree.
# Versions: transformers 5.23.0, torch 2.13.0.
# Date: 2026-11-30.
set -euo pipefail
export HF_HUB_OFFLINE=1 TRANSFORMERS_VERBOSITY=error PYTHONWARNINGS=ignore TQDM_DISABLE=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 transformers==5.23.0
cd "$work"
venv/bin/python - <<'PY'
import torch
from transformers import DataCollatorWithFlattening, LlamaConfig, LlamaForCausalLM

texts = [[5, 6, 7, 8], [9, 10, 11]]
packed = DataCollatorWithFlattening()([{"input_ids": text} for text in texts])
ids, positions = packed["input_ids"], packed["position_ids"]
assert ids.tolist() == [[5, 6, 7, 8, 9, 10, 11]] and positions.tolist() == [[0, 1, 2, 3, 0, 1, 2]]
ways = {
    "use_cache=False": {"use_cache": False},
    "default": {},
    "use_cache=True": {"use_cache": True},
    "use_cache=False, a mask of ones": {"use_cache": False, "attention_mask": torch.ones_like(ids)},
}
for kind in ("sdpa", "eager"):
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=50, hidden_size=16, intermediate_size=16, num_hidden_layers=2, num_attention_heads=2,
        initializer_range=0.5, attn_implementation=kind,
    )
    model = LlamaForCausalLM(config).eval()
    with torch.no_grad():
        alone = torch.cat([model(torch.tensor([text])).logits for text in texts], 1)
        off = {}
        for name, way in ways.items():
            apart = (model(ids, position_ids=positions, **way).logits - alone).abs()
            off[name] = apart[:, 4:].max().item()
            assert apart[:, :4].max() < 1e-4  # the first text has nothing before it
    print(f"{kind}: logits of the second text, packed and alone, differ by")
    for name, value in off.items():
        print(f"  {value:.1e} with {name}")
    assert [value < 1e-4 for value in off.values()] == [True, False, False, False] and off["default"] > 1
PY
