"""One model of each kind, compiled to machine code by inductor."""

import shutil

import pytest
import torch

from clados.models.declared import declared
from clados.nn import module
from clados.proofs.cases import example_inputs, structures, unpadded
from clados.proofs.parity import TOLERANCE, distance
from clados.proofs.references import randomise, spread

KINDS = ("bert", "llama", "t5", "clip", "decision-transformer")


@pytest.mark.inductor
@pytest.mark.skipif(shutil.which("g++") is None, reason="inductor needs a C++ compiler")
@pytest.mark.parametrize("name", KINDS)
def test_a_model_of_each_kind_compiles_to_machine_code(name: str) -> None:
    model = next(iter(structures(declared(name)).values()))
    made = module(model).eval()
    randomise(dict(made.named_parameters()), spread(model))
    read = example_inputs(model)
    torch._dynamo.reset()
    with torch.no_grad():
        compiled, eager = torch.compile(made, backend="inductor", fullgraph=True)(**read), made(**read)
    for output, wanted in eager.items():
        assert distance(unpadded(read, compiled[output]), unpadded(read, wanted)) <= TOLERANCE, output
