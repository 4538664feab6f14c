"""from_pretrained: a module from a directory on disk."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor, nn

from clados.checkpoints.atomic import retry_if_replaced
from clados.checkpoints.errors import CheckpointError, LayoutError
from clados.checkpoints.formats import diffusers, gguf, open_clip, peft, single_file
from clados.checkpoints.formats.directory import stored
from clados.checkpoints.formats.fairseq import read_fairseq
from clados.checkpoints.formats.files import read_object
from clados.checkpoints.formats.gguf import read_gguf
from clados.checkpoints.formats.sentence_transformers import EmbeddingSettings, Modules, read_modules
from clados.checkpoints.formats.single_file import read_single_file
from clados.checkpoints.generation import GenerationConfig, read_generation
from clados.checkpoints.mapping import biases, tensors, token_tables
from clados.checkpoints.mapping.account import Account, account, untied_notes, unused_notes, without_wrapper
from clados.checkpoints.mapping.config import out_of_vocab_ids, precision, unread
from clados.checkpoints.mapping.detect import LayoutMatch, detect, layouts, named_classes
from clados.checkpoints.mapping.dialects import FlatConfig, flat
from clados.checkpoints.mapping.lazy import LazyTensor
from clados.checkpoints.mapping.names import current_name
from clados.checkpoints.mapping.sizes import check_sizes
from clados.files import model_below, path_exists
from clados.layouts.diffusers import PIPELINE_INDEX
from clados.models.declared import package_models
from clados.nn.core.module import module
from clados.nn.positions.absolute import Sinusoidal
from clados.small import model_folder
from clados.spec.errors import SpecError
from clados.spec.kinds.encoder_decoder import EncoderDecoder
from clados.spec.kinds.model import Model
from clados.spec.kinds.single import Decoder

FLOATS = (torch.float32, torch.bfloat16, torch.float16, torch.float64)
STATIC = "embed_positions.weight"  # transformers' name of a table that it fills with sinusoids
_READERS: Mapping[str, Callable[..., tuple[FlatConfig, dict[str, LazyTensor], tuple[str, ...]]]] = {  # by their endings
    **dict.fromkeys((".pt", ".pth", ".bin"), read_fairseq),
    **dict.fromkeys((single_file.PICKLED, single_file.SAFE), read_single_file),
    gguf.SUFFIX: lambda file, **_: read_gguf(file),
}


if TYPE_CHECKING:
    from clados.checkpoints.report import Report
    from clados.data.tokenizer import Tokenizer
    from clados.nn.kinds.model import WholeModel

    class Loaded(WholeModel):
        """What `from_pretrained` returns, as type checkers see it."""

        report: Report
        tokenizer: Tokenizer | None
        embedding_settings: EmbeddingSettings
        generation_config: GenerationConfig


@dataclass(frozen=True)
class _Options:
    """How directories are read where a caller does not say."""

    allow_pickle: bool = False
    architecture: str | None = None
    base: str | Path | None = None


_OPTIONS = ContextVar("_OPTIONS", default=_Options())  # noqa: B039 (it is frozen)


@contextmanager
def reading(
    *, allow_pickle: bool = False, architecture: str | None = None, base: str | Path | None = None
) -> Iterator[None]:
    """Read directories with these options of ``from_pretrained``, for calls that take a directory alone.

    ``with reading(allow_pickle=True): clados.fill("directory", ...)``; the commands' options of these names do so.
    """
    before = _OPTIONS.set(_Options(allow_pickle, architecture, base))
    try:
        yield
    finally:
        _OPTIONS.reset(before)


@retry_if_replaced
def from_pretrained(
    path: str | Path,
    *,
    dtype: torch.dtype | None = None,
    device: str | torch.device = "cpu",
    architecture: str | None = None,
    allow_pickle: bool = False,
    base: str | Path | None = None,
) -> "Loaded":
    """The model that a directory holds, or a small one of the package's (``small/gpt-2``), in evaluation mode.

    Nothing is ever downloaded.
    Read are Hugging Face directories of every declared architecture (config.json of transformers 4.x or 5.x,
    safetensors, shards with an index; quantised.safetensors where there are no others), directories that
    ``save_pretrained`` wrote, fairseq's ``.pt`` files, llama.cpp's ``.gguf`` files of the kinds llama, gpt2, gptneox
    and bert, with their tokenizers, and Stable Diffusion's ``.ckpt`` and ``.safetensors`` files of all parts in one.
    Heads are those of the class that the config names, or of ``architecture``; of a class that is not known here the
    body is read, and the heads that it shares with the layout's first class. ``module.report`` says where each tensor
    came from, and which of the files' are not used. ``module.tokenizer`` is the tokenizer whose files lie alongside, or
    None: one that cannot be read does not take the weights with it; ``module.tokenizer_error`` and a note of the report
    say why. A directory of sentence-transformers gives a model whose output has ``sentence_embedding``;
    ``module.embedding_settings`` says how texts are prepared.
    ``module.generation_config`` is what generation_config.json, or an older config.json, says of how the model writes.

    Args:
        dtype: of the parameters; that of the files when not given.
        architecture: the class of transformers to read the files as (``"BertModel"``), whatever their config names.
        allow_pickle: read ``.bin``, ``.pt`` and ``.ckpt`` files too, with torch's ``weights_only``.
        base: of an adapter of PEFT the directory of the model that it was learned on; None: the one that it names. Its
            updates are added to the weights, as ``merge_and_unload`` does.

    Raises:
        LayoutError: no declared layout describes the config, or has the class.
        CheckpointError: a file is absent or damaged, or tensors and config do not fit; ``error.report`` tells all.
    """
    path = model_folder(path)
    architecture = architecture or _OPTIONS.get().architecture
    config, said_in, vectors, choice, found, held, (wrapped, differing) = _described(
        path, architecture, allow_pickle, base
    )
    made = _made(held, found, dtype, torch.device(device))
    out_of_vocab = out_of_vocab_ids(choice.layout, config).items()
    notes = tuple(
        f"'{key}' is {number}, which the vocabulary lacks: the model is without it" for key, number in out_of_vocab
    )
    generation, unused = GenerationConfig(), tuple[str, ...]()
    if isinstance(held.model, Decoder | EncoderDecoder) and said_in.suffix == ".json":
        try:
            generation, unused = read_generation(vectors.home, read_object(said_in))
        except CheckpointError as error:
            unused = (f"how the model writes is not read: {error}",)
    notes += (*unused, *differing, *_give_tokenizer(made, vectors.home, lower_case=vectors.lower_case))
    keys = unread(choice.layout, config)
    unknown = [f"{said_in.name}: not used here: {', '.join(keys)}"] if keys else []
    unknown += [
        f"{said_in.name}: {key} is true; here dtype is the precision of everything" for key in precision(config)
    ]
    notes = (*_class(choice, config, architecture), *wrapped, *unknown, *notes, *unused_notes(held, choice, found))
    notes += (*vectors.notes, *untied_notes(held, choice, found), *_image_notes(path), *_static_positions(made, found))
    made.report = replace(held.report, notes=notes)  # type: ignore[assignment]
    made.model_type = choice.layout.model_type  # type: ignore[assignment]
    made.image_files, made.trained = _copied(path)  # type: ignore[assignment]
    made.class_names = _class_names(held.model, said_in, path)  # type: ignore[assignment]
    made.embedding_settings = vectors.settings  # type: ignore[assignment]
    made.generation_config = generation  # type: ignore[assignment]
    return cast("Loaded", made)


def saved_model(path: str | Path) -> Model:
    """The declaration of the model that a directory or file holds, as ``from_pretrained`` reads it; without weights.

    Raises:
        LayoutError, CheckpointError: as ``from_pretrained``.
    """
    return _described(model_folder(path), _OPTIONS.get().architecture, allow_pickle=False)[5].model


def _described(
    path: Path, architecture: str | None, allow_pickle: bool, base: str | Path | None = None
) -> tuple[FlatConfig, Path, Modules, LayoutMatch, dict[str, LazyTensor], Account, tuple[tuple[str, ...], ...]]:
    """The config, where it stands, the modules of texts' vectors; the layout, its tensors, what each is, and notes."""
    allow_pickle, base = allow_pickle or _OPTIONS.get().allow_pickle, base or _OPTIONS.get().base
    opened = _on_its_model(path, base, allow_pickle=allow_pickle) if peft.is_adapter(path) else None
    config, found, said_in, vectors = opened or _opened(path, allow_pickle=allow_pickle)
    try:
        check_sizes(config, found)
        choice = detect(config, vectors.head, architecture)
        found, wrapped = without_wrapper(choice, found)
        model, differing = token_tables.with_stored_tables(choice.layout, choice.model, found)
        model, zeros = biases.without_zero_biases(choice.layout, model, found)
        choice = replace(choice, model=model, zeros=zeros)
        return config, said_in, vectors, choice, found, account(path, choice, found), (wrapped, differing)
    except (LayoutError, SpecError) as error:
        raise LayoutError(f"{said_in}: {error}") from error


