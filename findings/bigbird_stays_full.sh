#!/usr/bin/env bash
# transformers 5.23.0, BigBirdForMaskedLM: a text of up to (5 + 2 * num_random_blocks) * block_size tokens turns the
# module to full attention, and it stays so: the same long text has other scores after a short one was read than before.
# One would expect the same numbers for the same text, in evaluation mode. Seen: they differ, by more than 0.1.
set -euo pipefail
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q torch==2.13.0 transformers==5.23.0 numpy
"$work/venv/bin/python" - <<'P'
import os, sys
os.environ["TRANSFORMERS_VERBOSITY"] = "error"
import torch
from transformers import BigBirdConfig, BigBirdForMaskedLM

torch.manual_seed(0)
config = BigBirdConfig(vocab_size=70, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
                       block_size=4, num_random_blocks=1, max_position_embeddings=512)
model = BigBirdForMaskedLM(config).eval()
with torch.no_grad():
    for each in model.parameters():
        each.add_(0.3 * torch.randn(each.shape))
    text = torch.randint(5, 70, (1, 80))
    before, again = model(text).logits, model(text).logits
    model(text[:, :20])
    after = model(text).logits
same, apart = float((before - again).abs().max()), float((before - after).abs().max())
print(f"the same text twice: {same:.3g} apart; with a short one in between: {apart:.3g} apart")
sys.exit(not (same == 0 and apart > 0.1))
P
