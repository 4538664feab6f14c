#!/usr/bin/env bash
# BigBird: in eval mode every random block is block 0.
# Expected: block-sparse attention reads num_random_blocks random blocks in training and in evaluation alike.
# Seen: in eval mode a query in the middle reads its window, the first and the last block and nothing else, and the
#   first block counts 1 + num_random_blocks times in the softmax; in training mode it reads three more blocks.
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
from transformers import BigBirdConfig, BigBirdModel

torch.manual_seed(0)
size, length, query, extra = 8, 256, 100, 3
config = BigBirdConfig(
    vocab_size=50, hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=1, sep_token_id=2,
    max_position_embeddings=length, block_size=size, num_random_blocks=extra, attention_type="block_sparse",
    hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0,
)
model = BigBirdModel(config).eval()
attention = model.encoder.layer[0].attention.self
with torch.no_grad():  # all scores equal: attention is a plain mean over what is read
    attention.query.weight.zero_()
    attention.query.bias.zero_()
context = []
attention.register_forward_hook(lambda module, given, answer: context.append(answer[0][0, query]))
ids = torch.randint(5, 50, (1, length))


def blocks(answer):
    return sorted({key // size for key in (answer.attentions[0][0, 0, query] > 0).nonzero().flatten().tolist()})


with torch.no_grad():
    evaluated = blocks(model(ids, output_attentions=True))
    values = attention.value(model.embeddings(ids))[0].view(-1, size, 16).mean(1)
    off = []
    for times in (1, 1 + extra):
        mean = (times * values[0] + values[[11, 12, 13, 31]].sum(0)) / (times + 4)
        off.append((context[0] - mean).abs().max().item())
    trained = blocks(model.train()(ids, output_attentions=True))
print(f"blocks read in eval mode {evaluated}, in training mode {trained}")
print(f"distance from a mean that counts block 0 once {off[0]:.4f}, {1 + extra} times {off[1]:.1e}")
assert evaluated == [0, 11, 12, 13, 31] and len(trained) == len(evaluated) + extra
assert off[0] > 1e-3 and off[1] < 1e-6
PY
