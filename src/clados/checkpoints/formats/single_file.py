"""Single files of Stable Diffusion as CompVis keeps them: the tensors of all its parts, and no config."""

import re
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from clados.checkpoints.errors import CheckpointError
from clados.checkpoints.formats.pickle import REFUSED, as_lazy, read_pickle
from clados.checkpoints.formats.safetensors import read_safetensors, safetensors_metadata
from clados.checkpoints.mapping.dialects import FlatConfig
from clados.checkpoints.mapping.lazy import LazyTensor

MOST_DIGITS = 18  # of a number that float64 keeps
SINGLE_FILE = "compvis:stable-diffusion"  # model_type of their layout
PICKLED, SAFE = ".ckpt", ".safetensors"
UNET, CODER, TEXT = "model.diffusion_model.", "first_stage_model.", "cond_stage_model.transformer.text_model."
_DECLARED = ("clados.version", "clados.card", "clados.model")  # what a file of ours says of itself
_NOTES = (
    "a single file has no tokenizer: save_pretrained(model, directory, tokenizer=...) writes one beside the model",
    "no tensor tells heads, groups of norms, the side of images or the sampler: those of stable-diffusion:v1 stand",
)


class _Passed:
    """Stands for what published files hold beside tensors, of the watcher of a training: nothing of it is made."""

    def __init__(self, *given: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        pass


_BESIDE = (
    "pytorch_lightning.callbacks.model_checkpoint.ModelCheckpoint",
    "numpy.core.multiarray.scalar",  # its best score
    "numpy._core.multiarray.scalar",
    "numpy.dtype",
    "numpy.dtypes.Float64DType",
)


def read_single_file(file: Path, *, allow_pickle: bool) -> tuple[FlatConfig, dict[str, LazyTensor], tuple[str, ...]]:
    """What a file's shapes tell, as keys of diffusers' folders; its tensors; and notes.

    Raises:
        CheckpointError: a pickle that is not allowed, a damaged file, other tensors, or a part that is missing.
    """
    if file.suffix == PICKLED and not allow_pickle:
        raise CheckpointError(f"{file}: {REFUSED}")
    said, found = _pickled(file) if file.suffix == PICKLED else (safetensors_metadata(file), read_safetensors(file))
    missing = [part for part in (UNET, CODER, TEXT) if not any(name.startswith(part) for name in found)]
    if len(missing) == 3 and file.suffix == PICKLED:
        raise CheckpointError(f"{file}: of no part of Stable Diffusion: names begin with {UNET}, {CODER} and {TEXT}")
    if len(missing) == 3:
        raise CheckpointError(f"{file}: this is a file; name its directory, which holds config.json too")
    if missing:
        raise CheckpointError(f"{file}: the part '{missing[0][:-1]}' is missing: no tensor's name begins so")
    sizes = _Sizes(file, found)
    declared = {key: str(said[key]) for key in _DECLARED if key in said}
    config = {"model_type": SINGLE_FILE, **declared, **sizes.unet(), **sizes.coder(), **sizes.text()}
    return config | _schedule(file, found), found, _NOTES[: 1 if "clados.model" in declared else 2]


def write_single_file(file: Path, held: dict[str, Tensor], declared: Mapping[str, str]) -> None:
    """Write tensors in the form that the file's ending names, and beside them the declaration of their model.

    The buffers of their schedule are not written: what reads such files makes them anew.
    """
    if file.suffix == SAFE:
        save_file(held, file, metadata={"format": "pt", **declared})
    else:
        torch.save({"state_dict": held, **declared}, file)


def _pickled(file: Path) -> tuple[Mapping[str, Any], dict[str, LazyTensor]]:
    with torch.serialization.safe_globals([(_Passed, name) for name in _BESIDE]):
        whole = read_pickle(file)
    return whole if isinstance(whole, Mapping) else {}, as_lazy(file, whole)


class _Sizes:
    """What the shapes of a file's tensors tell of its parts, each as keys of its folder."""

    def __init__(self, file: Path, found: Mapping[str, LazyTensor]) -> None:
        self.file, self.shapes = file, {name: each.shape for name, each in found.items()}

    def unet(self) -> FlatConfig:
        ends = self.numbers(rf"{UNET}input_blocks\.(\d{{1,4}})\.0\.op\.weight")  # each the last of its level
        every = self.numbers(rf"{UNET}input_blocks\.(\d{{1,4}})\.0\.")
        starts = [1, *(i + 1 for i in ends)]
        attended = [f"{UNET}input_blocks.{i}.1.proj_in.weight" in self.shapes for i in starts]
        first = f"{UNET}middle_block.1.transformer_blocks"
        return {
            "unet.block_out_channels": [self.at(f"{UNET}input_blocks.{i}.0.out_layers.3.weight", 0) for i in starts],
            "unet.layers_per_block": (ends or [len(every)])[0] - 1,
            "unet.down_block_types": ["CrossAttnDownBlock2D" if each else "DownBlock2D" for each in attended],
            "unet.transformer_layers_per_block": len(self.numbers(rf"{first}\.(\d{{1,4}})\.")),
            "unet.cross_attention_dim": self.at(f"{first}.0.attn2.to_k.weight", 1),
            "unet.in_channels": self.at(f"{UNET}input_blocks.0.0.weight", 1),
        }

    def coder(self) -> FlatConfig:
        levels = self.numbers(rf"{CODER}encoder\.down\.(\d{{1,4}})\.block\.")
        return {
            "vae.block_out_channels": [self.at(f"{CODER}encoder.down.{i}.block.0.conv2.weight", 0) for i in levels],
            "vae.layers_per_block": len(self.numbers(rf"{CODER}encoder\.down\.0\.block\.(\d{{1,4}})\.")),
            "vae.in_channels": self.at(f"{CODER}encoder.conv_in.weight", 1),
            "vae.latent_channels": self.at(f"{CODER}post_quant_conv.weight", 1),
        }

    def text(self) -> FlatConfig:
        return {
            "text_encoder.vocab_size": self.at(f"{TEXT}embeddings.token_embedding.weight", 0),
            "text_encoder.hidden_size": self.at(f"{TEXT}embeddings.token_embedding.weight", 1),
            "text_encoder.max_position_embeddings": self.at(f"{TEXT}embeddings.position_embedding.weight", 0),
            "text_encoder.num_hidden_layers": len(self.numbers(rf"{TEXT}encoder\.layers\.(\d{{1,4}})\.")),
            "text_encoder.intermediate_size": self.at(f"{TEXT}encoder.layers.0.mlp.fc1.weight", 0),
        }

    def numbers(self, pattern: str) -> list[int]:
        """The numbers with which names begin that fit."""
        return sorted({int(found[1]) for name in self.shapes if (found := re.match(pattern, name))})

    def at(self, name: str, axis: int) -> int:
        """The size of a tensor along an axis."""
        shape = self.shapes.get(name, ())
        if axis >= len(shape):
            why = f"has the shape {shape}" if name in self.shapes else "is missing"
            raise CheckpointError(f"{self.file}: '{name}' {why}, and a size of the model is read off it")
        return shape[axis]


def _schedule(file: Path, found: Mapping[str, LazyTensor]) -> FlatConfig:
    """What the buffers tell of the schedule of noise, where they are there, and of how latents are scaled."""
    config: FlatConfig = {}
    if "scale_factor" in found and prod(found["scale_factor"].shape) == 1:
        scale = found["scale_factor"].read()
        if not scale.is_floating_point():
            raise CheckpointError(f"{file}: 'scale_factor' is of {scale.dtype}; a real number is allowed")
        config["vae.scaling_factor"] = _number(scale)
    if "betas" not in found:
        return config
    betas = found["betas"].read()
    if betas.dim() != 1 or len(betas) < 2 or not betas.is_floating_point() or bool((betas < 0).any()):
        raise CheckpointError(
            f"{file}: 'betas' has the shape {tuple(betas.shape)}; a number above 0 for each step is allowed"
        )
    first, last, near = _number(betas[0]), _number(betas[-1]), 8 * torch.finfo(betas.dtype).eps
    steps = torch.linspace(0, 1, len(betas), dtype=torch.float64)
    laws = {
        "scaled_linear": (first**0.5 + (last**0.5 - first**0.5) * steps) ** 2,
        "linear": first + (last - first) * steps,
    }
    law = next((name for name, each in laws.items() if torch.allclose(betas.double(), each, rtol=near, atol=0)), None)
    if law is None:
        raise CheckpointError(f"{file}: 'betas' do not grow evenly, nor do their roots: no other schedule is read")
    config |= {"scheduler.beta_schedule": law, "scheduler.beta_start": first, "scheduler.beta_end": last}
    return config | {"scheduler.num_train_timesteps": len(betas)}


def _number(tensor: Tensor) -> float:
    """The number of fewest digits that is kept as this one: 0.00085, which no float is."""
    one = tensor.reshape(()).detach()
    written = (float(f"{float(one):.{digits}g}") for digits in range(1, MOST_DIGITS))
    return next((each for each in written if torch.tensor(each, dtype=one.dtype) == one), float(one))
