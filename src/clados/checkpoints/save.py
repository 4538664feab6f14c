"""save_pretrained: a directory that transformers and Clados load."""

import json
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor, nn

from clados.checkpoints.atomic import atomic_directory
from clados.checkpoints.errors import CheckpointError, LayoutError, OwnNames
from clados.checkpoints.formats import diffusers, open_clip, peft, sentence_transformers, single_file
from clados.checkpoints.formats.directory import SAFE
from clados.checkpoints.formats.few_bits import FEW_BITS, Coded, as_filed
from clados.checkpoints.formats.peft import Adapter
from clados.checkpoints.formats.sentence_transformers import EmbeddingSettings
from clados.checkpoints.generation import FILE, GenerationConfig
from clados.checkpoints.mapping import tensors
from clados.checkpoints.mapping.config import to_config
from clados.checkpoints.mapping.detect import NATIVE, LayoutMatch, classes, of_file, slots, why_unwritable, writable
from clados.checkpoints.mapping.dialects import FlatConfig, nested
from clados.checkpoints.mapping.modules import is_apart
from clados.checkpoints.mapping.names import TensorPlace, embedding, is_body, places
from clados.checkpoints.metadata import IMAGES
from clados.errors import InputError
from clados.layouts.diffusers import PIPELINES
from clados.spec.core.ledger import rows
from clados.spec.inputs.text import Tokens
from clados.spec.kinds.encoder_decoder import EncoderDecoder
from clados.spec.kinds.model import Model
from clados.spec.kinds.permuted import Permuted
from clados.spec.kinds.single import Decoder
from clados.spec.positions.absolute import Learned
from clados.version import __version__

# Files of weights that would be read in place of the new ones, or beside their config
WEIGHTS = re.compile(
    r"(model(-\d{5}-of-\d{5})?\.safetensors|pytorch_model(-\d{5}-of-\d{5})?\.bin)(\.index\.json)?"
    rf"|{re.escape(FEW_BITS)}|{re.escape(peft.CONFIG)}|{re.escape(peft.WEIGHTS)}"
)
UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9}


