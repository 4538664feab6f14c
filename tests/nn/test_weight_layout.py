"""A model prepared for decoding is the same model: outputs, gradients, what is saved, what it writes."""

from pathlib import Path
from typing import Any

import pytest
import torch

from clados.apply.generate import generate
from clados.checkpoints import from_pretrained, save_pretrained
from clados.models.declared import declared
from clados.named import build
from clados.nn import module, products
from clados.nn.weight_layout import prepare_for_decoding
from clados.proofs.cases import example_inputs, structures
from clados.proofs.parity import TOLERANCE, distance
from clados.proofs.references import randomise, spread

NAMES = "gpt-2", "llama", "t5", "bart", "transformer-xl", "bert", "switch", "glm", "clip", "vit"


def made(name: str) -> tuple[Any, Any]:
    """A small model with lively weights, and what it reads."""
    model = next(iter(structures(declared(name)).values()))
    found = module(model).eval()
    randomise(dict(found.named_parameters()), spread(model))
    return found, example_inputs(model)


@pytest.mark.parametrize("name", NAMES)
def test_outputs_stay(name: str) -> None:
    model, read = made(name)
    with torch.no_grad():
        before, after = model(**read), prepare_for_decoding(model)(**read)
    for output, wanted in before.items():
        if isinstance(wanted, torch.Tensor):
            assert distance(after[output], wanted) <= TOLERANCE


def test_wide_weights_and_the_words_lie_by_columns() -> None:
    model, _ = made("gpt-2")
    prepare_for_decoding(model)
    block = model.stack.blocks[0]
    by_columns = {name: each.mT.is_contiguous() for name, each in block.named_parameters() if each.dim() == 2}
    assert by_columns == {name: "down" not in name and "out" not in name for name in by_columns}
    assert model.inputs.tokens.weight.mT.is_contiguous()
    assert model.inputs.position.table.weight.is_contiguous()


def test_for_four_rows_weights_lie_by_rows_and_back(monkeypatch: pytest.MonkeyPatch) -> None:
    model, read = made("gpt-2")
    monkeypatch.setattr(products, "AVX2", True)
    with torch.no_grad():
        before = model(**read).logits
        by_columns = prepare_for_decoding(prepare_for_decoding(model), rows=16).inputs.tokens.weight.stride()
        by_rows = prepare_for_decoding(model, rows=4)
        assert all(each.is_contiguous() for each in by_rows.parameters())
        assert by_columns == by_rows.inputs.tokens.weight.mT.contiguous().mT.stride()
        assert distance(by_rows(**read).logits, before) <= TOLERANCE


def test_half_wide_weights_stay_as_they_are() -> None:
    model = prepare_for_decoding(build("gpt-2", params="2M", dtype=torch.bfloat16))
    assert all(each.is_contiguous() for each in model.parameters())


def test_what_is_saved_and_written_stays(tmp_path: Path) -> None:
    model = build("gpt-2", params="2M")
    ids = torch.arange(5)[None]
    before = generate(model, ids, max_new_tokens=8, eos=())
    save_pretrained(model, tmp_path / "one")
    save_pretrained(prepare_for_decoding(model), tmp_path / "two")
    one, two = (tmp_path / name / "model.safetensors" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    assert generate(model, ids, max_new_tokens=8, eos=()).equal(before)
    assert generate(prepare_for_decoding(from_pretrained(tmp_path / "two")), ids, max_new_tokens=8, eos=()).equal(
        before
    )


def test_a_model_prepared_for_decoding_no_longer_learns() -> None:
    model = prepare_for_decoding(build("gpt-2", params="2M"))
    with pytest.raises(RuntimeError, match="does not require grad"):
        model(torch.arange(5)[None]).logits.mean().backward()
