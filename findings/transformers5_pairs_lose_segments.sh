#!/usr/bin/env bash
# transformers 5: a BERT tokenizer saved by version 4 no longer says which text is the second.
# Expected: a tokenizer.json whose template numbers the two texts 0 and 1 gives token_type_ids in both versions.
# Seen: a PreTrainedTokenizerFast saved by 4.57.6 (its tokenizer_config.json has no model_input_names) gives
#   token_type_ids there and none in 5.23.0, where they are off by default: BERT then reads pairs as one segment,
#   same ids, no warning. return_token_type_ids=True brings them back.
# Versions: transformers 4.57.6 and 5.23.0.
# Date: 2026-11-28.
set -euo pipefail
export HF_HUB_OFFLINE=1 TRANSFORMERS_VERBOSITY=error
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv 4.57.6
4.57.6/bin/pip install --quiet "transformers==4.57.6"
python3 -m venv 5.23.0
5.23.0/bin/pip install --quiet "transformers==5.23.0"
4.57.6/bin/python - <<'PY'
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import PreTrainedTokenizerFast

words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "b", "c"]
tokenizer = Tokenizer(models.WordPiece({word: i for i, word in enumerate(words)}, unk_token="[UNK]"))
tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
marks = dict(pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]")
PreTrainedTokenizerFast(tokenizer_object=tokenizer, **marks).save_pretrained("saved")
PY
for version in 4.57.6 5.23.0; do
  "$version/bin/python" - <<'PY'
import transformers

tokenizer = transformers.AutoTokenizer.from_pretrained("saved")
found = dict(tokenizer("a b", "c"))
asked = dict(tokenizer("a b", "c", return_token_type_ids=True))
print(transformers.__version__, found, "asked for:", asked["token_type_ids"])
assert found["input_ids"] == [2, 4, 5, 3, 6, 3] and asked["token_type_ids"] == [0, 0, 0, 0, 1, 1]
assert ("token_type_ids" in found) == (transformers.__version__ == "4.57.6")
PY
done
