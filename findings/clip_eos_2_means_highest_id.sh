#!/usr/bin/env bash
# CLIP: text_config.eos_token_id = 2 does not mean token 2.
# Expected: the pooled state is the one at eos_token_id, so writing the true end (here 51) for the 2 of older files
#   changes nothing, and neither does adding words to the vocabulary.
# Seen: with 2 the state at the highest id is pooled, with any other value the one at its first occurrence; the two
#   agree until a word is added above the end token, then the same weights and text give another vector.
# Versions: transformers 5.23.0, torch 2.13.0.
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
from transformers import CLIPTextConfig, CLIPTextModel

torch.manual_seed(0)
small = dict(vocab_size=60, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16)
older, newer = (
    CLIPTextModel(CLIPTextConfig(**small, max_position_embeddings=16, bos_token_id=50, eos_token_id=eos)).eval()
    for eos in (2, 51)
)
with torch.no_grad():
    for each in older.parameters():
        each.add_(0.2 * torch.randn(each.shape))
newer.load_state_dict(older.state_dict())
off = {}
for name, ids in {"usual words": [50, 5, 6, 51], "an added word, 55": [50, 5, 55, 6, 51]}.items():
    with torch.no_grad():
        vectors = [model(torch.tensor([ids])) for model in (older, newer)]
    off[name] = (vectors[0].pooler_output - vectors[1].pooler_output).abs().max().item()
    place = (vectors[0].last_hidden_state - vectors[0].pooler_output[:, None]).abs().sum(-1).argmin().item()
    print(f"{name}: eos_token_id 2 pools place {place} of {ids}; differs from eos_token_id 51 by {off[name]:.3f}")
assert off["usual words"] == 0 and off["an added word, 55"] > 0.1 and place == 2
PY
