"""Directories of sentence-transformers: the modules that make a text's vector, and how texts are prepared for them.

Read is what its versions 2 to 6 write (compared with 2.7.0, 4.1.0, 5.7.0 and 6.2.0); where they differ, the newest
decides.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from torch import Tensor

from clados.checkpoints.errors import CheckpointError
from clados.checkpoints.formats.directory import SAFE, stored
from clados.checkpoints.mapping.lazy import LazyTensor
from clados.checkpoints.mapping.modules import FOLDERS, module_folder
from clados.files import LARGEST_INT, JsonObject, read_json
from clados.spec.heads.embedding import Dense, Embedding, Pool, Step, UnitLength, VectorNorm

LIST, CONFIG, SETTINGS = "modules.json", "config.json", "config_sentence_transformers.json"
LENGTHS = "sentence_bert_config.json"
OLDER_NAMES = ("roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet")  # in place of bert in that name
READ = ("Transformer", "CLIPModel", "Pooling", *FOLDERS.values(), "Dropout")
MODES: dict[str, Pool] = {  # older keys, in the order in which their vectors stand side by side
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
TORCH_ACTIVATIONS = {  # of torch.nn: ours
    "modules.linear.Identity": None,
    "modules.activation.Tanh": "tanh",
    "modules.activation.GELU": "gelu",
    "modules.activation.ReLU": "relu",
    "modules.activation.SiLU": "silu",
}
WIDEST_VECTOR = 2**31  # numbers of a vector: more are damage
SIMILARITIES = ("cosine", "dot", "euclidean", "manhattan")


@dataclass(frozen=True)
class EmbeddingSettings:
    """How texts are prepared before a model makes vectors of them, and how vectors are compared.

    Attributes:
        prompts: what may be put before a text, by name.
        default_prompt: the name of the prompt where none is asked for; None for no prompt.
        include_prompt: whether the states of the prompt are pooled too.
        max_length: tokens to which texts are cut, special tokens included; None for all that the model can read.
        similarity: cosine, dot, euclidean or manhattan; the last two are distances below zero.
        dimensions: how many numbers of a vector are kept, the first; None for all.
    """

    prompts: Mapping[str, str] = field(default_factory=dict)
    default_prompt: str | None = None
    include_prompt: bool = True
    max_length: int | None = None
    similarity: str = "cosine"
    dimensions: int | None = None


@dataclass(frozen=True)
class Modules:
    """What a directory says of texts' vectors; of other directories, nothing.

    Attributes:
        home: the folder with the model's own files.
        head: what makes the vector of the model's states; None where no list of modules says.
        tensors: those of the head, under the names that ``place`` gives.
        lower_case: whether texts are put into lower case.
        notes: for the load report.
    """

    home: Path
    head: Embedding | None = None
    tensors: Mapping[str, LazyTensor] = field(default_factory=dict)
    settings: EmbeddingSettings = field(default_factory=EmbeddingSettings)
    lower_case: bool = False
    notes: tuple[str, ...] = ()


# ---------------------------------------------------------------- reading


def read_modules(directory: Path, *, allow_pickle: bool) -> Modules:
    """The modules and settings of a directory.

    Raises:
        CheckpointError: a file is damaged or a pickle, a module is of a kind that Clados does not compute, or the
            list names what is no folder beside it.
    """
    reader = _Reader(directory, allow_pickle)
    modules = list(reader.listed())
    home = modules[0][1] if modules else directory
    head = reader.head(modules[1:]) if modules else None
    longest, lower = reader.lengths(home)
    settings = reader.settings(longest)
    return Modules(home, head, reader.tensors, settings, lower, tuple(reader.notes))


def is_own(directory: Path) -> bool:
    """Whether the model of a directory is an embedder that Clados wrote, with its list of modules."""
    return f"{Embedding.__name__}(" in _written_here(directory)


def _written_here(directory: Path) -> str:
    """The declaration of a directory's model as Clados wrote it; empty where another program has written the config.

    transformers keeps the keys of others, and adds its version.
    """
    try:
        content = read_json(directory / CONFIG, CheckpointError)
    except CheckpointError:
        return ""
    ours = content.get("clados") if isinstance(content, dict) and "transformers_version" not in content else None
    return str(ours.get("model")) if isinstance(ours, dict) else ""


class _Reader:
    """Reads the files of a directory, and gathers what is to be known of them."""

    def __init__(self, directory: Path, allow_pickle: bool) -> None:
        self.directory, self.allow_pickle = directory, allow_pickle
        self.tensors: dict[str, LazyTensor] = {}
        self.notes: list[str] = []
        self.include_prompt = True

    def listed(self) -> Iterator[tuple[str, Path]]:
        """Kind and folder of each module, in order: those of the list, or a pooling that lies there without one."""
        file = self.directory / LIST
        if _written_here(self.directory) and not is_own(self.directory):
            if file.exists():
                self.notes.append(f"{file.name}: not used: Clados saved a model here that makes no vector of a text")
            return
        if not file.exists():
            if (self.directory / "1_Pooling" / CONFIG).exists():
                yield from (("Transformer", self.directory), ("Pooling", self.directory / "1_Pooling"))
            return
        rows = read_json(file, CheckpointError)
        if not isinstance(rows, list) or not rows:
            raise CheckpointError(f"{file}: it holds no list of modules")
        for i, row in enumerate(rows):
            entry = JsonObject(file, row, CheckpointError, inside=f"[{i}]")
            entry.ignore("idx", "name", "kwargs")
            name, kind = entry.take("path", str, ""), entry.take("type", str, "")
            if name and (Path(name).name != name or name == ".."):
                raise CheckpointError(f"{file}: '{name}' is not the name of a folder beside it")
            short = kind.rpartition(".")[2]
            if not kind.startswith("sentence_transformers.") or short not in READ:
                raise CheckpointError(f"{file}: module {i} is of type '{kind}'; allowed: {', '.join(READ)}")
            if (i == 0) != (short in READ[:2]) or (i == 1) != (short == "Pooling"):
                raise CheckpointError(f"{file}: module {i} is {short}; a Transformer comes first, and Pooling next")
            self.notes += entry.notes
            yield short, self.directory / name

    def _opened(self, file: Path) -> JsonObject:
        return JsonObject.read(file, CheckpointError) if file.exists() else JsonObject(file, {}, CheckpointError)

    def _close(self, content: JsonObject) -> None:
        where = content.file.parent
        before = "" if where == self.directory else f"{where.name}/"
        self.notes += [f"{before}{note}" for note in content.notes]

    def head(self, modules: Iterable[tuple[str, Path]]) -> Embedding | None:
        """The head that the modules after the transformer are; None for none."""
        pool: tuple[Pool, ...] = ()
        steps: list[Step] = []
        for kind, folder in modules:
            config = self._opened(folder / CONFIG)
            if kind == "Pooling":
                pool = self._pooling(config)
            elif kind == "Dropout":
                config.ignore("dropout")
                self.notes.append(f"{folder.name}: dropout changes nothing here, and is left out")
            else:
                steps.append(self._step(kind, folder, config, len(steps)))
            self._close(config)
        if not pool:
            return None
        return Embedding(pool=pool[0] if len(pool) == 1 else pool, steps=tuple(steps))

    def _pooling(self, config: JsonObject) -> tuple[Pool, ...]:
        config.ignore("word_embedding_dimension", "embedding_dimension")  # the model's own
        self.include_prompt = config.take("include_prompt", bool, default=True)
        flags = {mode: config.take(key, bool, None) for key, mode in MODES.items()}
        said = config.take("pooling_mode", str | list, None)
        if said is None:
            pools = tuple(mode for mode, flag in flags.items() if flag)
            if pools and flags["mean"] is None:
                self.notes.append(
                    f"{config.file.parent.name}: it says nothing of the mean, which is left out; "
                    "older versions of sentence-transformers add it"
                )
            return pools or ("mean",)
        named: dict[str, Pool] = {mode: mode for mode in get_args(Pool)}
        modes = [said.lower()] if isinstance(said, str) else said
        pools = tuple(named[mode] for mode in modes if isinstance(mode, str) and mode in named)
        if not pools or (isinstance(said, list) and len(pools) < len(said)):
            raise config.refuse("pooling_mode", f"allowed: {', '.join(get_args(Pool))}, or a list of them")
        return pools

    def _step(self, kind: str, folder: Path, config: JsonObject, number: int) -> Step:
        for key in ("module_input_name", "module_output_name"):
            if config.take(key, str, "sentence_embedding") != "sentence_embedding":
                raise config.refuse(key, "needed is 'sentence_embedding'")
        if kind == "Normalize":
            return UnitLength()
        step = _dense(config) if kind == "Dense" else VectorNorm()
        if kind == "LayerNorm":
            config.ignore("dimension")  # the vector's own
        held = stored(folder, allow_pickle=self.allow_pickle)
        self.tensors |= {f"{module_folder(number, step)}.{name}": each for name, each in held.items()}
        return step

    def lengths(self, home: Path) -> tuple[int | None, bool]:
        """Tokens to which texts are cut, and whether they are put into lower case: as said beside the model."""
        names = [LENGTHS, *(LENGTHS.replace("bert", name) for name in OLDER_NAMES)]
        config = self._opened(next((home / name for name in names if (home / name).exists()), home / LENGTHS))
        for key, only in (("transformer_task", "feature-extraction"), ("module_output_name", "token_embeddings")):
            if config.take(key, str, only) != only:
                raise config.refuse(key, f"only '{only}' gives a text's vector here")
        text = config.inside("modality_config").inside("text")
        for key, only in (("method", "forward"), ("method_output_name", "last_hidden_state")):
            if text.take(key, str, only) != only:
                raise text.refuse(key, f"only '{only}' gives a text's vector here")
        config.ignore("unpad_inputs")
        longest, lower = config.take("max_seq_length", int, None), config.take("do_lower_case", bool, default=False)
        if longest is not None and longest < 1:
            raise config.refuse("max_seq_length", "needed is at least 1")
        self._close(config)
        return longest or _longest(home), lower

    def settings(self, longest: int | None) -> EmbeddingSettings:
        """Prompts and similarity, from the file at the top of the directory."""
        config = self._opened(self.directory / SETTINGS)
        if config.take("model_type", str, "SentenceTransformer") != "SentenceTransformer":
            raise config.refuse("model_type", "only 'SentenceTransformer' is read")
        config.ignore("__version__", "requirements")
        named = config.inside("prompts")
        prompts = {key: named.take(key, str, "") for key in dict.fromkeys(named.keys())}
        default = config.take("default_prompt_name", str, None)
        if default is not None and default not in prompts:
            raise config.refuse("default_prompt_name", f"the prompts are {', '.join(prompts) or 'none'}")
        similarity = config.take("similarity_fn_name", str, "cosine")
        if similarity not in SIMILARITIES:
            raise config.refuse("similarity_fn_name", f"allowed: {', '.join(SIMILARITIES)}")
        dimensions = config.take("truncate_dim", int, None)
        if dimensions is not None and dimensions < 1:
            raise config.refuse("truncate_dim", "needed is at least 1")
        self._close(config)
        return EmbeddingSettings(prompts, default, self.include_prompt, longest, similarity, dimensions)


def _dense(config: JsonObject) -> Dense:
    config.ignore("in_features")  # the tensors say it
    width = config.take("out_features", int, None)
    if width is None or not 1 <= width < WIDEST_VECTOR:
        raise config.refuse("out_features", "needed is at least 1, and less than 2**31")
    known = {f"torch.nn.{name}": act for name, act in TORCH_ACTIVATIONS.items()}
    said = config.take("activation_function", str, "torch.nn.modules.activation.Tanh")
    if said not in known:
        raise config.refuse("activation_function", f"allowed: {', '.join(known)}")
    return Dense(
        width,
        bias=config.take("bias", bool, default=True),
        act=known[said],  # type: ignore[arg-type]
        residual=config.take("use_residual", bool, default=False),
    )


def _longest(home: Path) -> int | None:
    """The fewer of the tokens that the tokenizer's and the model's config allow; None where neither says."""
    said = []
    for file, key in ((home / "tokenizer_config.json", "model_max_length"), (home / CONFIG, "max_position_embeddings")):
        content = read_json(file, CheckpointError) if file.exists() else {}
        value = content.get(key) if isinstance(content, dict) else None
        # a number beyond all bounds, in the one, and -1, in the other, mean none
        if isinstance(value, int | float) and not isinstance(value, bool) and 1 <= value <= LARGEST_INT:
            said.append(int(value))
    return min(said, default=None)


# ---------------------------------------------------------------- writing


def files(head: Embedding, d_model: int, settings: EmbeddingSettings) -> dict[str, Any]:
    """The JSON files that belong to a head, by their paths."""
    kinds = {"": "Transformer", "1_Pooling": "Pooling"}
    written: dict[str, Any] = {"1_Pooling/config.json": _written_pooling(head, d_model, settings)}
    wide = d_model * len(head.pools)
    for number, step in enumerate(head.steps):
        folder = module_folder(number, step)
        kinds[folder] = FOLDERS[type(step)]
        written[f"{folder}/{CONFIG}"] = _written(step, wide)
        wide = step.width(wide)
    home = "sentence_transformers.models."
    rows = [
        {"idx": i, "name": str(i), "path": path, "type": home + kind} for i, (path, kind) in enumerate(kinds.items())
    ]
    said: dict[str, Any] = {"model_type": "SentenceTransformer", "prompts": dict(settings.prompts)}
    said |= {"default_prompt_name": settings.default_prompt, "similarity_fn_name": settings.similarity}
    said |= {"truncate_dim": settings.dimensions} if settings.dimensions else {}
    return {
        **written,
        LIST: rows,
        LENGTHS: {"max_seq_length": settings.max_length, "do_lower_case": False},  # the tokenizer does it
        SETTINGS: said,
    }


def _written_pooling(head: Embedding, d_model: int, settings: EmbeddingSettings) -> dict[str, Any]:
    """In the keys that every version reads, where these have the order."""
    config: dict[str, Any] = {"word_embedding_dimension": d_model, "include_prompt": settings.include_prompt}
    if list(head.pools) != [mode for mode in MODES.values() if mode in head.pools]:
        return {"embedding_dimension": d_model, "pooling_mode": list(head.pools), **config}
    return config | {key: mode in head.pools for key, mode in MODES.items()}


def _written(step: Step, wide: int) -> dict[str, Any]:
    if isinstance(step, VectorNorm):
        return {"dimension": wide}
    if not isinstance(step, Dense):
        return {}
    names = {act: f"torch.nn.{name}" for name, act in TORCH_ACTIVATIONS.items()}
    config = {"in_features": wide, "out_features": step.to, "bias": step.bias, "activation_function": names[step.act]}
    return config | ({"use_residual": True} if step.residual else {})


def write_tensors(fresh: Path, held: Mapping[str, Tensor], save: Callable[[dict[str, Tensor], Path], None]) -> None:
    """The tensors of the head, each in its folder."""
    for folder in sorted({name.partition(".")[0] for name in held}):
        inside = {name.partition(".")[2]: each for name, each in held.items() if name.partition(".")[0] == folder}
        (fresh / folder).mkdir(exist_ok=True)
        save(inside, fresh / folder / SAFE)
