"""Where transformers keeps BLOOM."""

from clados.layouts.hf.gpt import tasks, tuned_heads
from clados.layouts.hf.gpt_2 import gpt_2, vocab_config
from clados.spec import *

bloom = gpt_2.but(
    model_type="bloom",
    architectures={"BloomForCausalLM": ("lm",), "BloomModel": ()},
    tuned=for_tasks("Bloom", tasks),
    rules={
        "inputs.tokens.*": "transformer.word_embeddings.*",
        "inputs.norm.*": "transformer.word_embeddings_layernorm.*",
        "stack.blocks.*.attn_norm.*": "transformer.h.*.input_layernorm.*",
        "stack.blocks.*.attn.qkv.*": PerHead("transformer.h.*.self_attention.query_key_value.*"),
        "stack.blocks.*.attn.out.*": "transformer.h.*.self_attention.dense.*",
        "stack.blocks.*.mlp_norm.*": "transformer.h.*.post_attention_layernorm.*",
        "stack.blocks.*.mlp.up.*": "transformer.h.*.mlp.dense_h_to_4h.*",
        "stack.blocks.*.mlp.down.*": "transformer.h.*.mlp.dense_4h_to_h.*",
        "stack.norm_out.*": "transformer.ln_f.*",
        **tuned_heads,
    },
    config={
        "hidden_size": "size.d_model",
        "n_layer": "size.layers",
        "n_head": "size.heads",
        **vocab_config,
        "num_labels": gpt_2.config["num_labels"],
        "layer_norm_epsilon": "stack.norm.eps",
        "apply_residual_connection_post_layernorm": Choice("stack.block.residual", {False: Pre(), True: FromNorm()}),
        "hidden_dropout": "stack.block.dropout",
        "attention_dropout": "stack.block.attn.dropout",
        "initializer_range": "init.std",
    },
    ignored=(
        "slow_but_exact",
        "pretraining_tp",
        "seq_length",
        "masked_softmax_fusion",
        "offset_alibi",
        "skip_bias_add",
        "skip_bias_add_qkv",
        "bias_dropout_fusion",
        "n_inner",
        "attention_softmax_in_fp32",
        "unk_token_id",
    ),
    unused=(),
)