def _static_positions(made: nn.Module, found: Mapping[str, LazyTensor]) -> tuple[str, ...]:
    """A note on tables of positions in the files that are not the sinusoids which the model computes."""
    position = getattr(getattr(made, "inputs", None), "position", None)
    if not isinstance(position, Sinusoidal):
        return ()
    notes = []
    for name in (name for name in found if name.endswith(STATIC)):
        table = found[name].read().float()
        if not torch.allclose(table, position(torch.arange(len(table))[None])[0], atol=1e-3):
            notes.append(f"'{name}' differs from the sinusoids that are computed here: it is not used")
    return tuple(notes)


def _class(choice: LayoutMatch, config: FlatConfig, architecture: str | None) -> tuple[str, ...]:
    """A note where the files are read as another class than their config names."""
    classes = named_classes(config)
    names = ", ".join(map(repr, classes))
    if architecture or not choice.body:
        return () if not names or choice.architecture in classes else (f"read as {choice.architecture}, not {names}",)
    allowed = ", ".join((*choice.layout.architectures, *choice.layout.tuned))
    return (f"the class {names} is not known here: read as {choice.architecture}; architecture= takes {allowed}",)


def _class_names(model: Model, config: Path, path: Path) -> FlatConfig:
    """What a directory says of the classes that a head tells apart, to be written again with the model.

    An adapter's own classes stand in its run.json; those of the model it was learned on may be others.
    """
    numbers = {head.classes for head in model.own_heads if hasattr(head, "classes")}
    if config.suffix != ".json" or not numbers:
        return {}
    keys = ("id2label", "label2id", "problem_type")
    said = {key: value for key, value in read_object(config).items() if key in keys}
    if peft.is_adapter(path):
        from clados.checkpoints.metadata import labels_config, read_metadata

        own = read_metadata(path)
        said |= labels_config(own.labels, own.problem)
        if len(said.get("id2label", ())) not in numbers:
            said = {key: value for key, value in said.items() if key == "problem_type"}
    return said


