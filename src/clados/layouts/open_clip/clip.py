"""Where OpenCLIP keeps CLIP with a ResNet, under the names of OpenAI's own files (open_clip 3.3.0 ``CLIP``)."""

from clados.spec import *

text: dict[str, str | Rule] = {
    "attn_norm.*": "ln_1.*",
    "attn.qkv.*": "attn.in_proj_*",
    "attn.out.*": "attn.out_proj.*",
    "mlp_norm.*": "ln_2.*",
    "mlp.up.*": "mlp.c_fc.*",
    "mlp.down.*": "mlp.c_proj.*",
}
norm = {"weight": "weight", "bias": "bias", "mean": "running_mean", "variance": "running_var"}
block: dict[str, str | Rule] = {
    "enter.*": "conv1.*",
    **prefixed("bn1.", norm, ours="enter_norm."),
    "conv.*": "conv2.*",
    **prefixed("bn2.", norm, ours="conv_norm."),
    "leave.*": "conv3.*",
    **prefixed("bn3.", norm, ours="leave_norm."),
    "skip.*": "downsample.0.*",
    **prefixed("downsample.1.", norm, ours="skip_norm."),
}

resnet = Layout(
    model_type="open_clip",
    architectures={"CLIP": ("projection",)},
    rules={
        "logit_scale": "logit_scale",
        "image.inputs.first.*": "visual.conv1.*",
        **prefixed("visual.bn1.", norm, ours="image.inputs.first_norm."),
        "image.inputs.second.*": "visual.conv2.*",
        **prefixed("visual.bn2.", norm, ours="image.inputs.second_norm."),
        "image.inputs.third.*": "visual.conv3.*",
        **prefixed("visual.bn3.", norm, ours="image.inputs.third_norm."),
        **prefixed("visual.layer1.*.", block, ours="image.stages.0.blocks.*."),
        **prefixed("visual.layer2.*.", block, ours="image.stages.1.blocks.*."),
        **prefixed("visual.layer3.*.", block, ours="image.stages.2.blocks.*."),
        **prefixed("visual.layer4.*.", block, ours="image.stages.3.blocks.*."),
        "image.heads.projection.positions.weight": "visual.attnpool.positional_embedding",
        "image.heads.projection.qkv.*": "visual.attnpool.{q_proj,k_proj,v_proj}.*",
        "image.heads.projection.out.*": "visual.attnpool.c_proj.*",
        "text.inputs.tokens.*": "token_embedding.*",
        "text.inputs.position.table.weight": "positional_embedding",
        **prefixed("transformer.resblocks.*.", text, ours="text.stack.blocks.*."),
        "text.stack.norm_out.*": "ln_final.*",
        "text.heads.projection.out.weight": Transposed("text_projection"),
    },
    config={
        "model_cfg.embed_dim": "size.joint",
        "model_cfg.quick_gelu": Choice("text.stack.block.mlp.act", {True: "quick_gelu", False: "gelu"}),
        "model_cfg.vision_cfg.image_size": "image.inputs.image",
        "model_cfg.vision_cfg.layers": "size.image.layers",
        "model_cfg.vision_cfg.width": "size.image.width",
        "model_cfg.vision_cfg.head_width": "size.image.head_dim",
        "model_cfg.text_cfg.context_length": "text.inputs.position.length",
        "model_cfg.text_cfg.vocab_size": "text.inputs.vocab.size",
        "model_cfg.text_cfg.pool_type": Choice("text.heads.at", {"argmax": "highest", "eos": "eos"}),
        "model_cfg.text_cfg.eos_id": "text.inputs.vocab.eos",
        "model_cfg.text_cfg.width": "size.text.d_model",
        "model_cfg.text_cfg.heads": "size.text.heads",
        "model_cfg.text_cfg.layers": "size.text.layers",
        "model_cfg.text_cfg.mlp_ratio": TimesWidth("size.text.d_ff"),
    },
    ignored=("model_cfg.vision_cfg.patch_size", "preprocess_cfg", "made_by"),
    unused=(r"visual\..*\.num_batches_tracked", "input_resolution", "context_length", "vocab_size"),
)
