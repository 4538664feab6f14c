"""What ours is compared with: other people's models built from our files, and oracles written from the papers."""

import contextlib
import json
import os
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from clados import nn as cn, spec as s
from clados.checkpoints import LayoutError
from clados.checkpoints.formats.directory import SAFE, stored
from clados.checkpoints.formats.sentence_transformers import read_modules
from clados.checkpoints.mapping import tensors
from clados.checkpoints.mapping.account import account
from clados.checkpoints.mapping.config import from_config, to_config
from clados.checkpoints.mapping.detect import LayoutMatch, slots
from clados.checkpoints.mapping.dialects import flat, nested
from clados.checkpoints.mapping.names import places
from clados.proofs.cases import ModelInputs, example_inputs, unpadded
from clados.proofs.injected import inject
from clados.proofs.oracles import Oracle

NAMES = {"prediction_logits": "logits", "seq_relationship_logits": "sop_logits"}  # theirs: ours
SPREAD = 0.2  # deviation of random weights

os.environ.setdefault("HF_HUB_OFFLINE", "1")


@dataclass(frozen=True)
class Results:
    """A model's outputs at positions that are not padding, and the gradients of a weighted sum of them all."""

    outputs: dict[str, Tensor]
    gradients: dict[str, Tensor]  # of parameters by our names
    input_gradients: dict[str, Tensor]  # of continuous inputs


class Reference(ABC):
    """A model of somebody else's with random weights.

    Attributes:
        name: what it is.
        card: the card of the model that it is compared with.
        model: the declared model that it should equal, port and all.
    """

    name: str
    card: str
    model: s.Model
    port: s.Change

    @cached_property
    def inputs(self) -> ModelInputs:
        """Inputs for both models."""
        return example_inputs(self.model)

    @cached_property
    @abstractmethod
    def results(self) -> Results:
        """Its outputs for ``inputs``, and gradients."""

    @abstractmethod
    def filled(self, model: s.Model) -> nn.Module:
        """Our module of a model, with this one's weights.

        Raises:
            SpecError, CheckpointError: when they do not fit.
        """


def loss_of(outputs: Mapping[str, Tensor], read: ModelInputs) -> Tensor:
    """A sum over all outputs, each number times a fixed random one."""
    draw = torch.Generator().manual_seed(7)
    kept = [unpadded(read, outputs[name]) for name in sorted(outputs)]
    return torch.stack([(each * torch.randn(each.shape, generator=draw)).sum() for each in kept]).sum()


def with_gradients(read: ModelInputs, dtype: torch.dtype = torch.float32) -> ModelInputs:
    """The same, with gradients of what is continuous."""
    return {k: v.detach().clone().to(dtype).requires_grad_() if v.is_floating_point() else v for k, v in read.items()}


def input_gradients(read: ModelInputs) -> ModelInputs:
    """The gradients of inputs that were watched by ``with_gradients``."""
    return {name: each.grad for name, each in read.items() if each.grad is not None}


def spread(model: s.Model) -> float:
    """The deviation of a model's random weights: half where scores are not scaled.

    Otherwise softmax would nearly pick a single key there, and turn rounding into differences that no one made.
    """
    unscaled = any(isinstance(each, s.Attention) and each.scale == 1.0 for each in s.parts(model))
    return SPREAD / 2 if unscaled else SPREAD


def randomise(weights: Mapping[str, Tensor], spread: float = SPREAD) -> None:
    """Weights of one deviation everywhere, gains (about 1) and biases too, in a fixed order."""
    draw = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for name, weight in weights.items():
            gain = weight.dim() == 1 and name.endswith("weight")
            weight.copy_(torch.randn(weight.shape, generator=draw) * spread + gain)


# ---------------------------------------------------------------- models that others wrote


class FileReference(Reference):
    """A model whose weights lie in files of a layout."""

    layout: s.Layout
    folder: Path
    architecture: str

    def filled(self, model: s.Model) -> nn.Module:
        return self._read(self.folder, model)

    def _read(self, folder: Path, model: s.Model) -> nn.Module:
        files = {**stored(folder, allow_pickle=False), **read_modules(folder, allow_pickle=False).tensors}
        match = account(folder, LayoutMatch(self.card, self.layout, self.architecture, model), files)
        if match.report.left_out:
            raise LayoutError(f"the files hold no tensors of {', '.join(match.report.left_out)}")
        made = cn.module(match.model).eval()
        parts = [[files[name].read() for name in match.names[place.row.path]] for place in match.places]
        ours = {place.row.path: tensors.our_tensor(place, each) for place, each in zip(match.places, parts)}
        made.load_state_dict(ours)
        return made


