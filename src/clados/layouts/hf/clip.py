"""Where transformers keeps CLIP."""

from clados.layouts.hf import ACTIVATIONS
from clados.spec import *

layer = {
    "attn_norm.*": "layer_norm1.*",
    "attn.qkv.*": "self_attn.{q_proj,k_proj,v_proj}.*",
    "attn.out.*": "self_attn.out_proj.*",
    "mlp_norm.*": "layer_norm2.*",
    "mlp.up.*": "mlp.fc1.*",
    "mlp.down.*": "mlp.fc2.*",
}

clip = Layout(
    model_type="clip",
    architectures={"CLIPModel": ("projection",)},
    rules={
        "logit_scale": "logit_scale",
        "image.inputs.patch": "vision_model.embeddings.patch_embedding.weight",
        "image.inputs.cls": "vision_model.embeddings.class_embedding",
        "image.inputs.positions.*": "vision_model.embeddings.position_embedding.*",
        "image.inputs.norm.*": "vision_model.pre_layrnorm.*",
        "text.inputs.tokens.*": "text_model.embeddings.token_embedding.*",
        "text.inputs.position.table.*": "text_model.embeddings.position_embedding.*",
        **prefixed("vision_model.encoder.layers.*.", layer, ours="image.stack.blocks.*."),
        **prefixed("text_model.encoder.layers.*.", layer, ours="text.stack.blocks.*."),
        "image.stack.norm_out.*": "vision_model.post_layernorm.*",
        "image.heads.projection.out.*": "visual_projection.*",
        "text.stack.norm_out.*": "text_model.final_layer_norm.*",
        "text.heads.projection.out.*": "text_projection.*",
    },
    config={
        "projection_dim": "size.joint",
        "vision_config.hidden_size": "size.image.d_model",
        "vision_config.num_hidden_layers": "size.image.layers",
        "vision_config.num_attention_heads": "size.image.heads",
        "vision_config.intermediate_size": "size.image.d_ff",
        "vision_config.image_size": "image.inputs.image",
        "vision_config.patch_size": "image.inputs.side",
        "vision_config.num_channels": "image.inputs.channels",
        "vision_config.layer_norm_eps": "image.stack.norm.eps",
        "vision_config.hidden_act": Choice("image.stack.block.mlp.act", ACTIVATIONS),
        "vision_config.attention_dropout": "image.stack.block.attn.dropout",
        "text_config.hidden_size": "size.text.d_model",
        "text_config.num_hidden_layers": "size.text.layers",
        "text_config.num_attention_heads": "size.text.heads",
        "text_config.intermediate_size": "size.text.d_ff",
        "text_config.vocab_size": "text.inputs.vocab.size",
        "text_config.bos_token_id": "text.inputs.vocab.bos",
        "text_config.eos_token_id": "text.inputs.vocab.eos",
        "text_config.pad_token_id": "text.inputs.vocab.pad",
        "text_config.read_at": "text.heads.at",  # not theirs: checkpoints/mapping/dialects.py says it in eos_token_id
        "text_config.max_position_embeddings": "text.inputs.position.length",
        "text_config.layer_norm_eps": "text.stack.norm.eps",
        "text_config.hidden_act": Choice("text.stack.block.mlp.act", ACTIVATIONS),
        "text_config.attention_dropout": "text.stack.block.attn.dropout",
    },
    ignored=(
        "logit_scale_init_value",
        "initializer_factor",
        "text_config.projection_dim",
        "text_config.initializer_factor",
        "text_config.initializer_range",
        "text_config.dropout",
        "vision_config.projection_dim",
        "vision_config.initializer_factor",
        "vision_config.initializer_range",
        "vision_config.dropout",
        "text_config_dict",
        "vision_config_dict",
    ),
    unused=(r"(text_model|vision_model)\.embeddings\.position_ids",),
)
