"""ERNIE beside what its authors' own code gave (``golden/ernie``), at positions that are not padding."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from clados import nn, spec as s
from clados.models.declared import declared
from clados.proofs.parity import TOLERANCE, distance
from tests.proofs.golden.ernie.make import LENGTH, PLAIN, SIZE, WORDS, drawn

GOLDEN = Path(__file__).parent / "golden" / "ernie"


@pytest.fixture(scope="module")
def kept() -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """What was read and what came out."""
    read, outputs = (load_file(GOLDEN / f"{name}.safetensors") for name in ("inputs", "outputs"))
    return read, outputs


@pytest.fixture(scope="module")
def model() -> Any:
    """Ours, with the same weights."""
    roles = dict.fromkeys(("pad", "unk", "cls", "sep", "mask"), 0)
    inputs = s.but(vocab=s.but(size=WORDS, **roles), position=s.but(length=LENGTH))
    made = nn.module(declared("ernie").model.but(size=s.Size(**SIZE), plain=PLAIN, inputs=inputs)).eval()
    with torch.no_grad():
        for name, weight in made.named_parameters():
            weight.copy_(drawn(name, tuple(weight.shape)))
    return made


def test_the_files_are_those_that_were_written() -> None:
    for line in (GOLDEN / "sums.txt").read_text().splitlines():
        wanted, name = line.split()
        assert sha256((GOLDEN / name).read_bytes()).hexdigest() == wanted, name


@torch.no_grad()
@pytest.mark.parametrize("output", ["logits", "seq_relationship_logits", "entity_logits", "pooler_output"])
def test_outputs_are_those_of_the_authors_code(model: Any, kept: Any, output: str) -> None:
    read, wanted = kept
    found, told = model(**read)[output], wanted[output]
    if found.dim() == 3:
        there = read["attention_mask"].bool()
        found, told = found[there], told[there]
    assert distance(found, told) <= TOLERANCE


def test_gradients_are_those_of_the_authors_code(model: Any, kept: Any) -> None:
    read, wanted = kept
    entities = read["entity_embeds"].clone().requires_grad_()
    outputs = model(**{**read, "entity_embeds": entities})
    there = read["attention_mask"][..., None]
    ((outputs.logits * there).square().mean() + (outputs.entity_logits * there).square().mean()).backward()
    assert distance(entities.grad, wanted["gradient of entity_embeds"]) <= TOLERANCE
    assert distance(model.inputs.tokens.weight.grad, wanted["gradient of inputs.tokens.weight"]) <= TOLERANCE
