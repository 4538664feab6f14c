"""Where transformers keeps InstructOR."""

from clados.spec import *

instructor = Layout(
    model_type="t5",
    architectures={"T5EncoderModel": ()},
    rules={
        "inputs.tokens.*": "shared.*",
        "stack.position.table.*": "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.*",
        "stack.blocks.*.attn_norm.*": "encoder.block.*.layer.0.layer_norm.*",
        "stack.blocks.*.attn.qkv.*": "encoder.block.*.layer.0.SelfAttention.{q,k,v}.*",
        "stack.blocks.*.attn.out.*": "encoder.block.*.layer.0.SelfAttention.o.*",
        "stack.blocks.*.mlp_norm.*": "encoder.block.*.layer.1.layer_norm.*",
        "stack.blocks.*.mlp.up.*": "encoder.block.*.layer.1.DenseReluDense.wi.*",
        "stack.blocks.*.mlp.down.*": "encoder.block.*.layer.1.DenseReluDense.wo.*",
        "stack.norm_out.*": "encoder.final_layer_norm.*",
    },
    config={
        "d_model": "size.d_model",
        "num_layers": "size.layers",
        "num_heads": "size.heads",
        "d_ff": "size.d_ff",
        "d_kv": "size.head_dim",
        "vocab_size": "inputs.vocab.size",
        "pad_token_id": "inputs.vocab.pad",
        "eos_token_id": "inputs.vocab.eos",
        "relative_attention_num_buckets": "stack.position.buckets",
        "relative_attention_max_distance": "stack.position.distance",
        "layer_norm_epsilon": "stack.norm.eps",
        "dropout_rate": "{inputs,stack,stack.block,stack.block.attn,stack.block.mlp}.dropout",
        "initializer_factor": "init.tables",
    },
    fixed={"feed_forward_proj": "relu", "is_gated_act": False, "dense_act_fn": "relu"},
    ignored=("n_positions", "num_decoder_layers", "is_encoder_decoder", "tie_word_embeddings", "scale_decoder_outputs"),
    tied={"encoder.embed_tokens.weight": "inputs.tokens.weight"},
    extra=(r"decoder\..*", r"lm_head\.weight"),  # of whole models, whose encoder is asked for
)
