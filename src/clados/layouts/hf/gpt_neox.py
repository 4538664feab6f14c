"""Where transformers keeps GPT-NeoX."""

from clados.layouts.hf import ACTIVATIONS
from clados.layouts.hf.gpt import tasks, tuned_heads
from clados.layouts.hf.gpt_2 import vocab_config
from clados.spec import *

gpt_neox = Layout(
    model_type="gpt_neox",
    architectures={"GPTNeoXForCausalLM": ("lm",), "GPTNeoXModel": ()},
    tuned=for_tasks("GPTNeoX", tasks),
    prefix="gpt_neox.",
    rules={
        "inputs.tokens.*": "gpt_neox.embed_in.*",
        "stack.blocks.*.attn_norm.*": "gpt_neox.layers.*.input_layernorm.*",
        "stack.blocks.*.attn.qkv.*": PerHead("gpt_neox.layers.*.attention.query_key_value.*"),
        "stack.blocks.*.attn.out.*": "gpt_neox.layers.*.attention.dense.*",
        "stack.blocks.*.mlp_norm.*": "gpt_neox.layers.*.post_attention_layernorm.*",
        "stack.blocks.*.mlp.up.*": "gpt_neox.layers.*.mlp.dense_h_to_4h.*",
        "stack.blocks.*.mlp.down.*": "gpt_neox.layers.*.mlp.dense_4h_to_h.*",
        "stack.norm_out.*": "gpt_neox.final_layer_norm.*",
        "heads.lm.table.*": "embed_out.*",
        **tuned_heads,
    },
    config={
        "hidden_size": "size.d_model",
        "num_hidden_layers": "size.layers",
        "num_attention_heads": "size.heads",
        "intermediate_size": "size.d_ff",
        **vocab_config,
        "layer_norm_eps": "stack.norm.eps",
        "hidden_act": Choice("stack.block.mlp.act", {"gelu_fast": "gelu_tanh", **ACTIVATIONS}),
        "num_labels": "heads[{classifier,token_classifier}].classes",
        "rope_parameters.rope_theta": "stack.position.base",
        "rope_parameters.partial_rotary_factor": "stack.position.fraction",
        "attention_bias": Choice("stack.block.attn.biases", {True: "all", False: "none"}),
        "use_parallel_residual": Choice("stack.block.residual", {True: Parallel(norms=2), False: Pre()}),
        "hidden_dropout": "{inputs,stack.block}.dropout",
        "attention_dropout": "stack.block.attn.dropout",
    },
    fixed={"rope_parameters.rope_type": "default"},
    ignored=("max_position_embeddings", "initializer_range"),
    unused=(r"(gpt_neox\.)?layers\.\d+\.attention\.(bias|masked_bias|rotary_emb\.inv_freq)",),
)
