"""Where CompVis keeps Stable Diffusion (github:CompVis/stable-diffusion ldm/models/diffusion/ddpm.py LatentDiffusion).

Their U-Net (ldm/modules/diffusionmodules/openaimodel.py ``UNetModel``) has the residual blocks of OpenAI's, and
transformers (ldm/modules/attention.py ``SpatialTransformer``) whose names diffusers keeps; the autoencoder is
ldm/models/autoencoder.py ``AutoencoderKL`` (ldm/modules/diffusionmodules/model.py ``Encoder``, ``Decoder``), the text
model transformers' CLIPTextModel (ldm/modules/encoders/modules.py ``FrozenCLIPEmbedder``). Their files hold tensors
alone: ``clados.checkpoints.formats.single_file`` infers the config's keys, which are those of diffusers' folders.
"""

from collections.abc import Mapping

from clados.layouts.diffusers.stable_diffusion import stable_diffusion as folders, transformer
from clados.layouts.hf.clip import layer as clip_layer
from clados.layouts.openai.glide import RESIDUAL
from clados.spec import *

UNET: Mapping[str, str | Rule] = {
    "step.up.*": "time_embed.0.*",
    "step.down.*": "time_embed.2.*",
    "conv_in.*": "input_blocks.0.0.*",
    **prefixed("input_blocks.@1.0.", RESIDUAL, ours="down.*.blocks.*."),
    **prefixed("input_blocks.@1.1.", transformer, ours="down.*.attentions.*."),
    "down.*.resample.conv.*": "input_blocks.@1.0.op.*",
    **prefixed("middle_block.0.", RESIDUAL, ours="middle.first."),
    **prefixed("middle_block.1.", transformer, ours="middle.attention."),
    **prefixed("middle_block.2.", RESIDUAL, ours="middle.second."),
    **prefixed("output_blocks.@0.0.", RESIDUAL, ours="up.*.blocks.*."),
    **prefixed("output_blocks.@0.1.", transformer, ours="up.*.attentions.*."),
    "up.*.resample.conv.*": "output_blocks.@0.~.conv.*",
    "norm_out.*": "out.0.*",
    "conv_out.*": "out.2.*",
}
CODER_RESIDUAL: Mapping[str, str | Rule] = {
    "norm_in.*": "norm1.*",
    "conv_in.*": "conv1.*",
    "norm_out.*": "norm2.*",
    "conv_out.*": "conv2.*",
    "skip.*": "nin_shortcut.*",
}
CODER_ATTENTION: Mapping[str, str | Rule] = {  # by convolutions of one place
    "norm.*": "norm.*",
    "attn.qkv.weight": Reshaped("{q,k,v}.weight", (-1, -1, 1, 1)),
    "attn.qkv.bias": "{q,k,v}.bias",
    "attn.out.weight": Reshaped("proj_out.weight", (-1, -1, 1, 1)),
    "attn.out.bias": "proj_out.bias",
}
CODER: Mapping[str, str | Rule] = {
    "conv_in.*": "conv_in.*",
    **prefixed("down.*.block.*.", CODER_RESIDUAL, ours="down.*.blocks.*."),
    "down.*.resample.conv.*": "down.*.downsample.conv.*",
    **prefixed("mid.block_1.", CODER_RESIDUAL, ours="middle.first."),
    **prefixed("mid.attn_1.", CODER_ATTENTION, ours="middle.attention."),
    **prefixed("mid.block_2.", CODER_RESIDUAL, ours="middle.second."),
    **prefixed("up.^.block.*.", CODER_RESIDUAL, ours="up.*.blocks.*."),
    "up.*.resample.conv.*": "up.^.upsample.conv.*",
    "norm_out.*": "norm_out.*",
    "conv_out.*": "conv_out.*",
}
TEXT: Mapping[str, str | Rule] = {
    "inputs.tokens.*": "embeddings.token_embedding.*",
    "inputs.position.table.*": "embeddings.position_embedding.*",
    **prefixed("encoder.layers.*.", clip_layer, ours="stack.blocks.*."),
    "stack.norm_out.*": "final_layer_norm.*",
}

stable_diffusion = folders.but(
    model_type="compvis:stable-diffusion",
    architectures={"LatentDiffusion": ()},
    rules={
        **prefixed("model.diffusion_model.", UNET, ours="unet."),
        **prefixed("first_stage_model.encoder.", CODER, ours="codes.encoder."),
        **prefixed("first_stage_model.decoder.", CODER, ours="codes.decoder."),
        "codes.quant.*": "first_stage_model.quant_conv.*",
        "codes.post_quant.*": "first_stage_model.post_quant_conv.*",
        **prefixed("cond_stage_model.transformer.text_model.", TEXT, ours="text."),
    },
    unused=(  # the schedule of noise, which follows from the betas; counts
        r"betas|(sqrt_|sqrt_one_minus_|log_one_minus_|sqrt_recip_|sqrt_recipm1_)?alphas_cumprod|alphas_cumprod_prev",
        r"posterior_(variance|log_variance_clipped|mean_coef[12])|lvlb_weights|logvar|scale_factor|global_step",
        r"cond_stage_model\.transformer\.text_model\.embeddings\.position_ids",
    ),
    extra=(r"model_ema\..+", r"first_stage_model\.loss\..+"),  # running averages; the autoencoder's critics
)