class BuiltReference(FileReference):
    """A model of a layout: built from the config that we write, its random weights on disk, read back by ours."""

    def __init__(self, card: str, layout: s.Layout, model: s.Model, folder: Path) -> None:
        self.card, self.layout, self.folder = card, layout, folder
        self.model, self.port = model, layout.port or s.but()
        self.architecture = architecture_of(layout, model)
        head = {"model_type": layout.model_type, "architectures": [self.architecture], "dtype": "float32"}
        self.config = nested(head | to_config(layout, model), layout.model_type)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.json").write_text(json.dumps(self.config), encoding="utf-8")
        self.module = self.build().eval()
        randomise(self.weights, spread(model))
        self.save(folder)

    @cached_property
    def weights(self) -> dict[str, Tensor]:
        """What can be learned of theirs: parameters that are not frozen, and buffers that we learn."""
        kept: dict[str, Tensor] = {name: each for name, each in self.module.named_parameters() if each.requires_grad}
        learned = {name for place in places(self.layout, self.model) for name in place.names}
        kept |= {name: each.requires_grad_() for name, each in self.module.named_buffers() if name in learned}
        return kept

    @abstractmethod
    def build(self) -> nn.Module:
        """Their model, of ``config``."""

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write their files."""

    @abstractmethod
    def call(self, read: ModelInputs, module: nn.Module | None = None) -> dict[str, Tensor]:
        """Their outputs under our names."""

    @cached_property
    def results(self) -> Results:
        read = with_gradients(self.inputs)
        with torch.enable_grad():
            outputs = self.call(read)
            loss_of(outputs, read).backward()
        kept = {name: unpadded(read, each.detach()) for name, each in outputs.items()}
        return Results(kept, self._gradients(), input_gradients(read))

    def _gradients(self) -> dict[str, Tensor]:
        """Gradients kept as weights are, and read back as ours: their names and shapes need no second table."""
        kept = {name: each.detach().clone() for name, each in self.weights.items()}
        plus = {rule.plus for rule in self.layout.rules.values() if isinstance(rule, s.PlusRow)}
        added = plus | {name.removeprefix(self.layout.prefix) for name in plus}
        with torch.no_grad():
            for name, each in self.weights.items():
                each.copy_(torch.zeros_like(each) if each.grad is None or name in added else each.grad)
            with tempfile.TemporaryDirectory() as folder:
                self.save(Path(folder))
                ours = dict(self._read(Path(folder), self.model).named_parameters())
            for name, each in self.weights.items():
                each.copy_(kept[name])
        return {name: each.detach() for name, each in ours.items()}


class Transformers(BuiltReference):
    """A class of transformers."""

    @property
    def name(self) -> str:  # type: ignore[override]
        return f"transformers {_version()} {self.architecture}"

    @property
    def kind(self) -> Any:
        """Their class."""
        return getattr(_transformers(), self.architecture)

    def build(self) -> nn.Module:
        config = self.kind.config_class.from_pretrained(self.folder)
        made: Any = self.kind._from_config(config, attn_implementation="eager")
        if any(isinstance(head, s.Untied) for head in self.model.own_heads):
            head = made.get_output_embeddings()
            head.weight = nn.Parameter(head.weight.detach().clone())  # 5.x ties what the config says is untied (T5)
        inject(made, self.model)
        theirs: nn.Module = made
        return theirs

    def save(self, folder: Path) -> None:
        theirs: Any = self.module
        with _quiet():
            theirs.save_pretrained(folder)
        (folder / "config.json").write_text(json.dumps(self.config), encoding="utf-8")

    def loaded(self, folder: Path) -> nn.Module:
        """Their model from files that we wrote."""
        with _quiet():
            theirs: nn.Module = self.kind.from_pretrained(folder, attn_implementation="eager").eval()
        inject(theirs, self.model)
        return theirs

    def call(self, read: ModelInputs, module: nn.Module | None = None) -> dict[str, Tensor]:
        out = (module or self.module)(**read, return_dict=True)
        ours = _outputs(self.model)
        named = {name if name in ours else NAMES.get(name, name): each for name, each in out.items()}
        return {name: each for name, each in named.items() if name in ours}


class MemoryReference(Transformers):
    """A class of theirs that keeps its memory as a list of layers, [memory, batch, d_model] each."""

    def call(self, read: ModelInputs, module: nn.Module | None = None) -> dict[str, Tensor]:
        mems = list(read["mems"].permute(1, 2, 0, 3))
        out = (module or self.module)(**{**read, "mems": mems}, use_mems=True, return_dict=True)
        return {"logits": out.logits, "mems": torch.stack(list(out.mems)).permute(2, 0, 1, 3)}


class Golden(FileReference):
    """What somebody else's code once wrote into ``golden/<card>``: a small model's files, what it read and gave.

    ``make.py`` there says which code, and writes: config.json, model.safetensors, inputs.safetensors (one call),
    outputs.safetensors, gradients/model.safetensors (of the weighted sum of the outputs, as ``loss_of`` has it) and
    gradients/inputs.safetensors.
    """

    def __init__(self, card: str, layout: s.Layout, model: s.Model, folder: Path) -> None:
        self.card, self.layout = card, layout
        self.folder = Path(__file__).parent / "golden" / card.replace("-", "_").replace(".", "_")
        self.architecture = architecture_of(layout, model)
        config = json.loads((self.folder / "config.json").read_text(encoding="utf-8"))
        self.model = from_config(layout, model, flat(config))
        odd = (s.at(path, new) for path, _, new in s.part_differences(model, self.model))
        self.port = s.merged(layout.port or s.but(), *odd)
        self.name = f"transformers {config['transformers_version']} {self.architecture}, kept"

    @cached_property
    def inputs(self) -> ModelInputs:
        kept: ModelInputs = load_file(self.folder / "inputs.safetensors")
        return kept

    @cached_property
    def results(self) -> Results:
        kept = load_file(self.folder / "outputs.safetensors")
        outputs = {name: unpadded(self.inputs, each) for name, each in kept.items()}
        learned = self._read(self.folder / "gradients", self.model).named_parameters()
        gradients = {name: each.detach() for name, each in learned}
        return Results(outputs, gradients, load_file(self.folder / "gradients" / "inputs.safetensors"))


class TorchTransformer(BuiltReference):
    """torch.nn.Transformer between a table of tokens and its transpose."""

    @property
    def name(self) -> str:  # type: ignore[override]
        return f"torch {torch.__version__.partition('+')[0]} nn.Transformer"

    def build(self) -> nn.Module:
        from clados.proofs.torch_transformer import Translator

        return Translator(self.config)

    def save(self, folder: Path) -> None:
        save_file({k: v.contiguous() for k, v in self.module.state_dict().items()}, folder / SAFE)
        (folder / "config.json").write_text(json.dumps(self.config), encoding="utf-8")

    def loaded(self, folder: Path) -> nn.Module:
        """Their model from files that we wrote."""
        made = self.build().eval()
        made.load_state_dict(load_file(folder / SAFE))
        return made

    def call(self, read: ModelInputs, module: nn.Module | None = None) -> dict[str, Tensor]:
        return {"logits": (module or self.module)(**read)}


def architecture_of(layout: s.Layout, model: s.Model) -> str:
    """Their class that holds the model's heads, the first where none says so."""
    fitting = (name for name, heads in layout.architectures.items() if set(heads) == set(slots(model)))
    return next(fitting, next(iter(layout.architectures)))


