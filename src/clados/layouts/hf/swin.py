"""Where transformers keeps Swin."""

from clados.layouts.hf import ACTIVATIONS
from clados.spec import *

attention = "swin.encoder.layers.*.blocks.*.attention"

swin = Layout(
    model_type="swin",
    architectures={"SwinForImageClassification": ("classifier",), "SwinModel": ()},
    prefix="swin.",
    rules={
        "inputs.patch": "swin.embeddings.patch_embeddings.projection.weight",
        "inputs.patch_bias": "swin.embeddings.patch_embeddings.projection.bias",
        "inputs.norm.*": "swin.embeddings.norm.*",
        "stages.*.blocks.*.attn_norm.*": "swin.encoder.layers.*.blocks.*.layernorm_before.*",
        "stages.*.blocks.*.attn.qkv.*": f"{attention}.self.{{query,key,value}}.*",
        "stages.*.blocks.*.attn.table.weight": f"{attention}.self.relative_position_bias_table",
        "stages.*.blocks.*.attn.out.*": f"{attention}.output.dense.*",
        "stages.*.blocks.*.mlp_norm.*": "swin.encoder.layers.*.blocks.*.layernorm_after.*",
        "stages.*.blocks.*.mlp.up.*": "swin.encoder.layers.*.blocks.*.intermediate.dense.*",
        "stages.*.blocks.*.mlp.down.*": "swin.encoder.layers.*.blocks.*.output.dense.*",
        "reductions.*.norm.*": "swin.encoder.layers.*.downsample.norm.*",
        "reductions.*.reduce.*": "swin.encoder.layers.*.downsample.reduction.*",
        "norm_out.*": "swin.layernorm.*",
        "heads.classifier.out.*": "classifier.*",
    },
    config={
        "embed_dim": "size.d_model",
        "depths": "size.layers",
        "num_heads": "size.heads",
        "mlp_ratio": "size.mlp_ratio",
        "image_size": "inputs.image",
        "patch_size": "inputs.side",
        "num_channels": "inputs.channels",
        "window_size": "stack.window",
        "num_labels": "heads[classifier].classes",
        "layer_norm_eps": "stack.norm.eps",
        "hidden_act": Choice("stack.block.mlp.act", ACTIVATIONS),
        "qkv_bias": "stack.block.attn.bias",
        "attention_probs_dropout_prob": "stack.block.attn.dropout",
        "drop_path_rate": "stack.drop_path.dropout",
    },
    fixed={"use_absolute_embeddings": False},
    ignored=(
        "initializer_range",
        "encoder_stride",
        "hidden_size",
        "num_layers",
        "num_hidden_layers",
        "path_norm",
        "out_features",
        "out_indices",
        "stage_names",
    ),
    unused=(r"swin\.encoder\.layers\.\d+\.blocks\.\d+\.attention\.self\.relative_position_index",),
    extra=(r"swin\.embeddings\.mask_token",),
)
