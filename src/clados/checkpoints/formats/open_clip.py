"""Directories as OpenCLIP has them: open_clip_config.json, its weights beside it (open_clip 3.3.0 ``factory.py``)."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

MODEL_TYPE = "open_clip"
CONFIG, WEIGHTS = "open_clip_config.json", "open_clip_model"
MEAN = [0.48145466, 0.4578275, 0.40821073]  # of OpenAI's preprocessing (open_clip 3.3.0 constants.py)
STD = [0.26862954, 0.26130258, 0.27577711]


def is_open_clip(directory: Path) -> bool:
    """Whether a directory says in OpenCLIP's file alone what it holds."""
    return (directory / CONFIG).exists() and not (directory / "config.json").exists()


def weights_name(directory: Path) -> str:
    """Their name of the files of weights, where these stand under it; else empty, for the usual one."""
    return WEIGHTS if (directory / f"{WEIGHTS}.safetensors").exists() else ""


def config_file(config: Mapping[str, Any]) -> dict[str, Any]:
    """What OpenCLIP reads of a config."""
    return {"model_cfg": config["model_cfg"], "preprocess_cfg": {"mean": MEAN, "std": STD}}


def preprocessor(config: Mapping[str, Any]) -> dict[str, Any]:
    """Their preprocessing in the words of preprocessor_config.json: shorter side, then the middle (transform.py)."""
    said, model = (config.get(key) or {} for key in ("preprocess_cfg", "model_cfg"))
    side = (model.get("vision_cfg") or {}).get("image_size")
    return {
        "size": {"shortest_edge": side},
        "crop_size": {"height": side, "width": side},
        "image_mean": said.get("mean", MEAN),
        "image_std": said.get("std", STD),
    }
