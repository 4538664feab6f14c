"""Directories of diffusers: model_index.json, and a folder a part; a part's tensors and keys begin with its folder."""

from collections.abc import Mapping

PIPELINES = {"StableDiffusionPipeline": "stable-diffusion"}  # their class: our model_type
PIPELINE_INDEX = "model_index.json"  # what diffusers reads first
PIPELINE_DECLARATION = "clados.json"  # what it has no word for
_WEIGHTS = "diffusion_pytorch_model.safetensors"
# folder: its library, class, config and file of weights
PIPELINE_FOLDERS: Mapping[str, tuple[str, str, str, str]] = {
    "scheduler": ("diffusers", "", "scheduler_config.json", ""),
    "text_encoder": ("transformers", "CLIPTextModel", "config.json", "model.safetensors"),
    "unet": ("diffusers", "UNet2DConditionModel", "config.json", _WEIGHTS),
    "vae": ("diffusers", "AutoencoderKL", "config.json", _WEIGHTS),
}
PIPELINE_CONFIGS = (
    *(PIPELINE_INDEX, PIPELINE_DECLARATION),
    *(f"{folder}/{config}" for folder, (_, _, config, _) in PIPELINE_FOLDERS.items()),
)
