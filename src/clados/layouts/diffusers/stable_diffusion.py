"""Where diffusers keeps Stable Diffusion."""

from clados.layouts.hf import ACTIVATIONS
from clados.layouts.hf.clip import layer as clip_layer
from clados.spec import *

residual = {
    "norm_in.*": "norm1.*",
    "conv_in.*": "conv1.*",
    "step.*": "time_emb_proj.*",
    "norm_out.*": "norm2.*",
    "conv_out.*": "conv2.*",
    "skip.*": "conv_shortcut.*",
}
transformer: dict[str, str | Rule] = {
    "norm.*": "norm.*",
    "enter.*": "proj_in.*",
    "stack.blocks.*.attn_norm.*": "transformer_blocks.*.norm1.*",
    "stack.blocks.*.attn.qkv.*": "transformer_blocks.*.attn1.{to_q,to_k,to_v}.*",
    "stack.blocks.*.attn.out.*": "transformer_blocks.*.attn1.to_out.0.*",
    "stack.blocks.*.cross_norm.*": "transformer_blocks.*.norm2.*",
    "stack.blocks.*.cross.q.*": "transformer_blocks.*.attn2.to_q.*",
    "stack.blocks.*.cross.kv.*": "transformer_blocks.*.attn2.{to_k,to_v}.*",
    "stack.blocks.*.cross.out.*": "transformer_blocks.*.attn2.to_out.0.*",
    "stack.blocks.*.mlp_norm.*": "transformer_blocks.*.norm3.*",
    "stack.blocks.*.mlp.up.*": Fused("transformer_blocks.*.ff.net.0.proj.*", outs=("up", "gate")),
    "stack.blocks.*.mlp.down.*": "transformer_blocks.*.ff.net.2.*",
    "leave.*": "proj_out.*",
}
attention = {"norm.*": "group_norm.*", "attn.qkv.*": "{to_q,to_k,to_v}.*", "attn.out.*": "to_out.0.*"}
unet = {
    "conv_in.*": "conv_in.*",
    "step.up.*": "time_embedding.linear_1.*",
    "step.down.*": "time_embedding.linear_2.*",
    **prefixed("down_blocks.*.resnets.*.", residual, ours="down.*.blocks.*."),
    **prefixed("down_blocks.*.attentions.*.", transformer, ours="down.*.attentions.*."),
    "down.*.resample.conv.*": "down_blocks.*.downsamplers.0.conv.*",
    **prefixed("mid_block.resnets.0.", residual, ours="middle.first."),
    **prefixed("mid_block.attentions.0.", transformer, ours="middle.attention."),
    **prefixed("mid_block.resnets.1.", residual, ours="middle.second."),
    **prefixed("up_blocks.*.resnets.*.", residual, ours="up.*.blocks.*."),
    **prefixed("up_blocks.*.attentions.*.", transformer, ours="up.*.attentions.*."),
    "up.*.resample.conv.*": "up_blocks.*.upsamplers.0.conv.*",
    "norm_out.*": "conv_norm_out.*",
    "conv_out.*": "conv_out.*",
}
coder = {
    "conv_in.*": "conv_in.*",
    **prefixed("mid_block.resnets.0.", residual, ours="middle.first."),
    **prefixed("mid_block.attentions.0.", attention, ours="middle.attention."),
    **prefixed("mid_block.resnets.1.", residual, ours="middle.second."),
    **prefixed("down_blocks.*.resnets.*.", residual, ours="down.*.blocks.*."),
    "down.*.resample.conv.*": "down_blocks.*.downsamplers.0.conv.*",
    **prefixed("up_blocks.*.resnets.*.", residual, ours="up.*.blocks.*."),
    "up.*.resample.conv.*": "up_blocks.*.upsamplers.0.conv.*",
    "norm_out.*": "conv_norm_out.*",
    "conv_out.*": "conv_out.*",
}