def _on_its_model(
    path: Path, base: str | Path | None, *, allow_pickle: bool
) -> tuple[FlatConfig, dict[str, LazyTensor], Path, Modules]:
    """As ``_opened``, of an adapter: tensors of its model, updates added; the class it was learned with."""
    adapter = peft.read_adapter(path)
    folder = Path(base if base is not None else adapter.base)
    if not folder.is_dir():
        named = f"'{folder}', which is no directory here; base= (--base) names it"
        raise CheckpointError(f"{path / peft.CONFIG}: the adapter was learned on {named}, and nothing is downloaded")
    config, held, said_in, vectors = _opened(folder, allow_pickle=allow_pickle)
    if adapter.ending:
        every = {name for _, layout, _ in layouts() for name in (*layout.architectures, *layout.tuned)}
        fronts = [re.sub(r"(For\w+|LMHeadModel|Model)$", "", each) for each in named_classes(config)]
        same = [name for each in fronts if (name := f"{each}{adapter.ending}") in every]
        config = {**config, "architectures": same} if same else config
        if adapter.classes and adapter.classes != config.get("num_labels"):
            labels = ("id2label", "label2id")
            config = {key: value for key, value in config.items() if key.partition(".")[0] not in labels}
            config["num_labels"] = adapter.classes
    own = read_modules(path, allow_pickle=allow_pickle)
    vectors = vectors if own.head is None else replace(own, home=vectors.home)
    notes = (*vectors.notes, *adapter.notes)
    return config, {**adapter.on(held), **vectors.tensors}, said_in, replace(vectors, notes=notes)


