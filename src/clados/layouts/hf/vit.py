"""Where transformers keeps ViT."""

from clados.layouts.hf import ACTIVATIONS
from clados.spec import *

vit = Layout(
    model_type="vit",
    architectures={"ViTForImageClassification": ("classifier",), "ViTModel": ()},
    prefix="vit.",
    rules={
        "inputs.patch": "vit.embeddings.patch_embeddings.projection.weight",
        "inputs.patch_bias": "vit.embeddings.patch_embeddings.projection.bias",
        "inputs.cls": Reshaped("vit.embeddings.cls_token", (1, 1, -1)),
        "inputs.positions.weight": Reshaped("vit.embeddings.position_embeddings", (1, -1, -1)),
        "stack.blocks.*.attn_norm.*": "vit.encoder.layer.*.layernorm_before.*",
        "stack.blocks.*.attn.qkv.*": "vit.encoder.layer.*.attention.attention.{query,key,value}.*",
        "stack.blocks.*.attn.out.*": "vit.encoder.layer.*.attention.output.dense.*",
        "stack.blocks.*.mlp_norm.*": "vit.encoder.layer.*.layernorm_after.*",
        "stack.blocks.*.mlp.up.*": "vit.encoder.layer.*.intermediate.dense.*",
        "stack.blocks.*.mlp.down.*": "vit.encoder.layer.*.output.dense.*",
        "stack.norm_out.*": "vit.layernorm.*",
        "heads.classifier.out.*": "classifier.*",
    },
    config={
        "hidden_size": "size.d_model",
        "num_hidden_layers": "size.layers",
        "num_attention_heads": "size.heads",
        "intermediate_size": "size.d_ff",
        "image_size": "inputs.image",
        "patch_size": "inputs.side",
        "num_channels": "inputs.channels",
        "num_labels": "heads[classifier].classes",
        "layer_norm_eps": "stack.norm.eps",
        "hidden_act": Choice("stack.block.mlp.act", ACTIVATIONS),
        "hidden_dropout_prob": "{inputs,stack.block}.dropout",
        "attention_probs_dropout_prob": "stack.block.attn.dropout",
    },
    fixed={"qkv_bias": True},
    ignored=("initializer_range", "encoder_stride", "pooler_act", "pooler_output_size"),
    extra=(r"vit\.pooler\.dense\.(weight|bias)", r"vit\.embeddings\.mask_token"),
    port=but(stack=but(block=but(mlp=but(dropout=0.0)))),  # no dropout between the two products
)
