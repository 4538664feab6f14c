"""Swin's published config.json, at a small width: every key read, and transformers' outputs."""

import json
from pathlib import Path
from typing import Any

import torch
import transformers

from clados.checkpoints import from_pretrained

# config.json of microsoft/swin-tiny-patch4-window7-224, as transformers 4.15 wrote it; two classes of its 1,000.
PUBLISHED: dict[str, Any] = {
    "architectures": ["SwinForImageClassification"],
    "attention_probs_dropout_prob": 0.0,
    "depths": [2, 2, 6, 2],
    "drop_path_rate": 0.1,
    "embed_dim": 12,  # 96
    "encoder_stride": 32,
    "hidden_act": "gelu",
    "hidden_dropout_prob": 0.0,
    "id2label": {"0": "tench", "1": "goldfish"},
    "image_size": 224,
    "initializer_range": 0.02,
    "label2id": {"tench": 0, "goldfish": 1},
    "layer_norm_eps": 1e-05,
    "mlp_ratio": 4.0,
    "model_type": "swin",
    "num_channels": 3,
    "num_heads": [3, 6, 12, 24],
    "num_layers": 4,
    "patch_size": 4,
    "path_norm": True,
    "qkv_bias": True,
    "transformers_version": "4.15.0.dev0",
    "use_absolute_embeddings": False,
    "window_size": 7,
}


@torch.no_grad()
def test_a_published_directory_is_read_whole(tmp_path: Path) -> None:
    torch.manual_seed(0)
    theirs = transformers.SwinForImageClassification(transformers.SwinConfig(**PUBLISHED)).eval()
    theirs.save_pretrained(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps(PUBLISHED))
    ours: Any = from_pretrained(tmp_path)
    assert ours.report.verdict.startswith("whole")
    assert (ours.report.notes, ours.report.unused) == ((), ())
    pixels = torch.randn(1, 3, 224, 224)
    right = theirs(pixel_values=pixels).logits
    assert (ours(pixel_values=pixels).logits - right).abs().max() <= 2e-5 * right.abs().max()
