#!/usr/bin/env bash
# transformers: with the end token as padding, causal language models are never taught to stop.
# Expected: DataCollatorForLanguageModeling(mlm=False) leaves padding out of the labels, and only padding.
# Seen: it leaves out every pad_token_id, wherever attention_mask is: with pad_token = eos_token, as GPT-2, which has
#   no padding token, is usually set up, the true end of each text is masked out too, even of a text without padding.
# Versions: transformers 5.23.0, torch 2.13.0.
# Date: 2026-11-28.
set -euo pipefail
export HF_HUB_OFFLINE=1 TRANSFORMERS_VERBOSITY=error PYTHONWARNINGS=ignore
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 transformers==5.23.0
cd "$work"
venv/bin/python - <<'PY'
from tokenizers import Tokenizer, models
from transformers import DataCollatorForLanguageModeling, PreTrainedTokenizerFast

seen = {}
for padding in ("<end>", "<pad>"):
    words = Tokenizer(models.WordLevel({"<end>": 0, "a": 1, "b": 2, "<pad>": 3}, unk_token="<pad>"))
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, eos_token="<end>", pad_token=padding)
    texts = [{"input_ids": [1, 2, 0]}, {"input_ids": [1, 0]}]
    batch = DataCollatorForLanguageModeling(tokenizer, mlm=False)(texts)
    seen[padding] = batch["labels"].tolist()
    print(f"padding with {padding}: attention_mask {batch['attention_mask'].tolist()}, labels {seen[padding]}")
    assert batch["attention_mask"].tolist() == [[1, 1, 1], [1, 1, 0]]
assert seen["<end>"] == [[1, 2, -100], [1, -100, -100]]
assert seen["<pad>"] == [[1, 2, 0], [1, 0, -100]]
PY