def _outputs(model: s.Model) -> set[str]:
    """Our names of what is compared."""
    heads = {head.output for head in model.own_heads}
    return heads or {"logits_per_image", "logits_per_text", "image_embeds", "text_embeds"}


def _transformers() -> Any:
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    return transformers


def _version() -> str:
    return str(_transformers().__version__)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


# ---------------------------------------------------------------- oracles


class OracleReference(Reference):
    """An oracle in plain loops, float64, with weights under our names."""

    def __init__(self, card: str, oracle: Oracle, model: s.Model) -> None:
        self.card, self.oracle, self.model, self.port = card, oracle, model, s.but()
        self.name = f"loops from {oracle.source}"
        module = cn.module(model).eval()
        randomise(dict(module.named_parameters()), spread(model))
        self.weights = {name: each.detach().double() for name, each in module.named_parameters()}

    @cached_property
    def numbers(self) -> Mapping[str, Any]:
        """What the oracle is given of the model."""
        return self.oracle.numbers(self.model)

    def call(self, read: ModelInputs, weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Its outputs."""
        arrays, inputs = ({name: each.detach().numpy() for name, each in held.items()} for held in (weights, read))
        out = self.oracle.run(self.numbers, arrays, inputs)
        return {name: torch.from_numpy(each) for name, each in out.items()}

    @cached_property
    def results(self) -> Results:
        outputs = self.call(self.inputs, self.weights)
        kept = {name: unpadded(self.inputs, each) for name, each in outputs.items()}
        return Results(kept, {}, {})

    @cached_property
    def brief(self) -> ModelInputs:
        """The shortest example alone."""
        return {name: each[-1:] for name, each in self.inputs.items()}

    def slope(self, path: str, direction: Tensor, names: Iterable[str], step: float = 1e-7) -> float:
        """The derivative of the loss of ``brief`` along a direction of one tensor, by central differences.

        Args:
            names: the outputs that are learned from.
        """
        ends = []
        for sign in (1, -1):
            moved = {**self.weights, path: self.weights[path] + sign * step * direction}
            outputs = self.call(self.brief, moved)
            ends.append(float(loss_of({name: outputs[name] for name in names}, self.brief)))
        return (ends[0] - ends[1]) / (2 * step)

    def filled(self, model: s.Model) -> nn.Module:
        made = cn.module(model).eval()
        own = dict(made.named_parameters())
        if odd := sorted(own.keys() ^ self.weights.keys()):
            raise LayoutError(f"'{odd[0]}' is in one of the two models only")
        if odd := [name for name in own if own[name].shape != self.weights[name].shape]:
            raise LayoutError(f"'{odd[0]}' has another shape")
        made.load_state_dict({name: each.float() for name, each in self.weights.items()})
        return made
