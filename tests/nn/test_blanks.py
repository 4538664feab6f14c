"""Blanks: what is read sees what is read; what is written sees that and what was written before."""

import pytest
import torch
from hypothesis import given, settings, strategies as st

from clados import nn as cn, spec as s
from clados.apply.generate import generate
from clados.models.declared import declared
from clados.nn.attention.masks import make_mask
from clados.nn.core.module import made
from clados.nn.positions.blanks import blank_positions
from clados.proofs.cases import small

GLM = small(declared("glm").model)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 9), st.integers(0, 9))
def test_a_position_sees_what_is_read_and_what_was_written_up_to_it(read: int, written: int) -> None:
    places = torch.arange(read + written)
    mask, _ = make_mask(made(s.Prefix()), None, len(places), 0, None, None, places.device, (places < read)[None])
    if mask is None:
        assert len(places) == 1
        return
    expected = [[key < read or key <= query for key in range(len(places))] for query in range(len(places))]
    assert mask[0, 0].tolist() == expected


def test_words_are_written_at_the_blank_or_behind_the_text() -> None:
    prompt = torch.tensor([[0, 5, 103, 6], [7, 8, 9, 9]])
    keep = torch.tensor([[False, True, True, True], [True, True, True, True]])
    found = blank_positions(prompt, keep, [103], 2)
    assert found[0].tolist() == [[0, 0], [0, 0], [1, 0], [2, 0], [1, 1], [1, 2]]
    assert found[1].tolist() == [[0, 0], [1, 0], [2, 0], [3, 0], [4, 1], [5, 2]]


@pytest.mark.parametrize("size", ["10b", "130b"])
def test_a_blank_is_filled_word_by_word_as_in_one_pass(size: str) -> None:
    part = small(declared("glm").at(size))
    model = cn.build(part, seed=2)
    mask, start = part.vocab.mask, part.vocab.start
    assert mask is not None
    prompt = torch.tensor([[9, 11, mask, 12, 13], [1, 21, 22, mask, 23]])
    keep = torch.tensor([[1, 1, 1, 1, 1], [0, 1, 1, 1, 1]])
    texts = generate(model, prompt, attention_mask=keep, max_new_tokens=4, eos=()).clone()
    assert texts.shape == (2, 5 + 1 + 4)
    assert texts[:, 5].tolist() == [start, start]
    whole = torch.cat([keep, torch.ones(2, 5, dtype=torch.long)], 1)
    places = blank_positions(prompt, keep.bool(), [mask], 5)
    logits = model(texts, attention_mask=whole, position_ids=places).logits
    assert torch.equal(logits[:, 5:-1].argmax(-1), texts[:, 6:])


def test_pairs_of_positions_are_refused_where_positions_are_single() -> None:
    with pytest.raises(s.SpecError, match="must be Prefix"):
        GLM.but(stack=s.but(sees=s.Causal()))
    with pytest.raises(s.SpecError, match="whose positions are pairs"):
        GLM.but(inputs=s.but(position=s.Learned(60)))
    with pytest.raises(s.SpecError, match="are for a Decoder"):
        declared("bert").model.but(inputs=s.but(position=s.Blanks(60)))
    other = cn.build(small(declared("gpt-2").model))
    with pytest.raises(s.SpecError, match="are pairs of numbers"):
        other(torch.ones(1, 3, dtype=torch.long), position_ids=torch.zeros(1, 3, 2, dtype=torch.long))
