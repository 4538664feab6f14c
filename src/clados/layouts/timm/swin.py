"""Where timm keeps Swin (swin_transformer.py)."""

from clados.layouts.timm_names import NAMES
from clados.spec import *

swin = Layout(
    model_type="timm-swin",
    architectures={"SwinTransformer": ("classifier",)},
    rules={
        "inputs.patch": "patch_embed.proj.weight",
        "inputs.patch_bias": "patch_embed.proj.bias",
        "inputs.norm.*": "patch_embed.norm.*",
        "stages.*.blocks.*.attn_norm.*": "layers.*.blocks.*.norm1.*",
        "stages.*.blocks.*.attn.qkv.*": "layers.*.blocks.*.attn.qkv.*",
        "stages.*.blocks.*.attn.table.weight": "layers.*.blocks.*.attn.relative_position_bias_table",
        "stages.*.blocks.*.attn.out.*": "layers.*.blocks.*.attn.proj.*",
        "stages.*.blocks.*.mlp_norm.*": "layers.*.blocks.*.norm2.*",
        "stages.*.blocks.*.mlp.up.*": "layers.*.blocks.*.mlp.fc1.*",
        "stages.*.blocks.*.mlp.down.*": "layers.*.blocks.*.mlp.fc2.*",
        "reductions.0.norm.*": "layers.1.downsample.norm.*",
        "reductions.0.reduce.*": "layers.1.downsample.reduction.*",
        "reductions.1.norm.*": "layers.2.downsample.norm.*",
        "reductions.1.reduce.*": "layers.2.downsample.reduction.*",
        "reductions.2.norm.*": "layers.3.downsample.norm.*",
        "reductions.2.reduce.*": "layers.3.downsample.reduction.*",
        "norm_out.*": "norm.*",
        "heads.classifier.out.*": "head.fc.*",
    },
    config={
        "model_args.embed_dim": "size.d_model",
        "model_args.depths": "size.layers",
        "model_args.num_heads": "size.heads",
        "model_args.mlp_ratio": "size.mlp_ratio",
        "model_args.img_size": "inputs.image",
        "model_args.patch_size": "inputs.side",
        "model_args.in_chans": "inputs.channels",
        "model_args.window_size": "stack.window",
        "model_args.qkv_bias": "stack.block.attn.bias",
        "model_args.attn_drop_rate": "stack.block.attn.dropout",
        "model_args.drop_path_rate": "stack.drop_path.dropout",
        "num_classes": "heads[classifier].classes",
        "pretrained_cfg.num_classes": "heads[classifier].classes",
    },
    fixed={"architecture": tuple(NAMES["timm-swin"])},
    ignored=("pretrained_cfg", "num_features", "global_pool", "made_by", "label_names", "label_descriptions"),
    unused=(r"layers\.\d+\.blocks\.\d+\.(attn_mask|attn\.relative_position_index)",),
)
