"""References in files: models that others wrote, filled from our files or ours from theirs."""

import contextlib
import json
import os
import tempfile
from abc import abstractmethod
from collections.abc import Iterator
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
from clados.checkpoints.mapping.lazy import LazyTensor
from clados.checkpoints.mapping.names import places
from clados.proofs.cases import ModelInputs, unpadded
from clados.proofs.injected import inject
from clados.proofs.references import Reference, Results, input_gradients, loss_of, randomise, spread, with_gradients

NAMES = {"prediction_logits": "logits", "seq_relationship_logits": "sop_logits"}  # theirs: ours

os.environ.setdefault("HF_HUB_OFFLINE", "1")


class FileReference(Reference):
    """A model whose weights lie in files of a layout."""

    layout: s.Layout
    folder: Path
    architecture: str

    def filled(self, model: s.Model) -> nn.Module:
        return self._read(self.folder, model)

    def tensors(self, folder: Path) -> dict[str, LazyTensor]:
        """The tensors of a directory of theirs."""
        return {**stored(folder, allow_pickle=False), **read_modules(folder, allow_pickle=False).tensors}

    def _read(self, folder: Path, model: s.Model) -> nn.Module:
        files = self.tensors(folder)
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
    def loaded(self, folder: Path) -> nn.Module:
        """Their model from files that we wrote."""

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
        return getattr(quiet_transformers(), self.architecture)

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
        with quiet():
            theirs.save_pretrained(folder)
        (folder / "config.json").write_text(json.dumps(self.config), encoding="utf-8")

    def loaded(self, folder: Path) -> nn.Module:
        """Their model from files that we wrote."""
        with quiet():
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

    ``scripts/golden_<card>.py`` says which code, and writes: config.json, model.safetensors, inputs.safetensors
    (one call), outputs.safetensors, gradients/model.safetensors (of the weighted sum of the outputs,
    as ``loss_of`` has it) and gradients/inputs.safetensors.
    """

    def __init__(self, card: str, layout: s.Layout, model: s.Model, folder: Path) -> None:
        self.card, self.layout = card, layout
        self.folder = Path(__file__).parent / "golden" / self.kept_in(model)
        self.architecture = architecture_of(layout, model)
        config = json.loads((self.folder / "config.json").read_text(encoding="utf-8"))
        self.model = from_config(layout, model, flat(config))
        odd = (s.at(path, new) for path, _, new in s.part_differences(model, self.model))
        self.port = s.merged(layout.port or s.but(), *odd)
        made_by = config.get("made_by") or f"transformers {config['transformers_version']}"
        self.name = f"{made_by} {self.architecture}, kept"

    def kept_in(self, model: s.Model) -> str:
        """The folder of a structure."""
        return self.card.replace("-", "_").replace(".", "_")

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


class GoldenFold(Golden):
    """What OpenFold computed, with templates and without."""

    def kept_in(self, model: s.Model) -> str:
        named = super().kept_in(model)
        return named if isinstance(model, s.Fold) and model.templates else f"{named}_alone"


class GoldenPyramid(Golden):
    """What timm computed, with factors on the branches and without."""

    def kept_in(self, model: s.Model) -> str:
        scaled = any(isinstance(each, s.WindowBlock) and each.layer_scale is not None for each in s.parts(model))
        return super().kept_in(model) + "_scaled" * scaled


class GoldenDenoiser(Golden):
    """What the authors' code computed of noise; by a model that enlarges, or fills in, too."""

    def kept_in(self, model: s.Model) -> str:
        enlarges, fills = isinstance(model, s.ImageDenoiser) and model.low, getattr(model, "masked", False)
        return super().kept_in(model) + "_enlarging" * bool(enlarges) + "_filling" * fills


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


def quiet_transformers() -> Any:
    """transformers, without its bars and warnings."""
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    return transformers


def _version() -> str:
    return str(quiet_transformers().__version__)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
