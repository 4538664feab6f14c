"""Directories of diffusers: model_index.json, and a folder a part; a part's tensors and keys begin with its folder."""

PIPELINES = {"StableDiffusionPipeline": "stable-diffusion"}  # their class: our model_type
