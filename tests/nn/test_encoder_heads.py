"""What encoders after BERT say, and layers that share their weights."""

from typing import Any

import pytest
import torch

from clados import nn as cn, spec as s
from clados.models.declared import declared
from clados.proofs.cases import example_inputs, small


def test_what_the_pooling_mask_rules_out_is_read_but_not_in_the_mean() -> None:
    model = small(declared("instructor").model)
    made: Any = cn.build(model)
    ids = torch.tensor([[5, 9, 77, 3, 4]])
    mask = torch.tensor([[0, 0, 1, 1, 1]])
    states = made(ids).last_hidden_state[0, 2:]
    mean = torch.nn.functional.normalize(made.heads["embedding"].steps[0].linear(states.mean(0)), dim=-1)
    found = made(ids, pooling_mask=mask).sentence_embedding[0]
    assert torch.allclose(found, mean, atol=1e-6)
    assert not torch.allclose(found, made(ids).sentence_embedding[0], atol=1e-3)
    assert not torch.allclose(found, made(ids[:, 2:]).sentence_embedding[0], atol=1e-3)


def test_a_text_has_the_same_vector_alone_and_among_longer_ones() -> None:
    model = small(declared("e5").model)
    made: Any = cn.build(model)
    read = example_inputs(model)
    together = made(**read).sentence_embedding
    last = int(read["attention_mask"][2].sum())
    alone = made(read["input_ids"][2:, :last], token_type_ids=read["token_type_ids"][2:, :last]).sentence_embedding
    assert torch.allclose(together[2:], alone, atol=1e-6)
    assert torch.allclose(together.norm(dim=-1), torch.ones(len(together)))


def test_layers_of_a_group_are_one_set_of_weights_that_learns_from_each_of_its_uses() -> None:
    model = small(declared("albert").model).but(size=s.but(layers=5), stack=s.but(groups=2))
    assert model.stack.weights(5) == (0, 0, 0, 1, 1)  # type: ignore[attr-defined]
    made: Any = cn.build(model)
    assert [*made.stack.each()] == [made.stack.blocks[i] for i in (0, 0, 0, 1, 1)]
    made(**example_inputs(model)).logits.sum().backward()
    assert all(each.grad is not None for each in made.stack.parameters())
    with pytest.raises(s.SpecError, match="more than the 5 layers"):
        s.count_parameters(model.but(stack=s.but(groups=6)))


def test_entities_matter_only_where_they_are_there() -> None:
    model = small(declared("ernie").model)
    made: Any = cn.build(model)
    read = example_inputs(model)
    other = read["entity_embeds"] + 9.0 * (1 - read["entity_mask"])[..., None]
    assert torch.equal(made(**read).logits, made(**{**read, "entity_embeds": other}).logits)
    moved = read["entity_embeds"] + 9.0 * read["entity_mask"][..., None]
    changed = (made(**read).logits - made(**{**read, "entity_embeds": moved}).logits).abs().amax((1, 2)) > 1e-3
    assert changed.tolist() == [True, False, True]
    without = {name: each for name, each in read.items() if not name.startswith("entity")}
    assert torch.allclose(made(**without).logits[1], made(**read).logits[1], atol=1e-6)
