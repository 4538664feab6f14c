"""A pipeline of diffusers, built from the configs of its folders."""

import json
from functools import cached_property
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from clados import spec as s
from clados.checkpoints.formats import diffusers as folders
from clados.checkpoints.mapping.config import to_config
from clados.checkpoints.mapping.dialects import nested
from clados.checkpoints.mapping.lazy import LazyTensor
from clados.proofs.cases import ModelInputs
from clados.proofs.file_references import BuiltReference, architecture_of, quiet, quiet_transformers
from clados.proofs.references import randomise, spread


class Pipeline(BuiltReference):
    """The text encoder, U-Net and autoencoder of a pipeline of diffusers."""

    def __init__(self, card: str, layout: s.Layout, model: s.Model, folder: Path) -> None:
        self.card, self.layout, self.folder = card, layout, folder
        self.model, self.port = model, layout.port or s.but()
        self.architecture = architecture_of(layout, model)
        head = {"model_type": layout.model_type, "architectures": [self.architecture]}
        self.config = nested(head | to_config(layout, model), layout.model_type)
        self.files = folders.pipeline_files(self.config)
        self._write(folder)
        self.module = self.build().eval()
        randomise(self.weights, spread(model))
        self.save(folder)

    @property
    def name(self) -> str:  # type: ignore[override]
        diffusers = quiet_diffusers()
        return f"diffusers {diffusers.__version__} {self.architecture}"

    @cached_property
    def weights(self) -> dict[str, Tensor]:
        return {name: each for name, each in self.module.named_parameters() if each.requires_grad}

    def _write(self, folder: Path) -> None:
        for name, content in self.files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(json.dumps(content), encoding="utf-8")

    def build(self) -> nn.Module:
        diffusers, transformers = quiet_diffusers(), quiet_transformers()
        text = transformers.CLIPTextConfig(**self.config["text_encoder"])
        with quiet():
            made = {
                "text_encoder": transformers.CLIPTextModel._from_config(text, attn_implementation="eager"),
                "unet": diffusers.UNet2DConditionModel.from_config(self.config["unet"]),
                "vae": diffusers.AutoencoderKL.from_config(self.config["vae"]),
            }
        return nn.ModuleDict(made)

    def save(self, folder: Path) -> None:
        self._write(folder)
        for name, part in _parts(self.module).items():
            with quiet():
                part.save_pretrained(folder / name)
        self._write(folder)

    def loaded(self, folder: Path) -> nn.Module:
        """Their models from files that we wrote."""
        diffusers = quiet_diffusers()
        with quiet():
            pipeline = diffusers.StableDiffusionPipeline.from_pretrained(folder, tokenizer=None)
        parts = {name: getattr(pipeline, name).eval() for name in ("text_encoder", "unet", "vae")}
        return nn.ModuleDict(parts)

    def tensors(self, folder: Path) -> dict[str, LazyTensor]:
        return folders.read_pipeline(folder, allow_pickle=False)[1]

    def call(self, read: ModelInputs, module: nn.Module | None = None) -> dict[str, Tensor]:
        parts = _parts(module or self.module)
        unet, vae = parts["unet"], parts["vae"]
        memory = parts["text_encoder"](read["input_ids"]).last_hidden_state
        drawn = vae.encode(read["pixel_values"]).latent_dist
        return {
            "prediction": unet(read["sample"], read["timesteps"], memory).sample,
            "latents": drawn.mean * vae.config.scaling_factor,
            "log_variance": drawn.logvar,
            "reconstruction": vae.decode(drawn.mean).sample,
        }


def quiet_diffusers() -> Any:
    """diffusers, without its bars and warnings."""
    import diffusers

    diffusers.utils.logging.set_verbosity_error()
    diffusers.utils.logging.disable_progress_bar()
    return diffusers


def _parts(module: nn.Module) -> dict[str, Any]:
    return dict(module.named_children())
