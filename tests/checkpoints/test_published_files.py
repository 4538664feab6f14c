"""The best-known published checkpoints, made tiny: their words of config.json and names of tensors, quirks and all.

``published_files.json`` holds for each: ``source``, what is from a source and what from memory; ``config``, its words
(or where they stand in published.json), and ``changes``, the sizes that make it tiny; ``tensors``, its names, ``*``
each layer and braces alternatives; ``older``, how those names are spelt today; ``copies``, second names of tensors;
``extra``, tensors that the class of today has not, with their shapes; ``reference``, the class to compare with, where
that is not the one that the config names, and ``words``, what it must be told besides; ``unused``, how many tensors the
report names as not used; ``notes``, what else it says. Right: the outputs of transformers 5.23.0 with the same numbers.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from torch import Tensor

from clados.checkpoints import from_pretrained
from clados.checkpoints.mapping.detect import is_directory
from clados.checkpoints.mapping.names import expanded
from clados.models.declared import declared, package_models
from tests.checkpoints.reference_models import outputs, read_by

HERE = Path(__file__).parent
CONFIGS, FILES = (
    json.loads((HERE / name).read_text(encoding="utf-8")) for name in ("published.json", "published_files.json")
)
LAYERS = 2
TOLERANCE = 2e-5  # of the largest number


def config_of(entry: dict[str, Any]) -> dict[str, Any]:
    """The published words with the sizes that make them tiny; dotted keys lie inside."""
    words = json.loads(json.dumps(CONFIGS[entry["config"]] if isinstance(entry["config"], str) else entry["config"]))
    for key, value in entry["changes"].items():
        outer, _, last = key.rpartition(".")
        (words[outer] if outer else words)[last] = value
    return {key: value for key, value in words.items() if not isinstance(value, str) or value}


def reference(entry: dict[str, Any], config: dict[str, Any]) -> Any:
    """A class of today of that config, with random numbers."""
    kind = getattr(transformers, entry.get("reference") or config["architectures"][0])
    told = {key: value for key, value in config.items() if key not in ("torch_dtype", "transformers_version")}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made = kind(kind.config_class(**told | entry.get("words", {}))).eval()
        if entry.get("own_head"):  # 5.x ties T5's whatever its config says
            made.lm_head.weight = torch.nn.Parameter(torch.randn_like(made.lm_head.weight))
            made.config.tie_word_embeddings = made.config.scale_decoder_outputs = False
        for name, each in made.named_parameters():
            each.data += 0.1 * each.requires_grad * torch.randn_like(each) * ("position" not in name)
    return made


def layered(name: str) -> list[str]:
    """A name of the data as names of tensors."""
    return [each.replace("*", str(layer)) for each in expanded(name) for layer in range(LAYERS if "*" in each else 1)]


def write(path: Path, entry: dict[str, Any], config: dict[str, Any], made: Any) -> None:
    """The published files, their numbers those of a class of today."""
    made.save_pretrained(path)
    today = load_file(path / "model.safetensors")
    shapes = {name: shape for pattern, shape in entry.get("extra", {}).items() for name in layered(pattern)}
    kept: dict[str, Tensor] = {}
    left = set(today)
    for name in (each for pattern in entry["tensors"] for each in layered(pattern)):
        spelt = name
        for pattern, replacement in entry.get("older", []):
            spelt = re.sub(pattern, replacement, spelt)
        if spelt in today:
            kept[name] = today[spelt]
            left.discard(spelt)
        else:
            kept[name] = torch.ones(shapes[name])
    kept |= {name: kept[of].clone() for name, of in entry.get("copies", {}).items()}
    unneeded = {"final_logits_bias", *(name for name in left if "embed_positions" in name)}
    assert not left - unneeded - {"encoder.wpe.weight"}, "tensors of the class that the published names lack"
    save_file(kept, path / "model.safetensors")
    (path / "config.json").write_text(json.dumps(config))


@pytest.mark.parametrize("name", FILES)
def test_published_files_give_the_outputs_of_their_class(name: str, tmp_path: Path) -> None:
    entry = FILES[name]
    config = config_of(entry)
    theirs = reference(entry, config)
    write(tmp_path, entry, config, theirs)
    ours: Any = from_pretrained(tmp_path)
    assert ours.report.verdict.startswith("whole")
    assert len(ours.report.unused) == entry.get("unused", 0)
    notes = [note for note in ours.report.notes if not note.startswith("not used")]
    expected_notes = entry.get("notes", [])
    assert len(notes) == len(expected_notes), notes
    assert all(any(part in note for note in notes) for part in expected_notes), notes
    own, right = (
        outputs(made, {key: each % 57 if "ids" in key else each for key, each in read.items()})
        for made, read in zip((ours, theirs), read_by(ours.spec, type(theirs).__name__))
    )
    shared = own.keys() & right.keys()
    assert shared - {"last_hidden_state"} or not ours.spec.heads
    for key in shared:
        assert (own[key] - right[key]).abs().max() <= TOLERANCE * right[key].abs().max(), key


def test_every_kind_of_file_that_is_read_has_a_published_one_here() -> None:
    kinds = {config_of(entry)["model_type"] for entry in FILES.values()}
    read = {layout.model_type for card in package_models() for layout in declared(card).layouts if is_directory(layout)}
    elsewhere = {
        "transfo-xl": "golden files of its class, which transformers no longer has",
        "trajectory_transformer": "golden files of its class, which transformers no longer has",
        "bigbird_pegasus": "test_blocks_and_distances.py",
        "xlm-roberta-xl": "its names are RoBERTa's; test_round_trip.py",
        "stable-diffusion": "test_diffusers.py",
        "swin": "test_swin.py; the names of its stages have two numbers",
        "glide": "golden files of the authors' code, whose checkpoints are tensors alone",
        "openai-dvae": "golden files of the authors' package",
        "openfold": "golden files of the authors' code",
        "timm-swin": "golden files of timm",
        "timm-gcvit": "golden files of timm",
        "open_clip": "golden files of open_clip",
    }
    assert read - kinds == set(elsewhere)
