"""What the decoder of an encoder-decoder reads where it is not read as the source is."""

from typing import Any

import pytest
import torch

from clados import build, spec as s
from clados.apply.generate import generate
from clados.data.examples import split
from clados.data.readers import read
from clados.models.declared import declared
from clados.proofs.cases import small
from clados.train.fitting import FitContext, facts_of, fit_model, tokenizer_for

TWO_SIDED = ("bart", "alexatm-20b")


def model_of(name: str) -> s.Model:
    return small(declared(name).model)


@pytest.mark.parametrize("name", TWO_SIDED)
def test_the_target_has_as_many_positions_as_its_own_table(name: str) -> None:
    part = model_of(name)
    longer = part.but(inputs=s.but(position=s.but(length=60)))
    model: Any = build(longer)
    ids = torch.full((1, 50), 5)
    room = part.target.position.length - part.target.position.start  # type: ignore[attr-defined]
    model(ids, decoder_input_ids=ids[:, :room])
    with pytest.raises(s.SpecError, match=f"decoder_input_ids reaches position {room + 1}; this model has learned"):
        model(ids, decoder_input_ids=ids[:, : room + 1])


def test_one_table_reads_both_sides_or_each_has_its_own() -> None:
    one, two = (build(model_of(name)) for name in TWO_SIDED)
    ids = torch.tensor([[5, 6, 7]])
    for model, shared in ((one, True), (two, False)):
        told: Any = model
        with torch.no_grad():
            given = {"decoder_input_ids": torch.tensor([[5, 9, 7]]), "encoder_outputs": told.encode(ids)}
            before = told(**given).last_hidden_state
            told.inputs.tokens.weight[9] += 1.0
            after = told(**given).last_hidden_state
        assert torch.equal(before[:, 0], after[:, 0])
        assert torch.equal(before[:, 1:], after[:, 1:]) != shared


@pytest.mark.parametrize("name", TWO_SIDED)
@pytest.mark.parametrize("how", [{}, {"beams": 3}, {"temperature": 1.0, "seed": 1}])
def test_it_writes_with_one_token_after_another_as_in_one_pass(name: str, how: dict[str, Any]) -> None:
    model: Any = build(model_of(name))
    source = torch.tensor([[5, 6, 7, 8], [9, 10, 1, 1]])
    keep = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]])
    found = generate(model, source, attention_mask=keep, max_new_tokens=7, eos=(), **how)
    assert found.shape == (2, 8)
    if not how:
        with torch.no_grad():
            logits = model(source, attention_mask=keep, decoder_input_ids=found[:, :-1]).logits
        assert torch.equal(logits.argmax(-1), found[:, 1:])


@pytest.mark.parametrize("name", TWO_SIDED)
def test_both_sides_are_made_to_fit_a_run(name: str) -> None:
    part = declared(name).model
    texts = split(read("english"))[0][:4]
    told = FitContext(texts, tokenizer_for(part, texts, 400), 24, facts_of(texts))
    fitted: Any = fit_model(s.tiny(part), told)
    assert fitted.inputs.position.length - fitted.inputs.position.start == 24
    assert fitted.target.position.length - fitted.target.position.start == 24
    tables = [row for row in s.rows(fitted) if row.path.endswith("tokens.weight")]
    assert {row.shape[0] for row in tables} == {fitted.vocab.size}
    assert len(tables) == (1 if name == "bart" else 2)
