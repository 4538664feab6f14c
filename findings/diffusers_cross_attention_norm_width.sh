#!/usr/bin/env bash
# diffusers: the norm of what cross-attention reads has the width of the image's channels, not of the text.
# Expected: cross_attention_norm="layer_norm" normalises the text's vectors, so that a U-Net whose text is 24 wide and whose
#   blocks have 32 channels runs as it does without the norm.
# Seen: in the SimpleCrossAttn blocks the norm is as wide as the block's channels. The U-Net is built, and its forward pass
#   raises a RuntimeError unless text and channels happen to be of one width; levels of unlike widths never run.
# Versions: diffusers 0.42.1, torch 2.13.0.
# Date: 2026-11-29.
set -euo pipefail
export HF_HUB_OFFLINE=1 PYTHONWARNINGS=ignore TQDM_DISABLE=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet torch==2.13.0 diffusers==0.42.1
cd "$work"
venv/bin/python - <<'PY'
import torch
from diffusers import UNet2DConditionModel


def seen(norm, width):
    """What comes of a forward pass, and the widths of the norms."""
    torch.manual_seed(0)
    unet = UNet2DConditionModel(
        sample_size=8, in_channels=3, out_channels=3, layers_per_block=1, block_out_channels=(16, 32),
        down_block_types=("DownBlock2D", "SimpleCrossAttnDownBlock2D"), norm_num_groups=4, attention_head_dim=8,
        mid_block_type="UNetMidBlock2DSimpleCrossAttn", up_block_types=("SimpleCrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=width, cross_attention_norm=norm,
    )
    widths = sorted({tensor.numel() for name, tensor in unet.named_parameters() if "norm_cross.weight" in name})
    try:
        with torch.no_grad():
            unet(torch.randn(1, 3, 8, 8), 1, torch.randn(1, 5, width))
    except RuntimeError as error:
        return type(error).__name__, widths
    return "runs", widths


found = {(norm, width): seen(norm, width) for norm in (None, "layer_norm") for width in (32, 24)}
for (norm, width), each in found.items():
    print(f"norm {norm}, text {width} wide, channels 32:", *each)
assert found == {
    (None, 32): ("runs", []),
    (None, 24): ("runs", []),
    ("layer_norm", 32): ("runs", [32]),
    ("layer_norm", 24): ("RuntimeError", [32]),
}
PY
