"""Where llama.cpp keeps LLaMA."""

from clados.layouts.gguf.gpt_2 import decoder_config
from clados.layouts.gguf.gpt_neox import gpt_neox
from clados.spec import *

llama = gpt_neox.but(
    model_type="gguf:llama",
    architectures={"llama": ("lm",)},
    rules={
        **gpt_neox.rules,
        "stack.blocks.*.attn.qkv.*": "blk.*.{attn_q,attn_k,attn_v}.*",
        "stack.blocks.*.mlp.up.*": "blk.*.{ffn_gate,ffn_up}.*",
    },
    config={
        **decoder_config,
        "rope.freq_base": "stack.position.base",
        "rope.dimension_count": HeadShare("stack.position.fraction"),
        "attention.head_count_kv": "size.kv_heads",
        "attention.key_length": "size.head_dim",
        "attention.value_length": "size.head_dim",
        "attention.layer_norm_rms_epsilon": "stack.norm.eps",
    },
)
