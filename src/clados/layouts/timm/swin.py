"""Where timm keeps Swin (swin_transformer.py)."""

from clados.layouts.timm import ARGUMENTS, BLOCK, IGNORED, NAMES
from clados.spec import *

swin = Layout(
    model_type="timm-swin",
    architectures={"SwinTransformer": ("classifier",)},
    rules={
        "inputs.patch": "patch_embed.proj.weight",
        "inputs.patch_bias": "patch_embed.proj.bias",
        "inputs.norm.*": "patch_embed.norm.*",
        **prefixed("layers.*.blocks.*.", BLOCK, ours="stages.*.blocks.*."),
        "stages.*.blocks.*.attn.table.weight": "layers.*.blocks.*.attn.relative_position_bias_table",
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
        **ARGUMENTS,
        "model_args.patch_size": "inputs.side",
    },
    fixed={"architecture": tuple(NAMES["timm-swin"])},
    ignored=IGNORED,
    unused=(r"layers\.\d+\.blocks\.\d+\.(attn_mask|attn\.relative_position_index)",),
)
