"""Directories of diffusers: model_index.json, and a folder for each part of a pipeline (diffusers 0.42.1)."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from clados.checkpoints.errors import CheckpointError
from clados.checkpoints.formats.directory import stored
from clados.checkpoints.formats.files import read_object
from clados.checkpoints.mapping.lazy import LazyTensor
from clados.layouts.diffusers import PIPELINE_DECLARATION, PIPELINE_FOLDERS, PIPELINE_INDEX, PIPELINES

TOKENIZER_FOLDER = "tokenizer"
_OLDER = {"query": "to_q", "key": "to_k", "value": "to_v", "proj_attn": "to_out.0"}  # of the autoencoder's attention


def is_pipeline(directory: Path) -> bool:
    """Whether a directory is one of diffusers."""
    return (directory / PIPELINE_INDEX).is_file()


def read_pipeline(
    directory: Path, *, allow_pickle: bool
) -> tuple[dict[str, Any], dict[str, LazyTensor], tuple[str, ...]]:
    """The configs of all parts by folder, as one; the tensors, their names with the folder in front; and notes.

    Raises:
        CheckpointError: for another pipeline, a part that is missing, or a damaged file.
    """
    index = read_object(directory / PIPELINE_INDEX)
    named = index.get("_class_name")
    if named not in PIPELINES:
        allowed = ", ".join(PIPELINES)
        raise CheckpointError(f"{directory / PIPELINE_INDEX}: _class_name is {named!r}; read are {allowed}")
    config: dict[str, Any] = {"model_type": PIPELINES[named], "architectures": [named]}
    if (directory / PIPELINE_DECLARATION).is_file():
        config["clados"] = read_object(directory / PIPELINE_DECLARATION)
    tensors: dict[str, LazyTensor] = {}
    for folder, (_, _, file, weights) in PIPELINE_FOLDERS.items():
        if not (directory / folder / file).is_file():
            raise CheckpointError(f"{directory}: the part '{folder}' is missing: there is no {folder}/{file}")
        content = read_object(directory / folder / file)
        config[folder] = {key: value for key, value in content.items() if key == "_class_name" or key[:1] != "_"}
        if weights:
            name = weights.removesuffix(".safetensors")
            each = stored(directory / folder, allow_pickle=allow_pickle, name=name)
            tensors |= {published_name(f"{folder}.{tensor}"): held for tensor, held in each.items()}
    known = {*PIPELINE_FOLDERS, TOKENIZER_FOLDER}
    rest = [name for name, value in index.items() if isinstance(value, list) and any(value) and name not in known]
    notes = (f"{PIPELINE_INDEX}: not read: {', '.join(rest)}",) if rest else ()
    return config, tensors, notes


def published_name(name: str) -> str:
    """A tensor's name as published files have it, whichever version wrote it.

    transformers 5 leaves out the ``text_model.`` that 4.x and the published files have; diffusers before 0.17 had other
    names in the autoencoder's attention.
    """
    if name.startswith("text_encoder.") and not name.startswith("text_encoder.text_model."):
        return name.replace("text_encoder.", "text_encoder.text_model.", 1)
    if name.startswith("vae."):
        older = "|".join(_OLDER)
        return re.sub(rf"(\.attentions\.0)\.({older})\.", lambda each: f"{each[1]}.{_OLDER[each[2]]}.", name)
    return name


def pipeline_files(config: Mapping[str, Any], version: str = "0.42.1") -> dict[str, Any]:
    """The JSON files of a directory, by path: the reverse of ``read_pipeline``."""
    named = config["architectures"][0]
    index: dict[str, Any] = {"_class_name": named, "_diffusers_version": version}
    written: dict[str, Any] = {}
    for folder, (library, kind, file, _) in PIPELINE_FOLDERS.items():
        index[folder] = [library, kind or config[folder]["_class_name"]]
        inside = dict(config[folder])
        if library == "transformers":
            inside["architectures"] = [kind]
        else:
            inside["_diffusers_version"] = version
        written[f"{folder}/{file}"] = inside
    index |= {TOKENIZER_FOLDER: ["transformers", "CLIPTokenizer"], "feature_extractor": [None, None]}
    index |= {"safety_checker": [None, None], "requires_safety_checker": False}
    return {PIPELINE_INDEX: index, PIPELINE_DECLARATION: config.get("clados", {}), **written}


def write_pipeline(fresh: Path, held: Mapping[str, Tensor], save: Callable[[dict[str, Tensor], Path], None]) -> None:
    """The tensors, each in the file of its folder."""
    for folder, (_, _, _, weights) in PIPELINE_FOLDERS.items():
        inside = {name.partition(".")[2]: each for name, each in held.items() if name.partition(".")[0] == folder}
        if inside:
            (fresh / folder).mkdir(exist_ok=True)
            save(inside, fresh / folder / weights)
