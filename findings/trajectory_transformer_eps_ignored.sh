#!/usr/bin/env bash
# Trajectory Transformer: layer_norm_eps of its config reaches no norm.
# Expected: TrajectoryTransformerConfig(layer_norm_eps=...) sets eps of the LayerNorms, as in other models' configs; its
#   default, 1e-12, is theirs.
# Seen: all norms have torch's usual 1e-05, whatever the config says, and the states stay the same with 1.0.
# Versions: transformers 4.57.6 (5.x has the class no longer), torch 2.13.0.
# Date: 2026-11-29.
set -euo pipefail
export HF_HUB_OFFLINE=1 TRANSFORMERS_VERBOSITY=error PYTHONWARNINGS=ignore TQDM_DISABLE=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 transformers==4.57.6
cd "$work"
venv/bin/python - <<'PY'
import torch
from transformers import TrajectoryTransformerConfig, TrajectoryTransformerModel

small = dict(vocab_size=9, action_dim=2, observation_dim=3, transition_dim=7, n_layer=2, n_head=2, n_embd=16,
             block_size=21)
answers, epsilons = [], []
for chosen in ({}, {"layer_norm_eps": 1.0}):
    config = TrajectoryTransformerConfig(**small, **chosen)
    torch.manual_seed(0)
    model = TrajectoryTransformerModel(config).eval()
    norms = {each.eps for each in model.modules() if isinstance(each, torch.nn.LayerNorm)}
    epsilons.append((config.layer_norm_eps, sorted(norms)))
    with torch.no_grad():
        answers.append(model(torch.arange(14)[None] % 9, return_dict=True).logits)
apart = (answers[0] - answers[1]).abs().max().item()
print(f"config and norms: {epsilons[0]}, {epsilons[1]}; logits differ by {apart}")
assert epsilons == [(1e-12, [1e-05]), (1.0, [1e-05])] and apart == 0.0
PY
