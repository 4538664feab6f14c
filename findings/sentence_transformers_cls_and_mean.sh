#!/usr/bin/env bash
# sentence-transformers: pooling_mode_cls_token=true alone is two poolings in version 4 and one in version 6.
# Expected: a pooling config that names one mode pools by this one, in every version.
# Seen: in 4.1.0 pooling_mode_mean_tokens is true unless set to false, so the vector is the first token followed by
#   the mean, of twice the width; in 6.2.0 it is the first token. The file is read without a warning by both.
# Versions: sentence-transformers 4.1.0 (transformers 4.57.6) and 6.2.0 (transformers 5.23.0), torch 2.13.0.
# Date: 2026-11-28.
set -euo pipefail
export HF_HUB_OFFLINE=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
cd "$work"
mkdir pooling
echo '{"word_embedding_dimension": 2, "pooling_mode_cls_token": true}' >pooling/config.json
for versions in "4.1.0 4.57.6" "6.2.0 5.23.0"; do
  read -r version transformers <<<"$versions"
  venv/bin/pip install --quiet torch==2.13.0 "transformers==$transformers" "sentence-transformers==$version"
  venv/bin/python - <<'PY'
import warnings

import torch
from sentence_transformers import __version__

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the newer one would have it imported from elsewhere
    from sentence_transformers.models import Pooling

with warnings.catch_warnings(record=True) as warned:
    warnings.simplefilter("always")
    pooling = Pooling.load("pooling")
states = torch.tensor([[[1.0, 10.0], [2.0, 20.0], [6.0, 60.0]]])
mask = torch.ones(1, 3, dtype=torch.int64)
vector = pooling({"token_embeddings": states, "attention_mask": mask})["sentence_embedding"][0].tolist()
print(f"sentence-transformers {__version__}: {states[0].tolist()} becomes {vector}; {len(warned)} warnings")
assert not warned
assert vector == ([1.0, 10.0, 3.0, 30.0] if __version__ == "4.1.0" else [1.0, 10.0])
PY
done
