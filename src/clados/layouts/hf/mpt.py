"""Where transformers keeps MPT."""

from clados.layouts.hf.gpt import tasks, tuned_heads
from clados.layouts.hf.gpt_2 import gpt_2, vocab_config
from clados.spec import *

mpt = gpt_2.but(
    model_type="mpt",
    architectures={"MptForCausalLM": ("lm",), "MptModel": ()},
    tuned=for_tasks("Mpt", tasks),
    rules={
        "inputs.tokens.*": "transformer.wte.*",
        "stack.blocks.*.attn_norm.*": "transformer.blocks.*.norm_1.*",
        "stack.blocks.*.attn.qkv.*": "transformer.blocks.*.attn.Wqkv.*",
        "stack.blocks.*.attn.out.*": "transformer.blocks.*.attn.out_proj.*",
        "stack.blocks.*.mlp_norm.*": "transformer.blocks.*.norm_2.*",
        "stack.blocks.*.mlp.up.*": "transformer.blocks.*.ffn.up_proj.*",
        "stack.blocks.*.mlp.down.*": "transformer.blocks.*.ffn.down_proj.*",
        "stack.norm_out.*": "transformer.norm_f.*",
        **tuned_heads,
    },
    config={
        "d_model": "size.d_model",
        "n_layers": "size.layers",
        "n_heads": "size.heads",
        **vocab_config,
        "num_labels": gpt_2.config["num_labels"],
        "layer_norm_epsilon": "stack.norm.eps",
        "emb_pdrop": "inputs.dropout",
        "resid_pdrop": "stack.block.dropout",
        "attn_config.softmax_scale": "stack.block.attn.scale",
    },
    fixed={
        "expansion_ratio": 4,
        "no_bias": True,
        "learned_pos_emb": True,
        "attn_config.attn_pdrop": 0,
        "attn_config.alibi": True,
        "attn_config.alibi_bias_max": 8,
        "attn_config.attn_type": "multihead_attention",
        "attn_config.qk_ln": False,
        "attn_config.clip_qkv": None,
        "attn_config.prefix_lm": False,
    },
    ignored=(
        "max_seq_len",
        "attn_config.attn_impl",
        "attn_config.attn_uses_sequence_id",
        "attn_config.model_type",
        "embedding_fraction",
        "init_device",
        "initializer_range",
        "logit_scale",
        "norm_type",
        "verbose",
    ),
    unused=(),
)