def save_pretrained(
    module: nn.Module,
    path: str | Path,
    *,
    max_shard: int | str = "5GB",
    tokenizer: Any = None,
    adapter: Adapter | None = None,
    also: Callable[[Path], object] = lambda folder: None,
) -> Path:
    """Write a model as a Hugging Face directory: config.json, safetensors, tokenizer files when there is a tokenizer.

    transformers 4.x and 5.x load it where they have the architecture. A model that no class of theirs computes is
    written with ``model_type: clados``, our names and its declaration, and a warning (``OwnNames``) says what they have
    no key for. Biases that their class has and the model has not are written as zeros. Either way ``from_pretrained``
    gives back an equal model. One that was trained in few bits (``module.few_bits``) is written a second time, as
    quantised.safetensors, from which an equal one is read where there are no other weights. The files are replaced in
    one step: when the disk is full or the process dies, the old model stays. Files of weights under the names that
    transformers gives them (model.safetensors, model-00001-of-00002.safetensors, pytorch_model.bin and the like, and
    their indexes) or under that one are replaced or removed, for they would be mixed with the new ones; every other
    file is kept, and so are modes, owners and links.

    Args:
        max_shard: bytes of a file's tensors, above which they are spread over several.
        tokenizer: that of the module (``module.tokenizer``) when not given.
        adapter: written instead of the weights, in PEFT's layout; the module is what comes of merging it.
        also: writes further files into the folder that it is given; they are replaced in the same step.

    Returns:
        The directory.

    Raises:
        CheckpointError: it cannot be written; what stood there is untouched.
        InputError: the module is not one that was built from a declaration, or ``max_shard`` is no size.
    """
    model, limit, path = _spec(module), _bytes(max_shard), Path(path)
    choice = writable(model, getattr(module, "model_type", ""))
    if adapter is not None and choice.layout.model_type == NATIVE:
        why = why_unwritable(model)
        raise InputError(f"{path}: PEFT reads no adapter of it ({why}): merge its updates, and write it whole")
    if choice.layout.model_type == NATIVE:
        warnings.warn(
            OwnNames(f"the model is written in Clados's own form, which others do not read ({why_unwritable(model)})"),
            stacklevel=2,
        )
    tokenizer = tokenizer or getattr(module, "tokenizer", None)
    images: Mapping[str, bytes] = getattr(module, "image_files", {})
    try:
        with atomic_directory(path, _stale(path, model, images)) as fresh:
            placed = places(choice.layout, choice.model)
            prefix = choice.layout.prefix if is_body(choice.layout, classes(model)) else ""
            own = [place for place in placed if not is_apart(place.names[0])]
            pipeline = _is_pipeline(choice)
            if pipeline:
                diffusers.write_pipeline(fresh, dict(_theirs(own, module, "")), _save_file)
            elif adapter is None:
                _write_tensors(fresh, _shards(own, module, limit), module, prefix)
            else:
                _write_adapter(fresh, adapter, choice, model)
            _write_few_bits(fresh, own, module, prefix)
            aside = [place for place in placed if is_apart(place.names[0])]
            sentence_transformers.write_tensors(fresh, dict(_theirs(aside, module, "")), save_file)
            written = _configs(choice, module)
            if adapter is not None:  # PEFT's directories have none: with one, transformers takes them for whole models
                written = {name: content for name, content in written.items() if name not in ("config.json", FILE)}
            for name, content in written.items():
                (fresh / name).parent.mkdir(exist_ok=True)
                (fresh / name).write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", encoding="utf-8")
            for name, data in images.items():
                (fresh / name).write_bytes(data)
            if tokenizer is not None:
                inputs = ("input_ids", *(("token_type_ids",) if _types(model) else ()), "attention_mask")
                home = fresh / diffusers.TOKENIZER_FOLDER if pipeline else fresh
                home.mkdir(exist_ok=True)
                tokenizer.save(home, inputs=inputs, limit=positions(model), left=isinstance(model, Permuted))
            also(fresh)
    except (OSError, SafetensorError) as error:
        raise CheckpointError(f"{path}: not written, what stood there is untouched ({error})") from error
    return path


def save_single_file(module: nn.Module, path: str | Path) -> Path:
    """Write Stable Diffusion as one file, in CompVis' names: safetensors, or their pickle where the path ends in .ckpt.

    diffusers reads both, their code .ckpt, each with a configuration of its own, and ``from_pretrained`` gives back an
    equal model, for its declaration stands in the file. It is replaced in one step. A tokenizer has no place in it.

    Raises:
        InputError: the path has another ending, or the module is no such model.
        CheckpointError: it cannot be written; what stood there is untouched.
    """
    model, path = _spec(module), Path(path)
    if path.suffix not in (single_file.SAFE, single_file.PICKLED):
        raise InputError(f"{path}: a single file ends in {single_file.SAFE} or {single_file.PICKLED}")
    try:
        choice = of_file(single_file.SINGLE_FILE, model)
    except LayoutError as error:
        raise InputError(f"{path}: not one that a single file holds ({error})") from error
    try:
        with atomic_directory(path.parent) as fresh:
            held = dict(_theirs(places(choice.layout, model), module, ""))
            single_file.write_single_file(fresh / path.name, held, _declared(choice, model))
    except (OSError, RuntimeError, SafetensorError) as error:  # torch's writer raises RuntimeError
        raise CheckpointError(f"{path}: not written, what stood there is untouched ({error})") from error
    return path


