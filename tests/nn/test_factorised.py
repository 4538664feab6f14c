"""Token tables narrower than the model."""

from typing import Any

import pytest
import torch

from clados import nn as cn, spec as s
from clados.models.declared import declared
from clados.proofs.cases import small


def test_a_factorised_table_is_narrow_in_its_shapes_and_equal_when_written_out() -> None:
    bert: Any = small(declared("bert").model)
    tokenizer = s.part_fields(bert.inputs)
    model = bert.but(size=s.but(d_embedding=20), inputs=s.Factorised(**tokenizer))
    made: Any = cn.build(model)
    ids = torch.tensor([[5, 9, 77, 3]])
    inputs = made.inputs
    x = inputs.tokens.weight[ids] + inputs.types.weight[0] + inputs.position.table.weight[:4]
    x = torch.layer_norm(x, (20,), inputs.norm.weight, inputs.norm.bias, 1e-12)
    x = x @ inputs.project.weight.T + inputs.project.bias
    assert torch.allclose(inputs(ids, torch.arange(4)[None]), x, atol=1e-6)
    out = made(ids)
    head = made.heads["lm"]
    y = torch.nn.functional.gelu(out.last_hidden_state @ head.dense.weight.T + head.dense.bias)
    y = torch.layer_norm(y, (20,), head.norm.weight, head.norm.bias, 1e-12)
    assert torch.allclose(out.logits, y @ inputs.tokens.weight.T + head.bias, atol=1e-6)


def test_where_both_widths_are_one_nothing_is_projected() -> None:
    bert: Any = small(declared("bert").model)
    plain = bert.but(inputs=s.Factorised(**s.part_fields(bert.inputs)))
    assert s.count_parameters(plain) == s.count_parameters(bert)
    assert not [row.path for row in s.rows(plain) if "project" in row.path]


def test_token_vectors_alone_may_be_narrow_in_and_out() -> None:
    gpt: Any = small(declared("gpt-2").model)
    model = gpt.but(size=s.but(d_embedding=20), inputs=s.Widened(**s.part_fields(gpt.inputs)), heads=(s.Narrowed(),))
    made: Any = cn.build(model)
    ids = torch.tensor([[5, 9, 77, 3]])
    inputs, out = made.inputs, made(ids)
    x = inputs.tokens.weight[ids] @ inputs.project.weight.T + inputs.position.table.weight[:4]
    assert torch.allclose(inputs(ids, torch.arange(4)[None]), x, atol=1e-6)
    logits = out.last_hidden_state @ made.heads["lm"].project.weight.T @ inputs.tokens.weight.T
    assert torch.allclose(out.logits, logits, atol=1e-6)


def test_a_tied_head_without_transform_refuses_a_narrower_table() -> None:
    gpt: Any = small(declared("gpt-2").model)
    with pytest.raises(s.SpecError, match="table of 20: it needs a transform"):
        s.count_parameters(gpt.but(size=s.but(d_embedding=20), inputs=s.Factorised(**s.part_fields(gpt.inputs))))
