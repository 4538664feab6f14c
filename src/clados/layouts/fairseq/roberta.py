"""Where fairseq keeps RoBERTa."""

from clados.spec import *

# a layer as fairseq names it, and transformers after it
layer = {
    "attn.qkv.*": "self_attn.{q_proj,k_proj,v_proj}.*",
    "attn.out.*": "self_attn.out_proj.*",
    "attn_norm.*": "self_attn_layer_norm.*",
    "mlp.up.*": "fc1.*",
    "mlp.down.*": "fc2.*",
    "mlp_norm.*": "final_layer_norm.*",
}

roberta = Layout(
    model_type="fairseq:roberta",
    architectures={"RobertaModel": ("lm",)},
    rules={
        "inputs.tokens.*": "encoder.sentence_encoder.embed_tokens.*",
        "inputs.position.table.*": "encoder.sentence_encoder.embed_positions.*",
        "inputs.norm.*": "encoder.sentence_encoder.layernorm_embedding.*",
        **prefixed("encoder.sentence_encoder.layers.*.", layer, ours="stack.blocks.*."),
        "heads.lm.dense.*": "encoder.lm_head.dense.*",
        "heads.lm.norm.*": "encoder.lm_head.layer_norm.*",
        "heads.lm.bias": "encoder.lm_head.bias",
    },
    config={
        "encoder_embed_dim": "size.d_model",
        "encoder_layers": "size.layers",
        "encoder_attention_heads": "size.heads",
        "encoder_ffn_embed_dim": "size.d_ff",
        "vocab_size": "inputs.vocab.size",
        "mask": "inputs.vocab.mask",
        "positions": "inputs.position.length",
        "activation_fn": Choice(  # fairseq/utils.py
            "{stack.block.mlp.act,heads[lm].transform}",
            {"gelu": "gelu", "relu": "relu", "gelu_accurate": "gelu_tanh", "gelu_fast": "gelu_tanh"},
        ),
        "dropout": "{inputs,stack.block}.dropout",
        "attention_dropout": "stack.block.attn.dropout",
        "activation_dropout": "stack.block.mlp.dropout",
    },
    fixed={  # those of a command line that change what is computed (roberta/model.py, base_architecture)
        "encoder_normalize_before": False,
        "layernorm_embedding": True,
        "encoder_learned_pos": True,
        "no_token_positional_embeddings": False,
        "no_scale_embedding": True,
        "adaptive_input": False,
        "untie_weights_roberta": False,
        "encoder_layers_to_keep": None,
        "quant_noise_scalar": 0,
    },
    tied={"encoder.lm_head.weight": "inputs.tokens.weight"},
    unused=(r"encoder\.sentence_encoder\.version", r".+\._float_tensor"),
)
