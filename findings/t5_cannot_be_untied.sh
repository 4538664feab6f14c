#!/usr/bin/env bash
# T5: tie_word_embeddings=False is overruled.
# Expected: T5Config(tie_word_embeddings=False), as T5 v1.1 is published, gives a word head of its own, in the file
#   too.
# Seen: the config says True, the head is the word table (not scaled by d_model ** -0.5 as a tied T5 is), and
#   save_pretrained writes no lm_head.weight; with false put into config.json by hand it is read as tied all the
#   same. (Files that do hold another lm_head.weight, as the published ones, keep it, so only models made anew are
#   caught.)
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
import json
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import T5Config, T5ForConditionalGeneration

small = dict(vocab_size=50, d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2, decoder_start_token_id=0)
asked = T5ForConditionalGeneration(T5Config(feed_forward_proj="gated-gelu", tie_word_embeddings=False, **small)).eval()
asked.save_pretrained("t5")
path = Path("t5/config.json")
path.write_text(json.dumps(json.loads(path.read_text()) | {"tie_word_embeddings": False}))
read = T5ForConditionalGeneration.from_pretrained("t5").eval()
given = dict(input_ids=torch.tensor([[5, 6, 1]]), decoder_input_ids=torch.tensor([[0, 8]]))
with torch.no_grad():
    answer = asked(**given, output_hidden_states=True)
    unscaled = answer.decoder_hidden_states[-1] @ asked.shared.weight.T
values = {
    "config of the made model": asked.config.tie_word_embeddings,
    "config of the read model": read.config.tie_word_embeddings,
    "head is the word table": [model.lm_head.weight is model.shared.weight for model in (asked, read)],
    "lm_head.weight in the file": "lm_head.weight" in load_file("t5/model.safetensors"),
    "logits are the unscaled product": torch.allclose(answer.logits, unscaled, atol=1e-5),
}
print(values)
assert list(values.values()) == [True, True, [True, True], False, True]
PY