stable_diffusion = Layout(
    model_type="stable-diffusion",
    architectures={"StableDiffusionPipeline": ()},
    rules={
        **prefixed("unet.", unet, ours="unet."),
        **prefixed("vae.encoder.", coder, ours="codes.encoder."),
        **prefixed("vae.decoder.", coder, ours="codes.decoder."),
        "codes.quant.*": "vae.quant_conv.*",
        "codes.post_quant.*": "vae.post_quant_conv.*",
        "text.inputs.tokens.*": "text_encoder.text_model.embeddings.token_embedding.*",
        "text.inputs.position.table.*": "text_encoder.text_model.embeddings.position_embedding.*",
        **prefixed("text_encoder.text_model.encoder.layers.*.", clip_layer, ours="text.stack.blocks.*."),
        "text.stack.norm_out.*": "text_encoder.text_model.final_layer_norm.*",
    },
    config={
        "unet.block_out_channels": "size.unet.channels",
        "unet.layers_per_block": "size.unet.blocks",
        "unet.attention_head_dim": "size.unet.heads",  # their name of the number of heads
        "unet.cross_attention_dim": "size.text.d_model",
        "unet.in_channels": "codes.latents",
        "unet.out_channels": "codes.latents",
        "unet.norm_num_groups": "{unet.residual,unet.attention}.norm.groups",
        "unet.norm_eps": "unet.residual.norm.eps",
        "unet.act_fn": Choice("{unet.residual,unet.step}.act", ACTIVATIONS),
        "unet.dropout": "unet.residual.dropout",
        "unet.flip_sin_to_cos": Choice("unet.step.first", {True: "cosine", False: "sine"}),
        "unet.freq_shift": "unet.step.shift",
        "unet.downsample_padding": Choice("unet.down.around", {1: True, 0: False}),
        "unet.transformer_layers_per_block": "unet.attention.layers",
        "unet.down_block_types": LevelNames(
            "unet.attended", plain="DownBlock2D", attended="CrossAttnDownBlock2D", levels="size.unet.channels"
        ),
        "unet.up_block_types": LevelNames(
            "unet.attended", plain="UpBlock2D", attended="CrossAttnUpBlock2D", levels="size.unet.channels", upwards=True
        ),
        "unet.sample_size": Shrunk("inputs.image"),
        "vae.block_out_channels": "size.codes.channels",
        "vae.layers_per_block": "size.codes.blocks",
        "vae.in_channels": "inputs.channels",
        "vae.out_channels": "inputs.channels",
        "vae.latent_channels": "codes.latents",
        "vae.norm_num_groups": "{codes.residual,codes.attention}.norm.groups",
        "vae.act_fn": Choice("codes.residual.act", ACTIVATIONS),
        "vae.scaling_factor": "codes.scale",
        "vae.down_block_types": LevelNames("size.codes.channels", plain="DownEncoderBlock2D"),
        "vae.up_block_types": LevelNames("size.codes.channels", plain="UpDecoderBlock2D"),
        "text_encoder.hidden_size": "size.text.d_model",
        "text_encoder.num_hidden_layers": "size.text.layers",
        "text_encoder.num_attention_heads": "size.text.heads",
        "text_encoder.intermediate_size": "size.text.d_ff",
        "text_encoder.vocab_size": "text.inputs.vocab.size",
        "text_encoder.max_position_embeddings": "text.inputs.position.length",
        "text_encoder.layer_norm_eps": "text.stack.norm.eps",
        "text_encoder.hidden_act": Choice("text.stack.block.mlp.act", ACTIVATIONS),
        "text_encoder.attention_dropout": "text.stack.block.attn.dropout",
        "scheduler._class_name": KindOf(
            "sampler", {"PNDMScheduler": PLMS, "DDIMScheduler": DDIM, "DDPMScheduler": DDPM}
        ),
        "scheduler.beta_schedule": KindOf(
            "diffusion.betas", {"scaled_linear": ScaledLinearBetas, "linear": LinearBetas}
        ),
        "scheduler.beta_start": "diffusion.betas.first",
        "scheduler.beta_end": "diffusion.betas.last",
        "scheduler.num_train_timesteps": "diffusion.steps",
        "scheduler.prediction_type": Choice(
            "diffusion.predicts", {"epsilon": "noise", "sample": "data", "v_prediction": "velocity"}
        ),
        "scheduler.clip_sample": Choice("diffusion.bound", {False: None, True: Clipped()}),
        "scheduler.steps_offset": "sampler.offset",
        "scheduler.set_alpha_to_one": "sampler.clean",
        "scheduler.timestep_spacing": "sampler.spacing",
    },
    fixed={
        "unet._class_name": "UNet2DConditionModel",
        "unet.center_input_sample": False,
        "unet.mid_block_type": "UNetMidBlock2DCrossAttn",
        "unet.only_cross_attention": False,
        "unet.mid_block_scale_factor": 1,
        "unet.use_linear_projection": False,
        "unet.dual_cross_attention": False,
        "unet.resnet_time_scale_shift": "default",
        "unet.resnet_skip_time_act": False,
        "unet.resnet_out_scale_factor": 1.0,
        "unet.time_embedding_type": "positional",
        "unet.conv_in_kernel": 3,
        "unet.conv_out_kernel": 3,
        "unet.attention_type": "default",
        "unet.class_embeddings_concat": False,
        "vae._class_name": "AutoencoderKL",
        "vae.use_quant_conv": True,
        "vae.use_post_quant_conv": True,
        "vae.mid_block_add_attention": True,
        "text_encoder.model_type": "clip_text_model",
        "scheduler.skip_prk_steps": True,
    },
    ignored=(
        "vae.sample_size",
        "vae.force_upcast",
        "unet.addition_embed_type_num_heads",
        "unet.upcast_attention",
        "text_encoder.projection_dim",
        "text_encoder.initializer_factor",
        "text_encoder.initializer_range",
        "text_encoder.dropout",
    ),
    unused=(r"text_encoder\.text_model\.embeddings\.position_ids",),
)
