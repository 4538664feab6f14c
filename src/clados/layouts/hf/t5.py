"""Where transformers keeps T5."""

from clados.spec import *

t5_common = Layout(
    model_type="t5",
    architectures={"T5ForConditionalGeneration": ("lm",)},
    rules={
        "inputs.tokens.*": "shared.*",
        "*.position.table.*": "*.block.0.layer.0.SelfAttention.relative_attention_bias.*",
        "*.blocks.*.attn_norm.*": "*.block.*.layer.0.layer_norm.*",
        "*.blocks.*.attn.qkv.*": "*.block.*.layer.0.SelfAttention.{q,k,v}.*",
        "*.blocks.*.attn.out.*": "*.block.*.layer.0.SelfAttention.o.*",
        "decoder.blocks.*.cross_norm.*": "decoder.block.*.layer.1.layer_norm.*",
        "decoder.blocks.*.cross.q.*": "decoder.block.*.layer.1.EncDecAttention.q.*",
        "decoder.blocks.*.cross.kv.*": "decoder.block.*.layer.1.EncDecAttention.{k,v}.*",
        "decoder.blocks.*.cross.out.*": "decoder.block.*.layer.1.EncDecAttention.o.*",
        "encoder.blocks.*.mlp_norm.*": "encoder.block.*.layer.1.layer_norm.*",
        "decoder.blocks.*.mlp_norm.*": "decoder.block.*.layer.2.layer_norm.*",
        "encoder.blocks.*.mlp.up.*": "encoder.block.*.layer.1.DenseReluDense.wi.*",
        "decoder.blocks.*.mlp.up.*": "decoder.block.*.layer.2.DenseReluDense.wi.*",
        "encoder.blocks.*.mlp.down.*": "encoder.block.*.layer.1.DenseReluDense.wo.*",
        "decoder.blocks.*.mlp.down.*": "decoder.block.*.layer.2.DenseReluDense.wo.*",
        "*.norm_out.*": "*.final_layer_norm.*",
    },
    config={
        "d_model": "{sides.encoder,sides.decoder}.d_model",
        "num_layers": "sides.encoder.layers",
        "num_decoder_layers": "sides.decoder.layers",
        "num_heads": "{sides.encoder,sides.decoder}.heads",
        "d_ff": "{sides.encoder,sides.decoder}.d_ff",
        "d_kv": "{sides.encoder,sides.decoder}.head_dim",
        "vocab_size": "inputs.vocab.size",
        "pad_token_id": "inputs.vocab.pad",
        "eos_token_id": "inputs.vocab.eos",
        "decoder_start_token_id": "inputs.vocab.start",
        "relative_attention_num_buckets": "{encoder,decoder}.position.buckets",
        "relative_attention_max_distance": "{encoder,decoder}.position.distance",
        "layer_norm_epsilon": "{encoder,decoder}.norm.eps",
        "dropout_rate": "{inputs,encoder,encoder.block,encoder.block.attn,encoder.block.mlp,decoder,decoder.block,"
        "decoder.block.attn,decoder.block.cross,decoder.block.mlp}.dropout",
        "initializer_factor": "init.tables",
    },
    fixed={"feed_forward_proj": "relu", "is_gated_act": False, "dense_act_fn": "relu", "is_encoder_decoder": True},
    ignored=("n_positions",),
    extra=(r"decoder\.block\.0\.layer\.1\.EncDecAttention\.relative_attention_bias\.weight",),  # files of 2019
    tied={
        "encoder.embed_tokens.weight": "inputs.tokens.weight",
        "decoder.embed_tokens.weight": "inputs.tokens.weight",
        "lm_head.weight": "heads.lm.table.weight",
    },
)

# 4.x scales what it ties; 5.x says of the two only the scaling (checkpoints/mapping/dialects.py)
t5 = t5_common.but(
    config={**t5_common.config, "tie_word_embeddings": "heads[lm].scaled", "scale_decoder_outputs": "heads[lm].scaled"}
)

# T5ForSequenceClassification (5.23.0), whose body is called transformer; that body alone is T5Model.
t5_classes = t5.but(
    architectures={"T5Model": ()},
    tuned={"T5ForSequenceClassification": (LastClassifier(2, transform="tanh"),)},
    rules={
        **prefixed("transformer.", t5.rules),
        "heads.classifier.dense.*": "classification_head.dense.*",
        "heads.classifier.out.*": "classification_head.out_proj.*",
    },
    config={**t5.config, "num_labels": "heads[classifier].classes"},
    extra=(r"transformer\.decoder\.block\.0\.layer\.1\.EncDecAttention\.relative_attention_bias\.weight",),
    tied={
        "transformer.encoder.embed_tokens.weight": "inputs.tokens.weight",
        "transformer.decoder.embed_tokens.weight": "inputs.tokens.weight",
    },
    prefix="transformer.",
)