def _stale(path: Path, model: Model, images: Mapping[str, bytes]) -> re.Pattern[str]:
    """Names of files that would be read in place of the new ones, or beside their config: those of an older model.

    Beside weights: another file on images, where there is one now; the list of an embedder's modules that was written
    here, where the model is none.
    """
    others = [name for name in IMAGES if images and name not in images]
    others += [sentence_transformers.LIST] if embedding(model) is None and sentence_transformers.is_own(path) else []
    return re.compile("|".join([WEIGHTS.pattern, *map(re.escape, others)]))


def _types(model: Model) -> bool:
    """Whether the model tells kinds of segments apart."""
    text = model.reads(Tokens)
    return isinstance(model, Permuted) or (text is not None and text.types > 1)


def positions(model: Model) -> int | None:
    """Tokens of text that a model has positions for; None when for any number."""
    text = model.reads(Tokens)
    position = text.position if text else None
    return position.length - position.start if isinstance(position, Learned) else None


def _spec(module: nn.Module) -> Model:
    model = getattr(module, "spec", None)
    if not isinstance(model, Model):
        raise InputError(f"a {type(module).__name__} has no declaration; only models built from one are saved")
    own = {row.path for row in rows(model)}
    if more := [name for name, _ in module.named_parameters() if name not in own]:
        raise InputError(f"'{more[0]}' is no tensor of the model's declaration: merge low-rank updates before saving")
    return model


def _bytes(size: int | str) -> int:
    if isinstance(size, int):
        return size
    number, unit = size[:-2], size[-2:].upper()
    if unit not in UNITS or not number.replace(".", "", 1).isdigit():
        raise InputError(f"max_shard is {size!r}; it takes bytes, or a number with KB, MB or GB")
    return int(float(number) * UNITS[unit])


# ---------------------------------------------------------------- config


def config_contents(model: Model) -> dict[str, FlatConfig]:
    """The config.json with which ``save_pretrained`` would write a model in float32; of a pipeline all JSON files.

    It needs no weights.
    """
    choice = writable(model)
    config = _config(choice, model, "float32", {})
    return diffusers.pipeline_files(config) if _is_pipeline(choice) else {"config.json": config}


def _is_pipeline(choice: LayoutMatch) -> bool:
    return choice.layout.model_type in PIPELINES.values()


def _declared(choice: LayoutMatch, model: Model) -> dict[str, str]:
    """What a file says of the model in it, as keys of its config."""
    return {"clados.version": __version__, "clados.card": choice.card, "clados.model": repr(model)}


def _config(choice: LayoutMatch, model: Model, precision: str, trained: Mapping[str, Any]) -> dict[str, Any]:
    """What config.json says: the layout's keys, and the declaration."""
    kept: FlatConfig = {**_declared(choice, model), **({"clados.run": trained} if trained else {})}
    layout = choice.layout
    head = {"model_type": layout.model_type, "architectures": [choice.architecture], "dtype": precision}
    return nested(head | to_config(layout, choice.model) | kept, layout.model_type)


def _configs(choice: LayoutMatch, module: nn.Module) -> dict[str, FlatConfig]:
    """Each JSON file of the directory."""
    layout, model = choice.layout, choice.model
    precision = str(next(module.parameters()).dtype).removeprefix("torch.")
    config = _config(choice, _spec(module), precision, getattr(module, "trained", {}))
    config |= getattr(module, "class_names", {})
    if _is_pipeline(choice):
        return diffusers.pipeline_files(config)
    files: dict[str, Any] = {"config.json": config}
    if layout.model_type == open_clip.MODEL_TYPE:
        files[open_clip.CONFIG] = open_clip.config_file(config)
    if layout.model_type != NATIVE and (vector := embedding(model)) is not None:
        settings = getattr(module, "embedding_settings", EmbeddingSettings())
        files |= sentence_transformers.files(vector, model.size.d_model, settings)
    if isinstance(model, Decoder | EncoderDecoder) and "lm" in slots(model):
        vocab = model.vocab
        roles = {"pad": vocab.pad, "bos": vocab.bos, "eos": vocab.eos, "decoder_start": vocab.start}
        ids = {f"{role}_token_id": number for role, number in roles.items() if number is not None}
        said = getattr(module, "generation_config", GenerationConfig()).config()
        if "bos_token_id" in said:
            ids.pop("decoder_start_token_id", None)  # where it is not said, bos starts an answer
        files[FILE] = {**({} if said else {"_from_model_config": True}), **ids, **said}
    return files


