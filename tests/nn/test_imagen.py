"""Imagen's U-Net beside the blocks that diffusers 0.42.1 has for DeepFloyd's IF, which follows the paper."""

from typing import Any

import pytest
import torch

from clados import spec as s
from clados.checkpoints.mapping.tensors import to_theirs
from clados.models.declared import declared
from clados.nn import module
from clados.proofs.cases import small
from clados.proofs.parity import TOLERANCE, distance
from clados.proofs.references import randomise

RESIDUAL = {
    "norm_in.*": "norm1.*",
    "conv_in.*": "conv1.*",
    "step.*": "time_emb_proj.*",
    "norm_out.*": "norm2.*",
    "conv_out.*": "conv2.*",
    "skip.*": "conv_shortcut.*",
}
ATTENTION = {
    "norm.*": "group_norm.*",
    "attn.qkv.*": "{to_q,to_k,to_v}.*",
    "read.*": "{add_k_proj,add_v_proj}.*",
    "attn.out.*": "to_out.0.*",
}
UNET = {
    "conv_in.*": "conv_in.*",
    "step.up.*": "time_embedding.linear_1.*",
    "step.down.*": "time_embedding.linear_2.*",
    **s.prefixed("down_blocks.*.resnets.*.", RESIDUAL, ours="down.*.blocks.*."),
    **s.prefixed("down_blocks.*.attentions.*.", ATTENTION, ours="down.*.attentions.*."),
    **s.prefixed("down_blocks.*.downsamplers.0.", RESIDUAL, ours="down.*.resample.residual."),
    **s.prefixed("mid_block.resnets.0.", RESIDUAL, ours="middle.first."),
    **s.prefixed("mid_block.attentions.0.", ATTENTION, ours="middle.attention."),
    **s.prefixed("mid_block.resnets.1.", RESIDUAL, ours="middle.second."),
    **s.prefixed("up_blocks.*.resnets.*.", RESIDUAL, ours="up.*.blocks.*."),
    **s.prefixed("up_blocks.*.attentions.*.", ATTENTION, ours="up.*.attentions.*."),
    **s.prefixed("up_blocks.*.upsamplers.0.", RESIDUAL, ours="up.*.resample.residual."),
    "norm_out.*": "conv_norm_out.*",
    "conv_out.*": "conv_out.*",
}


def test_its_network_is_theirs_but_for_how_states_are_pooled() -> None:
    """And but for the norm of the states: theirs has the width of the image's channels."""
    diffusers = pytest.importorskip("diffusers")
    model: Any = small(declared("imagen").model).but(unet=s.but(attention=s.but(text_norm=None)))
    ours: Any = module(model).eval()
    randomise(dict(ours.named_parameters()))
    with torch.no_grad():
        for each in ours.unet.text.project.parameters():
            each.zero_()  # their way of pooling is another
    levels, norm = model.size.unet, model.unet.residual.norm
    plain = [2**i not in model.unet.attended for i in range(len(levels.channels))]
    theirs = diffusers.UNet2DConditionModel(
        in_channels=3,
        out_channels=3,
        block_out_channels=levels.channels,
        layers_per_block=levels.blocks,
        down_block_types=["ResnetDownsampleBlock2D" if each else "SimpleCrossAttnDownBlock2D" for each in plain],
        mid_block_type="UNetMidBlock2DSimpleCrossAttn",
        up_block_types=["ResnetUpsampleBlock2D" if each else "SimpleCrossAttnUpBlock2D" for each in plain[::-1]],
        resnet_time_scale_shift="scale_shift",
        cross_attention_dim=model.size.text.d_model,
        attention_head_dim=levels.head_dim,
        norm_num_groups=norm.groups,
        norm_eps=norm.eps,
    ).eval()
    held = dict(ours.named_parameters())
    rest = {name: name for name in held if not name.startswith("unet.") or name.startswith("unet.text.")}
    layout = s.Layout(model_type="if", architectures={}, rules=rest | s.prefixed("", UNET, ours="unet."), config={})
    weights = {name: each for name, each in to_theirs(layout, model, held).items() if name not in rest}
    theirs.load_state_dict(weights)
    draw = torch.Generator().manual_seed(2)
    sample = torch.randn(2, 3, 8, 12, generator=draw)
    memory = torch.randn(2, 7, model.size.text.d_model, generator=draw)
    steps = torch.tensor([3, 801])
    with torch.no_grad():
        assert distance(ours.predict(sample, steps, memory), theirs(sample, steps, memory).sample) < TOLERANCE
