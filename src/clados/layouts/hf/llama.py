"""Where transformers keeps LLaMA."""

from clados.layouts.hf import ACTIVATIONS
from clados.spec import *

llama = Layout(
    model_type="llama",
    architectures={"LlamaForCausalLM": ("lm",), "LlamaModel": ()},
    tuned={
        "LlamaForSequenceClassification": (LastClassifier(2),),
        "LlamaForTokenClassification": (TokenClassifier(2),),
    },
    prefix="model.",
    rules={
        "inputs.tokens.*": "model.embed_tokens.*",
        "stack.blocks.*.attn_norm.*": "model.layers.*.input_layernorm.*",
        "stack.blocks.*.attn.qkv.*": RotaryHalves("model.layers.*.self_attn.{q_proj,k_proj,v_proj}.*"),
        "stack.blocks.*.attn.out.*": "model.layers.*.self_attn.o_proj.*",
        "stack.blocks.*.mlp_norm.*": "model.layers.*.post_attention_layernorm.*",
        "stack.blocks.*.mlp.up.*": "model.layers.*.mlp.{gate_proj,up_proj}.*",
        "stack.blocks.*.mlp.down.*": "model.layers.*.mlp.down_proj.*",
        "stack.norm_out.*": "model.norm.*",
        "heads.lm.table.*": "lm_head.*",
        "heads.{classifier,token_classifier}.out.*": "score.*",
    },
    config={
        "hidden_size": "size.d_model",
        "num_hidden_layers": "size.layers",
        "num_attention_heads": "size.heads",
        "num_key_value_heads": "size.kv_heads",
        "head_dim": "size.head_dim",
        "intermediate_size": "size.d_ff",
        "vocab_size": "inputs.vocab.size",
        "bos_token_id": "inputs.vocab.bos",
        "eos_token_id": "inputs.vocab.eos",
        "pad_token_id": "inputs.vocab.pad",
        "rms_norm_eps": "stack.norm.eps",
        "hidden_act": Choice("stack.block.mlp.act", ACTIVATIONS),
        "num_labels": "heads[{classifier,token_classifier}].classes",
        "rope_parameters.rope_theta": "stack.position.base",
        "attention_bias": Choice("stack.block.attn.biases", {False: "none", True: "all"}),
        "mlp_bias": "stack.block.mlp.bias",
        "attention_dropout": "stack.block.attn.dropout",
        "initializer_range": "init.std",
    },
    fixed={"rope_parameters.rope_type": "default"},
    ignored=("max_position_embeddings", "max_sequence_length", "pretraining_tp"),
    unused=(r"(model\.)?layers\.\d+\.self_attn\.rotary_emb\.inv_freq",),
)

# Longer texts than LLaMA's: Vicuna 1.5 at 16k, LLaMA 3.1.
llama_linear = llama.but(
    config={**llama.config, "rope_parameters.factor": "stack.position.scaling.factor"},
    fixed={"rope_parameters.rope_type": "linear"},
    port=but(stack=but(position=but(scaling=LinearScaling(factor=2.0)))),
)

llama_bands = llama.but(
    config={
        **llama.config,
        "rope_parameters.factor": "stack.position.scaling.factor",
        "rope_parameters.low_freq_factor": "stack.position.scaling.low",
        "rope_parameters.high_freq_factor": "stack.position.scaling.high",
        "rope_parameters.original_max_position_embeddings": "stack.position.scaling.original",
    },
    fixed={"rope_parameters.rope_type": "llama3"},
    port=but(stack=but(position=but(scaling=BandScaling(factor=8.0, low=1.0, high=4.0, original=8192)))),
)
