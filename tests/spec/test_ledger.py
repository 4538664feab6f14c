"""The ledger: every tensor of a module, by name and shape, and what is counted of it."""

import pytest
import torch

from clados import spec as s
from clados.models.declared import declared, package_models
from clados.named import build
from clados.spec.core.ledger import Row
from tests.spec.examples import models, structures

SIZES = [(name, size) for name in package_models() for size in declared(name).sizes]


@pytest.mark.parametrize(("name", "size"), SIZES, ids=map(":".join, SIZES))
def test_the_ledger_of_a_size_is_its_module_tensor_by_tensor(name: str, size: str) -> None:
    module = build(name, size, device="meta")
    said = {row.path: row.shape for row in s.rows(declared(name).at(size))}
    assert {path: tuple(tensor.shape) for path, tensor in module.named_parameters()} == said
    assert sum(tensor.numel() for tensor in module.parameters()) == s.count_parameters(declared(name).at(size)).total
    statistics = {row.path: row.shape for row in s.saved_rows(declared(name).at(size)) if row.path not in said}
    assert {path: tuple(tensor.shape) for path, tensor in module.named_buffers()} == statistics


@pytest.mark.parametrize("name", models())
def test_what_embeds_and_what_does_not_add_up(name: str) -> None:
    model = models()[name]
    counted = s.count_parameters(model)
    tables = sum(row.count for row in s.rows(model) if row.embedding)
    assert counted.non_embedding + tables == counted.total
    routes = any(isinstance(part, s.Experts) and model.size.experts for part in s.parts(model))
    assert counted.active < counted.total if routes else counted.active == counted.total


@pytest.mark.parametrize("name", models())
def test_the_body_leaves_the_heads_out_and_nothing_else(name: str) -> None:
    model = models()[name]
    heads = sum(row.count for row in s.rows(model) if "heads." in row.path)
    assert s.count_parameters(model, "body").total == s.count_parameters(model).total - heads


@pytest.mark.parametrize("name", models())
def test_fused_outputs_fill_the_first_axis(name: str) -> None:
    row: Row
    for row in s.rows(s.tiny(models()[name])):
        assert sum(size for _, size in row.outs) == (row.shape[0] if row.shape else 1)


@pytest.mark.parametrize("name", structures())
def test_a_module_is_built_from_its_repr_alike(name: str) -> None:
    small = s.tiny(models()[name])
    again = eval(repr(small), vars(s))
    with torch.device("meta"):
        one, other = build(small, device="meta"), build(again, device="meta")
    assert [*one.state_dict()] == [*other.state_dict()]
