"""GLM beside what its authors' own code gave (``golden/glm``)."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from clados import nn, spec as s
from clados.models.declared import declared
from clados.proofs.parity import TOLERANCE, distance
from tests.proofs.golden.glm.make import LENGTH, SIZE, WORDS, drawn

GOLDEN = Path(__file__).parent / "golden" / "glm"


@pytest.fixture(scope="module")
def model() -> Any:
    """Ours, with the same weights."""
    given = declared("glm").model
    roles = {role: 0 for role, value in s.part_fields(given.vocab).items() if role not in ("kind", "size") and value}
    inputs = s.but(vocab=s.but(size=WORDS, **roles), position=s.but(length=LENGTH + 1))
    made = nn.module(given.but(size=s.Size(**SIZE), inputs=inputs)).eval()
    with torch.no_grad():
        for name, weight in made.named_parameters():
            weight.copy_(drawn(name, tuple(weight.shape)))
    return made


def test_the_files_are_those_that_were_written() -> None:
    for line in (GOLDEN / "sums.txt").read_text().splitlines():
        wanted, name = line.split()
        assert sha256((GOLDEN / name).read_bytes()).hexdigest() == wanted, name


def test_outputs_and_gradients_are_those_of_the_authors_code(model: Any) -> None:
    read, wanted = (load_file(GOLDEN / f"{name}.safetensors") for name in ("inputs", "outputs"))
    logits = model(**read).logits
    logits.square().mean().backward()
    assert distance(logits, wanted["logits"]) <= TOLERANCE
    gradients = {name.removeprefix("gradient of "): each for name, each in wanted.items() if name != "logits"}
    assert len(gradients) == 2
    for name, gradient in gradients.items():
        assert distance(model.get_parameter(name).grad, gradient) <= TOLERANCE, name
