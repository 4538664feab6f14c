"""Where OpenAI keeps GLIDE (github:openai/glide-text2im glide_text2im/{text2im_model,unet,xf,model_creation}.py).

Their checkpoints are tensors alone. A config.json beside them says the options of ``create_model``, those of the levels
as the network has them: ``channels`` of each in place of ``num_channels`` times ``channel_mult``, ``attention_ds``,
by how much the sides are shorter where there is attention, in place of ``attention_resolutions``.
"""

from collections.abc import Mapping

from clados.spec import *

RESIDUAL: Mapping[str, str] = {
    "norm_in.*": "in_layers.0.*",
    "conv_in.*": "in_layers.2.*",
    "step.*": "emb_layers.1.*",
    "norm_out.*": "out_layers.0.*",
    "conv_out.*": "out_layers.3.*",
    "skip.*": "skip_connection.*",
}
ATTENTION: Mapping[str, str | Rule] = {
    "norm.*": "norm.*",
    "attn.qkv.weight": PerHeadKernel("qkv.weight"),
    "attn.qkv.bias": PerHead("qkv.bias"),
    "read.weight": PerHeadKernel("encoder_kv.weight"),
    "read.bias": PerHead("encoder_kv.bias"),
    "attn.out.weight": Reshaped("proj_out.weight", (-1, -1, 1)),
    "attn.out.bias": "proj_out.bias",
}

glide = Layout(
    model_type="glide",
    architectures={"Text2ImUNet": ()},
    rules={
        "text.inputs.tokens.*": "token_embedding.*",
        "text.inputs.position.table.weight": "positional_embedding",
        "text.inputs.padding.table.weight": "padding_embedding",
        "text.stack.blocks.*.attn_norm.*": "transformer.resblocks.*.ln_1.*",
        "text.stack.blocks.*.attn.qkv.*": PerHead("transformer.resblocks.*.attn.c_qkv.*"),
        "text.stack.blocks.*.attn.out.*": "transformer.resblocks.*.attn.c_proj.*",
        "text.stack.blocks.*.mlp_norm.*": "transformer.resblocks.*.ln_2.*",
        "text.stack.blocks.*.mlp.up.*": "transformer.resblocks.*.mlp.c_fc.*",
        "text.stack.blocks.*.mlp.down.*": "transformer.resblocks.*.mlp.c_proj.*",
        "text.stack.norm_out.*": "final_ln.*",
        "unet.text.project.*": "transformer_proj.*",
        "unet.step.up.*": "time_embed.0.*",
        "unet.step.down.*": "time_embed.2.*",
        "unet.conv_in.*": "input_blocks.0.0.*",
        **prefixed("input_blocks.@1.0.", RESIDUAL, ours="unet.down.*.blocks.*."),
        **prefixed("input_blocks.@1.1.", ATTENTION, ours="unet.down.*.attentions.*."),
        **prefixed("input_blocks.@1.0.", RESIDUAL, ours="unet.down.*.resample.residual."),
        **prefixed("middle_block.0.", RESIDUAL, ours="unet.middle.first."),
        **prefixed("middle_block.1.", ATTENTION, ours="unet.middle.attention."),
        **prefixed("middle_block.2.", RESIDUAL, ours="unet.middle.second."),
        **prefixed("output_blocks.@0.0.", RESIDUAL, ours="unet.up.*.blocks.*."),
        **prefixed("output_blocks.@0.1.", ATTENTION, ours="unet.up.*.attentions.*."),
        **prefixed("output_blocks.@0.~.", RESIDUAL, ours="unet.up.*.resample.residual."),
        "unet.norm_out.*": "out.0.*",
        "unet.conv_out.*": "out.2.*",
    },
    config={
        "image_size": "inputs.image",
        "channels": "size.unet.channels",
        "num_res_blocks": "size.unet.blocks",
        "num_head_channels": "size.unet.head_dim",
        "attention_ds": "unet.attended",
        "norm_groups": "unet.{residual,attention,down.residual,up.residual}.norm.groups",
        "dropout": "unet.{residual,down.residual,up.residual}.dropout",
        "text_ctx": "text.inputs.position.length",
        "n_vocab": "text.inputs.vocab.size",
        "xf_width": "size.text.d_model",
        "xf_layers": "size.text.layers",
        "xf_heads": "size.text.heads",
        "xf_mlp_width": "size.text.d_ff",
        "super_res": Choice("low", {False: None, True: LowResolution()}),
        "inpaint": "masked",
        "diffusion_steps": "diffusion.steps",
        "noise_schedule": KindOf("diffusion.betas", {"squaredcos_cap_v2": CosineBetas, "linear": LinearBetas}),
    },
    fixed={"xf_final_ln": True, "xf_padding": True, "use_scale_shift_norm": True, "resblock_updown": True},
    ignored=("use_fp16", "cache_text_emb", "timestep_respacing", "num_heads", "num_heads_upsample"),
)