def _opened(path: Path, *, allow_pickle: bool) -> tuple[FlatConfig, dict[str, LazyTensor], Path, Modules]:
    """The config, flat; the tensors; where the config stands; what the directory says of texts' vectors."""
    if path.is_file() and (read := _READERS.get(path.suffix)):
        config, found, notes = read(path, allow_pickle=allow_pickle)
        return config, found, path, Modules(path, notes=notes)
    if path.is_file():
        raise CheckpointError(f"{path}: this is a file; name its directory, which holds config.json too")
    if not path.is_dir():
        card = str(path).partition(":")[0]
        named = f"; '{card}' is a card, so give the directory of a model made of it" if card in package_models() else ""
        raise CheckpointError(
            f"{path}: there is no such directory; models are read from disk, nothing is downloaded{named}"
        )
    if diffusers.is_pipeline(path):
        parts, found, notes = diffusers.read_pipeline(path, allow_pickle=allow_pickle)
        return (
            flat(parts),
            found,
            path / PIPELINE_INDEX,
            Modules(path / diffusers.TOKENIZER_FOLDER, notes=notes),
        )
    vectors = read_modules(path, allow_pickle=allow_pickle)
    file = vectors.home / (open_clip.CONFIG if open_clip.is_open_clip(vectors.home) else "config.json")
    if not path_exists(file) and (below := model_below(path)):
        raise CheckpointError(f"{path}: this directory holds no model{below}")
    config = read_object(file)
    try:
        kept = stored(vectors.home, allow_pickle=allow_pickle, name=open_clip.weights_name(vectors.home))
        found = {name if (today := current_name(name)) in kept else today: each for name, each in kept.items()}
        return flat(config), {**found, **vectors.tensors}, file, vectors
    except LayoutError as error:
        raise LayoutError(f"{file}: {error}") from error


def _made(held: Account, found: Mapping[str, LazyTensor], dtype: torch.dtype | None, device: torch.device) -> nn.Module:
    """The module, each of its parameters taken from the files; a fused one is copied once, others not at all."""
    if dtype is not None and dtype not in FLOATS:
        raise CheckpointError(f"dtype is {dtype}; allowed are {', '.join(map(str, FLOATS))}")
    filled: dict[str, Tensor] = {}
    for place in held.places:
        names = held.names[place.row.path]
        filled[place.row.path] = tensors.our_tensor(place, [_read(name, found[name]) for name in names])
    dtype = dtype or reduce(torch.promote_types, (tensor.dtype for tensor in filled.values()))
    with torch.device(device):
        made = module(held.model).to(dtype).eval()
    made.load_state_dict({name: tensor.to(device, dtype) for name, tensor in filled.items()}, assign=True)
    return made


def _read(name: str, tensor: LazyTensor) -> Tensor:
    try:
        numbers = tensor.read()
    except Exception as error:  # safetensors and the system raise many kinds
        raise CheckpointError(f"{tensor.file}: damaged ({error})") from error
    if numbers.dtype not in FLOATS:
        kind = str(numbers.dtype).removeprefix("torch.")
        raise CheckpointError(f"{tensor.file}: '{name}' is of {kind}; weights are floating point, of 16 bits at least")
    return numbers


def _image_notes(path: Path) -> tuple[str, ...]:
    """What is to be known of how a directory's files prepare images."""
    from clados.checkpoints.metadata import images_of
    from clados.data.errors import DataError

    try:
        return images_of(path)[1]
    except DataError as error:
        return (f"images cannot be prepared: {error}",)


def _copied(path: Path) -> tuple[Mapping[str, bytes], FlatConfig]:
    """What of a directory is written again with its model: how images are prepared, how it was trained."""
    from clados.checkpoints.metadata import image_files, training_record

    return (image_files(path), training_record(path)) if path.is_dir() else ({}, {})


def _tokenizer_of(path: Path) -> "Tokenizer | None":
    """The tokenizer of a directory, or in a file; None where there is none."""
    from clados.data.vocabularies import TOKENIZER_SIGNS, load_tokenizer

    if path.is_dir():
        return load_tokenizer(path) if any((path / name).exists() for name in TOKENIZER_SIGNS) else None
    return gguf.tokenizer_of(path) if path.suffix == gguf.SUFFIX else None


def _give_tokenizer(made: nn.Module, path: Path, *, lower_case: bool = False) -> tuple[str, ...]:
    """Set the module's tokenizer, and what keeps it from having one; what is to be known of it."""
    made.tokenizer = made.tokenizer_error = None  # type: ignore[assignment]
    from clados.data.errors import DataError

    try:
        tokenizer = _tokenizer_of(path)
        if tokenizer is None:
            return ()
        tokenizer = tokenizer.lower_cased() if lower_case else tokenizer
    except DataError as error:
        made.tokenizer_error = error  # type: ignore[assignment]
        return (f"no tokenizer: {error}",)
    made.tokenizer = tokenizer  # type: ignore[assignment]
    spec: Any = made.spec
    try:
        size = spec.vocab.size
    except SpecError:
        return tokenizer.notes
    outside = tokenizer.within(size).items()
    lost = (
        f"the tokenizer's {role} is token {number}; the model has {size}: it is not used" for role, number in outside
    )
    return (*tokenizer.notes, *lost)
