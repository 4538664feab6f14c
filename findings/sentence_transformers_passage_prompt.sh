#!/usr/bin/env bash
# sentence-transformers: encode_document never uses a prompt named "passage".
# Expected: as its documentation says, encode_document takes the first of the prompts "document", "passage",
#   "corpus" that exists, so with prompts={"query": "query: ", "passage": "passage: "} (E5) a document gets
#   "passage: ".
# Seen: an empty prompt "document" is always put in beside the given ones and wins; documents are encoded without a
#   prompt and without a warning, queries with theirs.
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

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from transformers import BertConfig, BertModel

torch.manual_seed(0)
words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "query", "passage", ":", "a", "b", "c"]
small = dict(hidden_size=16, intermediate_size=16, num_hidden_layers=1, num_attention_heads=2)
BertModel(BertConfig(vocab_size=len(words), max_position_embeddings=32, **small)).save_pretrained("model")
Path("model/vocab.txt").write_text("\n".join(words) + "\n")
model = SentenceTransformer("model", prompts={"query": "query: ", "passage": "passage: "}, device="cpu")


def same(found, text):
    return bool(np.allclose(found, model.encode(text, prompt=""), atol=1e-5))


query, document = model.encode_query("a b"), model.encode_document("a b")
seen = [same(query, "query: a b"), same(document, "passage: a b"), same(document, "a b")]
print("prompts:", model.prompts)
print("query has its prompt, document has its prompt, document has none:", seen)
assert seen == [True, False, True] and model.prompts["document"] == ""
PY
