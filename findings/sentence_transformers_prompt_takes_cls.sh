#!/usr/bin/env bash
# sentence-transformers: include_prompt=False leaves out [CLS] as well.
# Expected: with Pooling(include_prompt=False) the prompt's tokens are not pooled, everything else is: CLS pooling
#   gives the state of [CLS] with a prompt or without, and the mean covers [CLS], the text and [SEP].
# Seen: [CLS] counts as a token of the prompt. With a prompt, CLS pooling gives the state of the text's first word
#   and the mean leaves [CLS] out; without one both take it in.
# Versions: sentence-transformers 6.2.0, transformers 5.23.0, torch 2.13.0.
# Date: 2026-11-28.
set -euo pipefail
export HF_HUB_OFFLINE=1 TRANSFORMERS_VERBOSITY=error PYTHONWARNINGS=ignore TQDM_DISABLE=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 transformers==5.23.0 sentence-transformers==6.2.0
cd "$work"
venv/bin/python - <<'PY'
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.models import Pooling, Transformer
from transformers import BertConfig, BertModel

torch.manual_seed(0)
words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "query", ":", "a", "b"]
small = dict(hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2)
BertModel(BertConfig(vocab_size=len(words), max_position_embeddings=32, **small)).save_pretrained("model")
Path("model/vocab.txt").write_text("\n".join(words) + "\n")
seen = {}
for mode in ("cls", "mean"):
    pooling = Pooling(16, pooling_mode=mode, include_prompt=False)
    model = SentenceTransformer(modules=[Transformer("model"), pooling], device="cpu")
    for prompt in ("query: ", ""):
        tokens = ["[CLS]", *prompt.replace(":", " :").split(), "a", "b", "[SEP]"]
        states = model.encode("a b", prompt=prompt, output_value="token_embeddings", convert_to_tensor=True)
        vector = model.encode("a b", prompt=prompt, convert_to_tensor=True)
        assert len(states) == len(tokens)
        text = ["[CLS]", *tokens[-3:]]
        candidates = {(each,): state for each, state in zip(tokens, states)} | {
            tuple(text): states[[0, -3, -2, -1]].mean(0),
            tuple(text[1:]): states[-3:].mean(0),
        }
        seen[mode, prompt] = min(candidates, key=lambda each: (candidates[each] - vector).abs().max().item())
        assert torch.allclose(candidates[seen[mode, prompt]], vector, atol=1e-5)
        print(f"{mode} pooling of {tokens} without the prompt: {list(seen[mode, prompt])}")
assert seen == {
    ("cls", "query: "): ("a",),
    ("cls", ""): ("[CLS]",),
    ("mean", "query: "): ("a", "b", "[SEP]"),
    ("mean", ""): ("[CLS]", "a", "b", "[SEP]"),
}
PY
