#!/usr/bin/env bash
# PEFT: half of an adapter and half of the same adapter make twice that adapter.
# Expected: add_weighted_adapter(weights=[w1, w2], combination_type="linear") changes the weights by w1 BA1 + w2
#   BA2.
# Seen: A and B are summed apart, each times sqrt(w), so the change is (sum sqrt(w) B)(sum sqrt(w) A), cross terms
#   and all: mixing two equal adapters half and half doubles the change; "cat" gives the linear combination.
# Versions: peft 0.21.2, transformers 5.23.0, torch 2.13.0.
# Date: 2026-11-28.
set -euo pipefail
export HF_HUB_OFFLINE=1 TRANSFORMERS_VERBOSITY=error PYTHONWARNINGS=ignore TQDM_DISABLE=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 transformers==5.23.0 peft==0.21.2
cd "$work"
venv/bin/python - <<'PY'
import torch
from peft import LoraConfig, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM

torch.manual_seed(0)
small = dict(vocab_size=50, hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2)
lora = LoraConfig(r=2, target_modules=["q_proj"], init_lora_weights=False, task_type="CAUSAL_LM")
model = get_peft_model(LlamaForCausalLM(LlamaConfig(**small)), lora, adapter_name="one")
model.add_adapter("two", lora)
layer = model.base_model.model.model.layers[0].self_attn.q_proj
with torch.no_grad():
    for part in (layer.lora_A, layer.lora_B):
        part["two"].weight.copy_(part["one"].weight)
ratios = {}
for kind in ("linear", "cat"):
    model.add_weighted_adapter(["one", "two"], [0.5, 0.5], kind, combination_type=kind)
    change = layer.get_delta_weight(kind) / layer.get_delta_weight("one")
    ratios[kind] = change.median().item()
    assert (change - ratios[kind]).abs().max() < 1e-3
print("change of the mixture / change of the adapter:", {kind: round(ratio, 3) for kind, ratio in ratios.items()})
assert abs(ratios["linear"] - 2) < 1e-3 and abs(ratios["cat"] - 1) < 1e-3
PY