# ---------------------------------------------------------------- tensors


def _save_file(held: dict[str, Tensor], file: Path) -> None:
    save_file(held, file, metadata={"format": "pt"})


def _write_adapter(fresh: Path, adapter: Adapter, choice: LayoutMatch, model: Model) -> None:
    config, held = peft.adapter_files(adapter, choice, classes(model))
    (fresh / peft.CONFIG).write_text(json.dumps(config, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    save_file(held, fresh / peft.WEIGHTS, metadata={"format": "pt"})


def _shards(placed: Sequence[TensorPlace], module: nn.Module, limit: int) -> list[list[TensorPlace]]:
    """Places in their order, each shard as full as the limit allows; parts of one of ours stay together."""
    shards: list[list[TensorPlace]] = [[]]
    full = 0
    for place in placed:
        size = _size(module, place)
        if shards[-1] and full + size > limit:
            shards.append([])
            full = 0
        shards[-1].append(place)
        full += size
    return shards


def _size(module: nn.Module, place: TensorPlace) -> int:
    return place.row.count * next(module.parameters()).element_size()


def _write_tensors(fresh: Path, shards: list[list[TensorPlace]], module: nn.Module, prefix: str) -> None:
    """One file, or several and the index that says which tensor is where; one shard in memory at a time."""
    count = len(shards)
    weight_map: dict[str, str] = {}
    for i, shard in enumerate(shards, 1):
        file = SAFE if count == 1 else f"model-{i:05}-of-{count:05}.safetensors"
        held = dict(_theirs(shard, module, prefix))
        save_file(held, fresh / file, metadata={"format": "pt"})
        weight_map |= dict.fromkeys(held, file)
    if count > 1:
        total = sum(_size(module, place) for shard in shards for place in shard)
        index: Mapping[str, Any] = {"metadata": {"total_size": total}, "weight_map": weight_map}
        (fresh / f"{SAFE}.index.json").write_text(json.dumps(index, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _write_few_bits(fresh: Path, placed: Sequence[TensorPlace], module: nn.Module, prefix: str) -> None:
    """The tensors once more, those that are in few bits as codes and scales; nothing where the weights are others."""
    kept: Mapping[str, Coded] = getattr(module, "few_bits", {})
    few = {path: Coded(*(each.cpu() for each in coded)) for path, coded in kept.items()}
    if not few or not all(torch.equal(module.get_parameter(path).cpu(), each.whole) for path, each in few.items()):
        return
    some = [place for place in placed if place.row.path in few]
    codes = dict(tensors.their_tensors(some, lambda path: few[path].codes))
    scales = dict(tensors.their_tensors(some, lambda path: few[path].scale))
    held = dict(_theirs(placed, module, prefix))
    for name, each in codes.items():
        del held[name.removeprefix(prefix)]
        held |= as_filed(name.removeprefix(prefix), Coded(each, scales[name]))
    save_file(held, fresh / FEW_BITS, metadata={"format": "pt"})


def _theirs(shard: Sequence[TensorPlace], module: nn.Module, prefix: str) -> Iterator[tuple[str, Tensor]]:
    """Tensors by their names; zeros for biases that the module lacks and their class has."""
    own = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    shapes = {place.row.path: place.row.shape for place in shard}
    dtype = next(module.parameters()).dtype

    def ours(path: str) -> Tensor:
        return own[path].detach().cpu() if path in own else torch.zeros(shapes[path], dtype=dtype)

    for name, tensor in tensors.their_tensors(shard, ours):
        yield name.removeprefix(prefix), tensor.contiguous()
