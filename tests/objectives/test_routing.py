"""What routers add to the loss in training."""

from typing import Any

import torch

from clados import nn, spec as s
from clados.models.declared import declared
from clados.objectives import Batch, task, training_loss
from clados.proofs.cases import structures


def batch() -> Batch:
    ids = torch.randint(4, 100, (2, 12), generator=torch.Generator().manual_seed(0))
    return Batch({"input_ids": ids}, {"labels": ids.roll(-1, 1).flatten()}, {"lm": 24}, 24)


def test_routers_add_a_part_of_their_own_that_moves_them() -> None:
    model = nn.build(structures(declared("glam"))["64b/64e"])
    found = training_loss(task(s.NextToken()), model, batch())
    assert list(found.parts) == ["lm", "routing"]
    assert found.parts["lm"].sum == task(s.NextToken()).loss(model, batch()).sum
    experts: Any
    [experts] = [each for each in model.modules() if hasattr(each, "router")]
    value, weight = found.parts["routing"]
    assert weight == 24
    assert experts.balance / 2 < float(value.detach()) / 24 < 5 * experts.balance
    value.backward()
    assert float(experts.router.weight.grad.abs().sum()) > 0


def test_a_model_without_experts_learns_as_before() -> None:
    model = nn.build(structures(declared("glam"))["0.1b"])
    assert list(training_loss(task(s.NextToken()), model, batch()).parts) == ["lm"]
