#!/usr/bin/env bash
# GGUF: the rows of LLaMA query and key weights are in another order than in transformers.
# Expected: a tensor of a GGUF file is the tensor of the model, so attn_q.weight can be copied to q_proj.weight.
# Seen: rows of attn_q and attn_k (not attn_v, attn_output) are dealt out within each head, even ones first, when
#   transformers reads them, to suit its rotary embedding, which pairs the halves of a head. Shapes agree either
#   way.
# Versions: gguf 0.19.0, transformers 5.23.0 (with accelerate 1.15.0), torch 2.13.0.
# Date: 2026-11-28.
set -euo pipefail
export HF_HUB_OFFLINE=1 TRANSFORMERS_VERBOSITY=error PYTHONWARNINGS=ignore TQDM_DISABLE=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 transformers==5.23.0 gguf==0.19.0 accelerate==1.15.0
cd "$work"
venv/bin/python - <<'PY'
import gguf
import numpy as np
from transformers import LlamaForCausalLM

heads, width, inner, words = 2, 16, 32, 20
writer = gguf.GGUFWriter("m.gguf", "llama")
writer.add_block_count(1)
writer.add_context_length(32)
writer.add_embedding_length(width)
writer.add_feed_forward_length(inner)
writer.add_head_count(heads)
writer.add_head_count_kv(heads)
writer.add_layer_norm_rms_eps(1e-5)
writer.add_vocab_size(words)
shapes = {"token_embd": (words, width), "output": (words, width), "output_norm": (width,)}
shapes |= {f"blk.0.{name}": (width,) for name in ("attn_norm", "ffn_norm")}
shapes |= {f"blk.0.{name}": (width, width) for name in ("attn_q", "attn_k", "attn_v", "attn_output")}
shapes |= {"blk.0.ffn_gate": (inner, width), "blk.0.ffn_up": (inner, width), "blk.0.ffn_down": (width, inner)}
for name, shape in shapes.items():  # every row holds its own number
    rows = np.arange(shape[0], dtype=np.float32).reshape(-1, *[1] * (len(shape) - 1))
    writer.add_tensor(f"{name}.weight", np.ascontiguousarray(np.broadcast_to(rows, shape)))
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
attention = LlamaForCausalLM.from_pretrained(".", gguf_file="m.gguf").model.layers[0].self_attn
found = {name: [int(value) for value in getattr(attention, f"{name}_proj").weight[:, 0]] for name in "qkvo"}
for name, rows in found.items():
    print(f"{name}_proj holds rows {rows}")
assert found["v"] == found["o"] == list(range(width))
assert found["q"] == found["k"] == [0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 12, 14, 9, 11, 13, 15]
PY
