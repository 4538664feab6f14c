#!/usr/bin/env bash
# XLNet: labels=input_ids trains copying.
# Expected: XLNetLMHeadModel(input_ids, labels=input_ids) gives the loss of the next token, as GPT2LMHeadModel does.
# Seen: labels are not shifted and, without perm_mask, every position sees itself: on uniformly random tokens, whose
#   loss cannot stay below ln 45 = 3.81, a few hundred steps bring the "language model" near 0; GPT-2 stays at 3.8.
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
from torch.nn.functional import cross_entropy
from transformers import GPT2Config, GPT2LMHeadModel, XLNetConfig, XLNetLMHeadModel

torch.manual_seed(0)
models = {
    "XLNet": XLNetLMHeadModel(XLNetConfig(vocab_size=50, d_model=16, n_layer=1, n_head=2, d_inner=16)),
    "GPT-2": GPT2LMHeadModel(GPT2Config(vocab_size=50, n_embd=16, n_layer=1, n_head=2, bos_token_id=0, eos_token_id=0)),
}
losses = {}
for name, model in models.items():
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    for _ in range(300):
        ids = torch.randint(5, 50, (32, 8))
        loss = model(input_ids=ids, labels=ids).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    losses[name] = loss.item()
with torch.no_grad():
    answer = models["XLNet"].eval()(input_ids=ids, labels=ids)
    own = cross_entropy(answer.logits.flatten(0, 1), ids.flatten())
    following = cross_entropy(answer.logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten())
print({name: round(loss, 3) for name, loss in losses.items()})
print(f"XLNet: loss {answer.loss:.3f}; of the token itself {own:.3f}, of the next token {following:.3f}")
assert losses["XLNet"] < 0.1 and losses["GPT-2"] > 3.5
assert torch.allclose(answer.loss, own) and following > 3.5
PY
