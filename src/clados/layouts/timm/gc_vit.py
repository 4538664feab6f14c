"""Where timm keeps GC-ViT (gcvit.py)."""

from clados.layouts.timm import ARGUMENTS, BLOCK, IGNORED, NAMES
from clados.spec import *

convolutions: dict[str, str | Rule] = {
    "depthwise": "conv_dw.weight",
    "squeeze.weight": Reshaped("se.fc1.weight", (-1, -1, 1, 1)),
    "excite.weight": Reshaped("se.fc2.weight", (-1, -1, 1, 1)),
    "pointwise.weight": Reshaped("conv_pw.weight", (-1, -1, 1, 1)),
}
halved: dict[str, str | Rule] = {
    "norm_in.*": "norm1.*",
    **prefixed("conv_block.", convolutions, ours="block."),
    "reduce": "reduction.weight",
    "norm_out.*": "norm2.*",
}

gc_vit = Layout(
    model_type="timm-gcvit",
    architectures={"GlobalContextVit": ("classifier",)},
    rules={
        "inputs.patch": "stem.conv1.weight",
        "inputs.patch_bias": "stem.conv1.bias",
        **prefixed("stem.down.", halved, ours="inputs."),
        **prefixed("stages.*.global_block.blocks.conv1.", convolutions, ours="stages.*.queries.0."),
        **prefixed("stages.*.global_block.blocks.conv2.", convolutions, ours="stages.*.queries.1."),
        **prefixed("stages.*.global_block.blocks.conv3.", convolutions, ours="stages.*.queries.2."),
        **prefixed("stages.*.global_block.blocks.conv4.", convolutions, ours="stages.*.queries.3."),
        **prefixed("stages.*.blocks.*.", BLOCK, ours="stages.*.blocks.*."),
        "stages.*.blocks.*.attn.table.weight": "stages.*.blocks.*.attn.rel_pos.relative_position_bias_table",
        "stages.*.blocks.*.attn_scale": "stages.*.blocks.*.ls1.gamma",
        "stages.*.blocks.*.mlp_scale": "stages.*.blocks.*.ls2.gamma",
        **prefixed("stages.1.downsample.", halved, ours="reductions.0."),
        **prefixed("stages.2.downsample.", halved, ours="reductions.1."),
        **prefixed("stages.3.downsample.", halved, ours="reductions.2."),
        "norm_out.*": "stages.3.norm.*",
        "heads.classifier.out.*": "head.fc.*",
    },
    config={
        **ARGUMENTS,
        "model_args.layer_scale": "stack.block.layer_scale",
        "model_args.norm_eps": "{inputs.norm,stack.norm,stack.reduction.norm}.eps",
        "model_args.act_layer": "stack.block.mlp.act",
    },
    fixed={"architecture": tuple(NAMES["timm-gcvit"])},
    ignored=IGNORED,
)
